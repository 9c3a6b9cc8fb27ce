// The likelihood ratio: a sentence, its place on a scale, and what a prior makes of it.
const { say } = window.paragoneWords;
const odds = (share) => Math.log10(share / (1 - share));
const share = (log10) => 1 / (1 + 10 ** -log10);
const one = (log10) => {
  const times = 10 ** Math.abs(log10);
  return Number(times.toPrecision(2)).toLocaleString("en");
};
const shown = (p) => (p > 0.9999 ? "> 99.99 %" : p < 0.0001 ? "< 0.01 %" : `${Number((100 * p).toPrecision(p > 0.999 ? 4 : p > 0.99 ? 3 : 2))} %`);
const scale = ([value, low, high], [least, most]) => {
  const x = (log10) => 4 + (92 * (log10 - least)) / (most - least);
  const ticks = [];
  for (let k = Math.ceil(least); k <= most; k++)
    ticks.push(`<line x1="${x(k)}" x2="${x(k)}" y1="9" y2="13"/><text x="${x(k)}" y="18" text-anchor="middle">${k < 0 ? "1:" + one(k) : one(k) + ":1"}</text>`);
  return `<svg class="pv-line fv-scale" viewBox="0 0 100 20" role="img" translate="no" aria-label="log₁₀ LR ${value.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]">
    <rect x="${x(least)}" y="9" width="${x(0) - x(least)}" height="2" class="pv-far"/>
    <rect x="${x(0)}" y="9" width="${x(most) - x(0)}" height="2" class="pv-near"/>
    ${ticks.join("")}
    <line class="fv-reach" x1="${x(low)}" x2="${x(high)}" y1="10" y2="10"/>
    <circle cx="${x(value)}" cy="10" r="2.2" class="pv-d"/></svg>`;
};
let prior = 0;
const posterior = (root, v) => {
  const [value, low, high] = v.log10.map((log10) => shown(share(prior + log10)));
  root.querySelector("[data-before]").textContent = shown(share(prior));
  root.querySelector("[data-after]").textContent = say("{value} ({low} to {high})", { value, low, high });
};
const draw = () => {
  const root = element.querySelector(".fv-evidence");
  const v = props.value || {};
  if (!v.log10) {
    root.innerHTML = v.message
      ? `<details class="pv-note"><summary>How strong is this evidence?</summary>${v.message}</details>`
      : "";
    return;
  }
  root.innerHTML = `<p class="fv-said">${v.said}</p>${scale(v.log10, v.cap)}
    <label class="fv-prior"><span>How likely was one person before?</span>
      <input type="range" min="-4" max="4" step="0.1" value="${prior}">
      <span><b data-before></b> → <b data-after></b></span></label>
    <p class="pv-note">The picture alone never gives the probability of one person: it also depends on how likely that was before.</p>
    <details class="pv-note"><summary>What the numbers mean</summary>${v.detail}</details>`;
  root.querySelector("input").addEventListener("input", (event) => {
    prior = Number(event.target.value);
    posterior(root, v);
  });
  posterior(root, v);
};
draw();
watch("value", draw);
