// A kernel of the first layer slides over the signal: what lies under it, its weights, their
// products, and the response that their sum becomes. The numbers came once; all moves happen here.
const { say } = window.paragoneWords;
const WIDE = 640, TALL = 150, LOW = 96, EDGE = 6;
const GLASS = { wide: 230, tall: 58 };
const SWEEP = 9000;  // Milliseconds from the first sample to the last.
const state = { kernel: 0, at: 0, playing: 0 };
const number = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
const most = (rows) => Math.max(1e-9, ...rows.flat().map(Math.abs));
const side = (value) => (value >= 0 ? "is-for" : "is-against");

// --- drawing ---
const across = (i, count) => EDGE + (i / Math.max(count - 1, 1)) * (WIDE - 2 * EDGE);
const curve = (values, top, tall, low, high) => {
  const down = (value) => top + tall - EDGE - ((value - low) / (high - low || 1)) * (tall - 2 * EDGE);
  return values.map((value, i) => `${i ? "L" : "M"}${across(i, values.length).toFixed(1)} ${down(value).toFixed(1)}`).join("");
};
// Numbers of every channel as bars from a middle line.
const bars = (rows, scale) => {
  const tall = GLASS.tall / rows.length;
  return rows.map((row, c) => {
    const middle = (c + 0.5) * tall, step = GLASS.wide / row.length;
    return `<line class="pv-grid" x1="0" x2="${GLASS.wide}" y1="${middle}" y2="${middle}"/>` + row.map((value, i) => {
      const height = Math.min(Math.abs(value) / scale, 1) * tall * 0.46;
      const y = value >= 0 ? middle - height : middle;
      return `<rect class="${side(value)}" x="${(i * step + step * 0.12).toFixed(1)}" y="${y.toFixed(1)}" width="${(step * 0.76).toFixed(1)}" height="${height.toFixed(1)}"/>`;
    }).join("");
  }).join("");
};
const glass = (name, rows, scale) => `
  <figure><figcaption>${name}</figcaption><svg viewBox="0 0 ${GLASS.wide} ${GLASS.tall}" aria-hidden="true">${bars(rows, scale)}</svg></figure>`;
const chip = (kernel, i) => {
  const taps = kernel.weights.length === 1 ? kernel.weights : [kernel.weights[0].map((_, k) => kernel.weights.reduce((sum, row) => sum + row[k], 0))];
  return `<button type="button" data-kernel="${i}" aria-pressed="${i === state.kernel}" aria-label="${say("Kernel {n}, {taps} taps", { n: i + 1, taps: taps[0].length })}">
    <svg viewBox="0 0 ${GLASS.wide} ${GLASS.tall}" aria-hidden="true">${bars(taps, most(taps))}</svg><span>${i + 1}</span></button>`;
};
const frame = (v) => {
  const lanes = v.signal.length, each = TALL / lanes;
  const lines = v.signal.map((row, c) => `<path class="sg-line" d="${curve(row, c * each, each, Math.min(...row), Math.max(...row))}"/>`).join("");
  return `<h2>The first layer at work</h2>
  <p class="pv-note">Each kernel slides along the signal. At every place its weights are multiplied with what lies under it, and the sum is its response.</p>
  <div class="sg-chips" role="group" aria-label="Kernels, the strongest response first">${v.kernels.map(chip).join("")}</div>
  <div class="sg-slide"><div class="sg-glass"></div><div class="sg-lanes">
    <p class="sg-title">signal</p>
    <svg viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label="The signal, with the kernel's place">${lines}<rect class="sg-window" y="1" height="${TALL - 2}" rx="3"/></svg>
    <p class="sg-title">response</p>
    <svg viewBox="0 0 ${WIDE} ${LOW}" role="img" aria-label="The kernel's response along the signal"><path class="sg-zero"/><path class="sg-line is-faint"/><path class="sg-line is-done"/><circle r="5" class="sg-dot"/></svg>
    <div class="sg-drive"><button type="button" class="sg-button" data-play>Play</button>
    <input type="range" min="0" max="${v.signal[0].length - 1}" step="1" data-place aria-label="Place of the kernel, in samples"><output></output></div>
  </div></div>`;
};

