// Histogram, ROC and DET of a measured operating curve, with the operating point at tau.
// Every number drawn here was computed by the server on a grid of thresholds; this file only looks them up.
const { say } = window.paragoneWords;
const area = (heights) => {
  const n = heights.length;
  const steps = heights.flatMap((h, i) => [[i / n, h], [(i + 1) / n, h]]);
  return path([[0, 0], ...steps, [1, 0]]) + "Z";
};
const histogram = (v) => {
  const t = Math.min(1, v.tau / v.reach);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((u) => [u, (u * v.reach).toFixed(2)]);
  const id = "pv-" + channel;
  const mark = v.distance === null || v.distance === undefined ? "" :
    `<line class="pv-dline" x1="${X(Math.min(1, v.distance / v.reach))}" x2="${X(Math.min(1, v.distance / v.reach))}" y1="${T + 12}" y2="${H - B}"/>
     <text x="${X(Math.min(0.97, v.distance / v.reach))}" y="${T + 10}" text-anchor="middle">d</text>`;
  return plot({ title: "Distances of genuine and impostor pairs", xTitle: "distance", yTitle: "share", xTicks: ticks, yTicks: [], body: `
    <clipPath id="${id}-l"><rect x="0" y="0" width="${X(t)}" height="${H}"/></clipPath>
    <clipPath id="${id}-r"><rect x="${X(t)}" y="0" width="${W}" height="${H}"/></clipPath>
    <path class="pv-impostor is-faint" d="${area(v.impostor)}"/><path class="pv-genuine is-faint" d="${area(v.genuine)}"/>
    <path class="pv-impostor" clip-path="url(#${id}-l)" d="${area(v.impostor)}"/>
    <path class="pv-genuine" clip-path="url(#${id}-r)" d="${area(v.genuine)}"/>${mark}
    <line class="pv-tau" x1="${X(t)}" x2="${X(t)}" y1="${T}" y2="${H - B}"/>
    <text x="${X(t) + 4}" y="${T + 8}">τ</text>` });
};
const point = (u, v) => `<circle class="pv-point" cx="${X(u)}" cy="${Y(v)}" r="4.5"/>`;
const roc = (v, i) => {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((u) => [u, u]);
  return plot({ title: "ROC", xTitle: "FMR", yTitle: "1 − FNMR", xTicks: ticks, yTicks: ticks, body: `
    <path class="pv-curve" d="${path(v.fmr.map((p, k) => [p, 1 - v.fnmr[k]]))}"/>${point(v.fmr[i], 1 - v.fnmr[i])}` });
};
const detPlot = (v, i) => {
  const d = v.det;
  const cross = d.fmr_low[i] === null || d.fnmr_low[i] === null ? "" : `
    <line class="pv-interval" x1="${X(d.fmr_low[i])}" x2="${X(d.fmr_high[i])}" y1="${Y(d.fnmr[i])}" y2="${Y(d.fnmr[i])}"/>
    <line class="pv-interval" x1="${X(d.fmr[i])}" x2="${X(d.fmr[i])}" y1="${Y(d.fnmr_low[i])}" y2="${Y(d.fnmr_high[i])}"/>`;
  return plot({ title: "DET, with the 95 % interval", xTitle: "FMR", yTitle: "FNMR", xTicks: d.ticks, yTicks: d.ticks, body: `
    <path class="pv-grid" d="${path([[0, 0], [1, 1]])}"/>
    <path class="pv-curve" d="${path(d.fmr.map((u, k) => [u, d.fnmr[k]]))}"/>${cross}${point(d.fmr[i], d.fnmr[i])}` });
};
const between = (low, high) => low === null ? "&nbsp;" : `${percent(low)} – ${percent(high)}`;
const rate = (name, hint, p, low, high, kind) => `
  <div class="pv-rate ${kind}"><span>${name}</span><b data-${name.toLowerCase()}>${percent(p)}</b>
  <small>${between(low, high)}</small><small>${hint}</small></div>`;
const draw = (tau) => {
  const v = props.value || {};
  if (tau !== undefined) v.tau = tau;
  const root = element.querySelector(".pv-curves");
  if (!v.fmr) {
    root.innerHTML = `<p class="pv-note">${v.message || ""}</p>`;
    return;
  }
  const i = Math.min(v.fmr.length - 1, Math.max(0, Math.round(v.tau / v.step)));
  const digits = v.step < 0.01 ? 3 : 2;
  root.innerHTML = `
    <div class="pv-rates">
      ${rate("FMR", "impostor pairs taken for one person", v.fmr[i], v.fmr_low[i], v.fmr_high[i], "is-impostor")}
      ${rate("FNMR", "genuine pairs taken for two people", v.fnmr[i], v.fnmr_low[i], v.fnmr_high[i], "is-genuine")}
      <div class="pv-rate"><span>Accuracy at τ</span><b>${percent(v.accuracy[i])}</b><small>balanced</small><small>${say("best {accuracy} at τ = {tau}", { accuracy: percent(v.best), tau: v.best_tau.toFixed(digits) })}</small></div>
      <div class="pv-rate"><span>EER</span><b>${percent(v.eer)}</b><small>${between(...(v.eer_interval || [null]))}</small><small>${say("at τ = {tau}", { tau: v.eer_tau.toFixed(digits) })}</small></div>
    </div>
    <div class="pv-plots">${histogram(v)}${detPlot(v, i)}${roc(v, i)}</div>
    <details class="pv-note"><summary>How it was measured</summary>${v.source}</details>`;
};
draw();
// A new value is sent like a moved slider, so that whatever else shows this tau follows.
watch("value", () => {
  const detail = { channel, tau: (props.value || {}).tau };
  window.dispatchEvent(new CustomEvent("paragone-tau", { detail }));
});
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) draw(event.detail.tau);
});
