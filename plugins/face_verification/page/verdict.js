// The verdict: d and tau on one line. Redrawn here while tau moves, so that no network runs and nothing is sent.
const { say } = window.paragoneWords;
const read = (tau) => {
  const v = props.value || {};
  if (tau !== undefined) v.tau = tau;
  const root = element.querySelector(".pv-verdict");
  if (v.distance === null || v.distance === undefined) {
    root.className = "pv-verdict is-waiting";
    root.innerHTML = `<p class="pv-word">${v.message || "Comparing…"}</p>`;
    return;
  }
  const same = v.distance <= v.tau;
  const shown = v.tau.toFixed(v.step < 0.01 ? 3 : 2);
  const x = (value) => Math.min(100, Math.max(0, (100 * value) / v.reach));
  root.className = "pv-verdict " + (same ? "is-same" : "is-different");
  root.innerHTML = `
    <p class="pv-word" data-verdict>${same ? "Same person" : "Different people"}</p>
    <p class="pv-rule"><b>d = ${v.distance.toFixed(3)}</b> ${same ? "≤" : "&gt;"} <b>τ = ${shown}</b></p>
    <svg class="pv-line" viewBox="0 0 100 17" role="img" translate="no" aria-label="d = ${v.distance.toFixed(3)}, τ = ${shown}">
      <rect x="0" y="8" width="${x(v.tau)}" height="3" class="pv-near"/>
      <rect x="${x(v.tau)}" y="8" width="${100 - x(v.tau)}" height="3" class="pv-far"/>
      <line x1="${x(v.tau)}" x2="${x(v.tau)}" y1="4" y2="15" class="pv-tau"/>
      <circle cx="${x(v.distance)}" cy="9.5" r="2.4" class="pv-d"/>
      <text x="${Math.min(97, Math.max(3, x(v.distance)))}" y="4.6" text-anchor="middle">d</text>
    </svg>
    <p class="pv-small">same <span aria-hidden="true">←</span> ${say("{metric} distance", { metric: say(v.metric) })} <span aria-hidden="true">→</span> different</p>`;
};
read();
watch("value", () => read());
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) read(event.detail.tau);
});
