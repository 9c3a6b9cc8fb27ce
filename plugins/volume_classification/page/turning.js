// The projection that turns: by itself, with the slider, or dragged.
const still = matchMedia("(prefers-reduced-motion: reduce)");
let angle = 0;
let playing = !still.matches;
let last = 0;
let loop = 0;

const play = (on) => {
  playing = on;
  const button = find("play");
  if (button) button.textContent = playing ? "Pause" : "Play";
  cancelAnimationFrame(loop); // One at a time, however many volumes came.
  if (playing) loop = requestAnimationFrame(step);
};
const step = (now) => {
  if (!playing || !scene || !element.isConnected) return;
  if (now - last > 110 && find("turning")?.clientWidth) {
    last = now;
    turn(angle + 1);
  }
  loop = requestAnimationFrame(step);
};
const turn = (to) => {
  const count = scene.turning[0];
  angle = ((Math.round(to) % count) + count) % count;
  drawTurning();
};
const begin = () => play(playing);
const drawTurning = () => {
  const canvas = find("turning");
  const pen = canvas && fit(canvas);
  if (!pen) return;
  const [count, high, wide] = scene.turning;
  const now = sheet(wide, high);
  const picture = now.createImageData(wide, high);
  const pixels = new Uint32Array(picture.data.buffer);
  const start = (angle % count) * wide * high;
  for (let i = 0; i < pixels.length; i++) pixels[i] = greys[scene.frames[start + i]];
  now.putImageData(picture, 0, 0);
  const scale = canvas.width / Math.max(wide, high);
  const [width, height] = [wide * scale, high * scale];
  pen.drawImage(now.canvas, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  const slider = find("angle");
  const degrees = Math.round((angle * 360) / count);
  slider.max = count - 1;
  slider.value = angle;
  slider.setAttribute("aria-valuetext", say("{n} degrees", { n: degrees }));
  find("degrees").textContent = `${degrees}°`;
};
let held = null;
element.addEventListener("pointerdown", (event) => {
  const canvas = scene && event.target.closest("[data-turning]");
  if (!canvas) return;
  canvas.setPointerCapture(event.pointerId);
  held = [event.clientX, angle];
  play(false);
});
element.addEventListener("pointermove", (event) => {
  const canvas = scene && event.target.closest("[data-turning]");
  if (!canvas || !held || !canvas.hasPointerCapture(event.pointerId)) return;
  turn(held[1] + ((event.clientX - held[0]) / canvas.clientWidth) * (scene.turning[0] / 2));
});
element.addEventListener("pointerup", () => (held = null));
element.addEventListener("input", ({ target }) => {
  if (!scene || target.dataset.angle === undefined) return;
  play(false);
  turn(Number(target.value));
});
