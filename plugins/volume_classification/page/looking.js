// Looking closer: zoom and pan, the window by dragging, lengths in mm, full screen, a picture to keep.
const STEP = 1.25;
const MOST = 16;
const fingers = new Map();
let grabbed = null;

const whole = () => (views = PLANES.map(() => ({ ...WHOLE })));
// About a point of the canvas, or about the cross.
const zoom = (canvas, times, event) => {
  const plane = PLANES[canvas.dataset.plane];
  const view = views[canvas.dataset.plane];
  const wanted = clamp(view.zoom * times, 1, MOST);
  const box = canvas.getBoundingClientRect();
  const [left, top, wide, high] = frame(plane, canvas).map((v) => v / canvas.width);
  const share = (place[plane.down] + 0.5) / scene.shape[plane.down];
  const at = event
    ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    : [left + ((place[plane.across] + 0.5) / scene.shape[plane.across]) * wide, top + (flips(plane) ? 1 - share : share) * high];
  const grown = wanted / view.zoom;
  view.x = at[0] - 0.5 + (view.x - (at[0] - 0.5)) * grown;
  view.y = at[1] - 0.5 + (view.y - (at[1] - 0.5)) * grown;
  view.zoom = wanted;
  if (wanted === 1) Object.assign(view, WHOLE);
  ask();
};
// Right button: the window. Shift, or the middle button: pan. Two fingers: both zoom and pan.
const grab = (canvas, event) => {
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  const kind = fingers.size > 1 ? "pinch" : event.button === 2 ? "window" : event.button === 1 || event.shiftKey ? "pan" : "";
  grabbed = kind && { kind, x: event.clientX, y: event.clientY, spread: spread() };
  return Boolean(kind);
};
const spread = () => {
  const [a, b] = [...fingers.values()];
  return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
};
const drag = (canvas, event) => {
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (!grabbed) return false;
  const [x, y] = [event.clientX - grabbed.x, event.clientY - grabbed.y];
  const view = views[canvas.dataset.plane];
  if (grabbed.kind === "window") {
    const full = scene.table[255] - scene.table[0] || 1;
    const width = clamp(range[1] - range[0] + (x / canvas.clientWidth) * full, full / 250, full);
    const level = (range[0] + range[1]) / 2 + (y / canvas.clientWidth) * full;
    range = [level - width / 2, level + width / 2];
    rule();
  } else if (grabbed.kind === "pan") {
    view.x += x / canvas.clientWidth;
    view.y += y / canvas.clientWidth;
  } else {
    const now = spread();
    if (now && grabbed.spread) zoom(canvas, now / grabbed.spread, event);
    grabbed.spread = now;
  }
  Object.assign(grabbed, { x: event.clientX, y: event.clientY });
  ask();
  return true;
};
for (const name of ["pointerup", "pointercancel"]) {
  element.addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    if (!fingers.size) grabbed = null;
  });
}
element.addEventListener("contextmenu", (event) => planeOf(event) && event.preventDefault());

// From a mark to the cross, through the volume.
const measure = () => {
  mark = mark ? null : [...place];
  find("mark").setAttribute("aria-pressed", String(Boolean(mark)));
  ask();
};
const measured = () => {
  if (!mark) return "";
  const away = Math.hypot(...mark.map((at, i) => (at - place[i]) * scene.spacing[i]));
  return say("{mm} mm from the mark.", { mm: away.toFixed(1) });
};
const drawMark = (pen, plane, [left, top, wide, high], [across, down]) => {
  if (!mark) return;
  const share = (mark[plane.down] + 0.5) / scene.shape[plane.down];
  const from = [left + ((mark[plane.across] + 0.5) / scene.shape[plane.across]) * wide, top + (flips(plane) ? 1 - share : share) * high];
  pen.strokeStyle = pen.fillStyle = "#fde047";
  pen.lineWidth = Math.max(2, pen.canvas.width / 240);
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(across, down);
  pen.stroke();
  pen.beginPath();
  pen.arc(...from, pen.lineWidth * 2, 0, 2 * Math.PI);
  pen.fill();
};

const full = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else find("scene").requestFullscreen?.();
};
const save = () => {
  const parts = [...element.querySelectorAll(".vc-planes canvas")].filter((one) => one.width > 1);
  const side = Math.max(...parts.map((one) => one.width));
  const pen = sheet(side * parts.length, side);
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, pen.canvas.width, side);
  parts.forEach((one, i) => pen.drawImage(one, i * side, 0, side, side));
  const link = document.createElement("a");
  link.download = "volume.png";
  link.href = pen.canvas.toDataURL("image/png");
  link.click();
};