// --- moving ---
const under = (v, taps) => v.signal.map((row) => Array.from({ length: taps }, (_, k) => row[state.at + k - ((taps - 1) >> 1)] ?? 0));
const move = () => {
  const v = props.value;
  const kernel = v && v.kernels[state.kernel];
  if (!kernel || !element.querySelector(".sg-slide")) return;
  const count = v.signal[0].length, taps = kernel.weights[0].length;
  const seen = under(v, taps);
  const products = seen.map((row, c) => row.map((value, k) => value * kernel.weights[c][k]));
  const scale = most(kernel.weights) * most(v.signal);
  element.querySelector(".sg-glass").innerHTML = glass("signal under the kernel", seen, most(v.signal)) + glass("× weights", kernel.weights, most(kernel.weights))
    + glass("= products", products, scale) + `<p>response here <b>${number(kernel.response[state.at])}</b></p>`;
  const step = (WIDE - 2 * EDGE) / Math.max(count - 1, 1), box = element.querySelector(".sg-window");
  const width = Math.max(taps * step, 5);
  box.setAttribute("x", (across(state.at, count) - width / 2).toFixed(1));
  box.setAttribute("width", width.toFixed(1));
  const low = Math.min(0, ...kernel.response), high = Math.max(0, ...kernel.response);
  const whole = curve(kernel.response, 0, LOW, low, high);
  const [zero, faint, done] = element.querySelectorAll(".sg-lanes svg:nth-of-type(2) path");
  const flat = curve([0, 0], 0, LOW, low, high);
  zero.setAttribute("d", flat);
  faint.setAttribute("d", whole);
  const points = whole.slice(1).split("L");
  done.setAttribute("d", "M" + points.slice(0, state.at + 1).join("L"));
  const [x, y] = points[state.at].split(" ");
  const dot = element.querySelector(".sg-dot");
  dot.setAttribute("cx", x);
  dot.setAttribute("cy", y);
  element.querySelector("[data-place]").value = state.at;
  element.querySelector("output").textContent = say("sample {n} of {count}", { n: state.at + 1, count });
};
const stop = () => {
  cancelAnimationFrame(state.playing);
  state.playing = 0;
  const button = element.querySelector("[data-play]");
  if (button) button.textContent = "Play";
};
const play = () => {
  const count = props.value.signal[0].length;
  if (state.at >= count - 1) state.at = 0;
  const begun = performance.now() - (state.at / (count - 1)) * SWEEP;
  element.querySelector("[data-play]").textContent = "Pause";
  const tick = (now) => {
    if (!element.isConnected) return stop();
    const at = Math.min(count - 1, Math.floor(((now - begun) / SWEEP) * (count - 1)));
    if (at > state.at || at === 0) {
      state.at = Math.max(at, 0);
      move();
    }
    if (state.at >= count - 1) return stop();
    state.playing = requestAnimationFrame(tick);
  };
  state.playing = requestAnimationFrame(tick);
};
// The place of the strongest response, to rest at.
const strongest = (kernel) => kernel.response.reduce((best, value, i, all) => (Math.abs(value) > Math.abs(all[best]) ? i : best), 0);
const begin = () => {
  stop();
  const v = props.value, box = element.querySelector(".sg-kernels");
  if (!box) return;
  if (!v || !v.kernels || !v.kernels.length) return void (box.innerHTML = "");
  state.kernel = Math.min(state.kernel, v.kernels.length - 1);
  state.at = strongest(v.kernels[state.kernel]);
  box.innerHTML = frame(v);
  move();
};

element.addEventListener("click", ({ target }) => {
  const kernel = target.closest("[data-kernel]");
  if (kernel) {
    state.kernel = Number(kernel.dataset.kernel);
    for (const one of element.querySelectorAll("[data-kernel]")) one.setAttribute("aria-pressed", one === kernel);
    if (!state.playing) state.at = strongest(props.value.kernels[state.kernel]);
    move();
  }
  if (target.closest("[data-play]")) state.playing ? stop() : play();
});
element.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-place]")) return;
  stop();
  state.at = Number(target.value);
  move();
});
begin();
watch("value", begin);
// Once, when it is first seen, it plays by itself, unless the visitor wants things still.
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const seen = new IntersectionObserver(([entry]) => {
  if (!entry.isIntersecting || !element.querySelector(".sg-slide")) return;
  seen.disconnect();
  state.at = 0;
  play();
}, { threshold: 0.6 });
if (!calm) seen.observe(element);
