// A Tippett plot: how many pairs of each kind reach a likelihood ratio.
const draw = () => {
  const root = element.querySelector(".fv-tippett");
  const v = props.value || {};
  if (!v.points) {
    root.innerHTML = `<p class="pv-note">${v.message || ""}</p>`;
    return;
  }
  const [least, most] = v.cap;
  const at = (log10) => (log10 - least) / (most - least);
  const curve = (shares) => path(shares.map((p, k) => [at(v.points[k]), p]));
  const xTicks = [];
  for (let k = Math.ceil(least); k <= most; k++) xTicks.push([at(k), k]);
  const body = `<line class="pv-tau" x1="${X(at(0))}" x2="${X(at(0))}" y1="${T}" y2="${H - B}"/>
    <path class="pv-curve fv-genuine" d="${curve(v.genuine)}"/><path class="pv-curve fv-impostor" d="${curve(v.impostor)}"/>`;
  root.innerHTML = `${plot({ title: "Tippett plot", label: "Tippett plot: share of genuine and of impostor pairs that reach each log₁₀ LR", xTitle: "log₁₀ LR", yTitle: "share that reaches it", xTicks, yTicks: [0, 0.25, 0.5, 0.75, 1].map((u) => [u, u]), body })}
    <p class="pv-note">${v.said}</p>`;
};
draw();
watch("value", draw);
