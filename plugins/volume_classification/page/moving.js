// How the cross, the window and the evidence are changed: mouse, finger, wheel, keys and sliders.
const put = (axis, value) => {
  place[axis] = clamp(Math.round(value), 0, scene.shape[axis] - 1);
  ask();
};
const point = (canvas, event) => {
  const plane = PLANES[canvas.dataset.plane];
  const box = canvas.getBoundingClientRect();
  const [left, top, wide, high] = frame(plane, canvas).map((v) => (v * box.width) / canvas.width);
  const across = (event.clientX - box.left - left) / wide;
  const down = (event.clientY - box.top - top) / high;
  put(plane.across, across * scene.shape[plane.across] - 0.5);
  put(plane.down, (flips(plane) ? 1 - down : down) * scene.shape[plane.down] - 0.5);
};
const planeOf = (event) => (scene ? event.target.closest("[data-plane]") : null);
element.addEventListener("pointerdown", (event) => {
  const canvas = planeOf(event);
  if (!canvas) return;
  canvas.setPointerCapture(event.pointerId);
  canvas.focus({ preventScroll: true });
  if (!grab(canvas, event)) point(canvas, event);
});
element.addEventListener("pointermove", (event) => {
  const canvas = planeOf(event);
  if (!canvas || !canvas.hasPointerCapture(event.pointerId)) return;
  if (!drag(canvas, event)) point(canvas, event);
});
// The wheel turns pages in the plane that was clicked; elsewhere it scrolls as usual.
element.addEventListener(
  "wheel",
  (event) => {
    const canvas = planeOf(event);
    if (!canvas || document.activeElement !== canvas) return;
    event.preventDefault();
    if (event.ctrlKey) return zoom(canvas, event.deltaY < 0 ? STEP : 1 / STEP, event);
    const { normal } = PLANES[canvas.dataset.plane];
    put(normal, place[normal] + Math.sign(event.deltaY || event.deltaX));
  },
  { passive: false },
);
element.addEventListener("keydown", (event) => {
  const canvas = planeOf(event);
  if (!canvas) return;
  const plane = PLANES[canvas.dataset.plane];
  const way = flips(plane) ? -1 : 1;
  const move = {
    ArrowLeft: [plane.across, -1],
    ArrowRight: [plane.across, 1],
    ArrowUp: [plane.down, -way],
    ArrowDown: [plane.down, way],
    PageUp: [plane.normal, 1],
    PageDown: [plane.normal, -1],
  }[event.key];
  if (event.key === "Home") place = [...centre()];
  else if ("+=".includes(event.key)) zoom(canvas, STEP);
  else if (event.key === "-") zoom(canvas, 1 / STEP);
  else if (event.key === "0") whole();
  else if (!move) return;
  event.preventDefault();
  if (move) put(move[0], place[move[0]] + move[1] * (event.shiftKey ? 5 : 1));
  ask();
});
element.addEventListener("input", ({ target }) => {
  if (!scene) return;
  const { slice: along, level, width, opacity } = target.dataset;
  if (along !== undefined) put(PLANES[along].normal, Number(target.value));
  if (level !== undefined || width !== undefined) {
    const [middle, wide] = [Number(find("level").value), Number(find("width").value)];
    range = [middle - wide / 2, middle + wide / 2];
    rule();
  }
  if (opacity !== undefined) find("opacity-told").textContent = `${target.value} %`;
  ask();
});
element.addEventListener("change", ({ target }) => {
  if (!scene) return;
  if (target.matches("[data-window]")) {
    range = scene.presets[target.selectedIndex].slice(1);
    rule();
  }
  if (target.matches("[data-network]")) offer(false);
  ask();
});
element.addEventListener("click", ({ target }) => {
  if (!scene) return;
  if (target.closest("[data-centre]")) {
    place = [...centre()];
    whole();
    ask();
  }
  if (target.closest("[data-mark]")) measure();
  if (target.closest("[data-full]")) full();
  if (target.closest("[data-save]")) save();
  if (target.closest("[data-play]")) play(!playing);
  const said = target.closest("[data-say]");
  if (said) guess(said.dataset.say);
});
new ResizeObserver(() => scene && ask()).observe(element);
load();
watch("value", load);
