// A signal drawn with the mouse, a finger or the arrow keys becomes an event with its heights.
const COUNT = 256;
const pad = element.querySelector("[data-pad]");
const line = pad.querySelector("path");
let heights = new Array(COUNT).fill(0.5);
let last = null;
let place = 0;

const show = () => {
  const point = (height, i) => `${((i / (COUNT - 1)) * 640).toFixed(1)} ${((1 - height) * 150).toFixed(1)}`;
  line.setAttribute("d", "M" + heights.map(point).join("L"));
};
const put = (at, height) => {
  const [from, before] = last || [at, height];
  const [low, high] = [Math.min(from, at), Math.max(from, at)];
  for (let i = low; i <= high; i++) {
    const share = from === at ? 1 : (i - from) / (at - from);
    heights[i] = before + share * (height - before);
  }
  last = [at, height];
  show();
};
const send = () => trigger("drawn", { heights });
const where = (event) => {
  const box = pad.getBoundingClientRect();
  const share = (value) => Math.min(Math.max(value, 0), 1);
  return [
    Math.round(share((event.clientX - box.left) / box.width) * (COUNT - 1)),
    1 - share((event.clientY - box.top) / box.height),
  ];
};
pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId);
  last = null;
  put(...where(event));
});
pad.addEventListener("pointermove", (event) => {
  if (pad.hasPointerCapture(event.pointerId)) put(...where(event));
});
pad.addEventListener("pointerup", () => last && send());
// From the keyboard: left and right choose a place, up and down raise and lower the line around it.
pad.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -8, ArrowRight: 8 }[event.key];
  const way = { ArrowUp: 0.08, ArrowDown: -0.08 }[event.key];
  if (event.key === "Enter") return send();
  if (!step && !way) return;
  event.preventDefault();
  if (step) place = Math.min(Math.max(place + step, 0), COUNT - 1);
  if (way) {
    for (let i = 0; i < COUNT; i++) {
      const near = Math.exp(-(((i - place) / 10) ** 2));
      heights[i] = Math.min(Math.max(heights[i] + way * near, 0), 1);
    }
    show();
  }
});
element.querySelector("[data-wipe]").addEventListener("click", () => {
  heights = new Array(COUNT).fill(0.5);
  last = null;
  show();
});
show();
