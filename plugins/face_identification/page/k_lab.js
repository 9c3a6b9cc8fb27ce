// How errors grow with K: FPIR, FNIR and rank-1 of random galleries, the tau that holds FPIR = 1 %, and the course's
// "99 % x 100 people". The rates were measured by the server on a grid of thresholds; this file looks them up and draws.
const { say } = window.paragoneWords;
const UNIT = 10000;
const RATES = [0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00001, 0.000001];
const PEOPLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
const state = { tau: 0, k: 1, rate: RATES.indexOf(0.01), people: PEOPLE.indexOf(100), open: false };
const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const errorProbability = (rate, k) => (rate >= 1 ? 1 : -Math.expm1(k * Math.log1p(-rate)));

// --- looking up ---
const on = (grid, tau, step) => {
  const at = Math.min(grid.length - 1, Math.max(0, tau / step));
  const i = Math.min(grid.length - 2, Math.floor(at));
  return grid[i] + (at - i) * (grid[i + 1] - grid[i]);
};
// Rows [K, mean, low, high] at tau, of the K that were measured.
const rows = (v, bands) => v.ks.flatMap((k, i) => (bands[i] ? [[k, ...bands[i].map((end) => on(end, state.tau, v.step) / UNIT)]] : []));
const ends = (v, table) => v.ks.flatMap((k, i) => (table[i] ? [[k, ...table[i]]] : []));
// The row at any K between the first and the last one; null outside.
const read = (list, k) => {
  const j = list.findIndex((row) => row[0] >= k);
  if (j < 0 || k < list[0][0]) return null;
  if (list[j][0] === k || j === 0) return list[j];
  const [a, b] = [list[j - 1], list[j]], part = (k - a[0]) / (b[0] - a[0]);
  return a.map((value, i) => value + part * (b[i] - value));
};

// --- drawing ---
const kScale = (most) => {
  const end = Math.max(10, 10 ** Math.ceil(Math.log10(most) - 1e-9));
  const ticks = [];
  for (let k = 1; k <= end; k *= 10) ticks.push(k);
  const share = (k) => Math.log10(Math.max(1, k)) / Math.log10(end);
  return { end, ticks: ticks.map((k) => [share(k), thousands(k)]), x: (k) => X(share(k)) };
};
const band = (list, x, y, kind = "") => {
  if (!list.length) return "";
  const back = list.map(([k, , low]) => [k, low]).reverse();
  return `<path class="fk-band ${kind}" d="${path([...list.map(([k, , , high]) => [k, high]), ...back], x, y)}Z"/>`;
};
const overK = (title, label, scale, yTitle, yTicks, key, body) => {
  const x = scale.x(state.k);
  const now = state.k >= 1 ? `<line class="fk-k" x1="${x}" x2="${x}" y1="${T}" y2="${H - B}"/><text x="${x}" y="${T - 2}" text-anchor="middle">K = ${thousands(state.k)}</text>` : "";
  const foot = `<p class="fk-key">${key.map(([kind, text]) => `<span><svg viewBox="0 0 22 8" aria-hidden="true"><path class="${kind}" d="M0 4H22"/></svg><span>${text}</span></span>`).join("")}</p>`;
  return plot({ title, label, xTitle: "K, people enrolled", yTitle, xTicks: scale.ticks, yTicks, body: body + now, foot });
};
const dot = (kind, x, y) => `<circle class="${kind}" cx="${x}" cy="${y}" r="4"/>`;
const band95 = (row, digits) => {
  const [mean, low, high] = row.slice(1).map((v) => (digits ? v.toFixed(digits) : percent(v)));
  return { mean, low, high };
};

const fpirPlot = (v, found, fmr) => {
  const most = Math.max(1000, state.k), scale = kScale(most);
  const curve = Array.from({ length: 61 }, (_, i) => scale.end ** (i / 60)).map((k) => [k, errorProbability(fmr, k)]);
  const at = read(found, state.k), said = errorProbability(fmr, state.k);
  const top = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((end) => end >= Math.max(errorProbability(fmr, scale.end), ...found.map((row) => row[3]))) || 1;
  const y = (u) => Y(u / top);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((u) => [u, +(100 * u * top).toPrecision(3) + " %"]);
  const values = { tau: state.tau.toFixed(v.digits), k: state.k, predicted: percent(said) };
  const label = at
    ? say("FPIR against K at τ = {tau}. At K = {k}: measured {mean}, in 95 % of the galleries {low} to {high}; predicted {predicted}.", { ...values, ...band95(at) })
    : say("FPIR against K at τ = {tau}. At K = {k}: not measured; predicted {predicted}.", values);
  return overK("Strangers who get a name: FPIR", label, scale, "FPIR", ticks,
    [["pv-curve", "measured, 95 % band"], ["fk-predicted", "1 − (1 − FMR)<sup>K</sup>"]],
    `${band(found, scale.x, y)}<path class="fk-predicted" d="${path(curve, scale.x, y)}"/>
     <path class="pv-curve" d="${path(found, scale.x, y)}"/>
     ${dot("fk-open", scale.x(state.k), y(said))}${at ? dot("pv-point", scale.x(state.k), y(at[1])) : ""}`);
};
const fnirPlot = (v, missed, rank) => {
  const scale = kScale(Math.max(...v.ks, state.k));
  const top = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((end) => end >= Math.max(...missed.map((row) => row[3]), ...rank.map((row) => 1 - row[2])));
  const y = (u) => Y(u / top);
  const wrong = rank.map(([k, mean]) => [k, 1 - mean]);
  const at = read(missed, state.k), first = read(rank, state.k);
  const values = { tau: state.tau.toFixed(v.digits), k: state.k };
  const label = at
    ? say("FNIR and rank-1 against K at τ = {tau}. At K = {k}: FNIR {mean}, in 95 % of the galleries {low} to {high}; rank-1 {rank1}.", { ...values, ...band95(at), rank1: percent(first[1]) })
    : say("FNIR and rank-1 against K at τ = {tau}. At K = {k}: not measured.", values);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((u) => [u, +(100 * u * top).toFixed(2) + " %"]);
  return overK("Enrolled people who do not get theirs: FNIR", label, scale, "share", ticks,
    [["fk-fnir", "FNIR, 95 % band"], ["fk-rank", "1 − rank-1 rate"]],
    `${band(missed, scale.x, y, "is-fnir")}<path class="fk-fnir" d="${path(missed, scale.x, y)}"/>
     <path class="fk-rank" d="${path(wrong, scale.x, y)}"/>${at ? dot("pv-point", scale.x(state.k), y(at[1])) : ""}`);
};
const tauPlot = (v, held) => {
  const scale = kScale(Math.max(...v.ks, state.k));
  const known = held.length ? held : [[1, 0, 0, 1]]; // an empty plot still has its axes
  const low = Math.min(...known.map((row) => row[2])), high = Math.max(...known.map((row) => row[3]));
  const unit = [0.002, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((u) => (high - low) / u <= 6) || 2;
  const from = Math.floor(low / unit) * unit, span = Math.max(unit, Math.ceil(high / unit) * unit - from);
  const y = (tau) => Y((tau - from) / span);
  const ticks = Array.from({ length: Math.round(span / unit) + 1 }, (_, i) => [(i * unit) / span, (from + i * unit).toFixed(v.digits)]);
  const at = read(held, state.k), inside = state.tau >= from && state.tau <= from + span;
  const values = { tau: state.tau.toFixed(v.digits), k: state.k };
  const label = at
    ? say("The threshold that holds FPIR at 1 % against K. At K = {k}: {mean}, in 95 % of the galleries {low} to {high}. The threshold now is {tau}.", { ...values, ...band95(at, 3) })
    : say("The threshold that holds FPIR at 1 % against K. At K = {k}: not measured. The threshold now is {tau}.", values);
  const now = inside ? `<line class="fk-tau" x1="${L}" x2="${W - R}" y1="${y(state.tau)}" y2="${y(state.tau)}"/><text x="${W - R}" y="${y(state.tau) - 2}" text-anchor="end">τ = ${state.tau.toFixed(v.digits)}</text>` : "";
  return overK("The τ that holds FPIR = 1 %", label, scale, "τ", ticks, [["pv-curve", "measured, 95 % band"], ["fk-tau", "τ now"]],
    `${band(held, scale.x, y)}<path class="pv-curve" d="${path(held, scale.x, y)}"/>${now}${at ? dot("pv-point", scale.x(state.k), y(at[1])) : ""}`);
};
const card = (name, value, small, hint, kind = "") => `<div class="pv-rate ${kind}"><span>${name}</span><b data-fk="${name}">${value}</b><small>${small}</small><small>${hint}</small></div>`;
const span = (row) => (row ? `${percent(row[2])} – ${percent(row[3])}` : "not measured at this K");
const table = (v, found, missed, rank, held) => {
  const cell = (row) => (row ? `${percent(row[1])} (${percent(row[2])} – ${percent(row[3])})` : "–");
  const fmr = on(v.fmr, state.tau, v.step);
  const one = (list, k) => list.find((row) => row[0] === k);
  return `<details class="fk-table" ${state.open ? "open" : ""}><summary>The same as a table</summary><div tabindex="0"><table>
    <thead><tr><th scope="col">K</th><th scope="col">FPIR</th><th scope="col">predicted</th><th scope="col">FNIR</th><th scope="col">rank-1</th><th scope="col">τ for FPIR 1 %</th></tr></thead>
    <tbody>${v.ks.map((k) => `<tr><th scope="row">${thousands(k)}</th><td>${cell(one(found, k))}</td><td>${percent(errorProbability(fmr, k))}</td><td>${cell(one(missed, k))}</td><td>${cell(one(rank, k))}</td><td>${one(held, k) ? one(held, k)[1].toFixed(3) : "–"}</td></tr>`).join("")}</tbody></table></div></details>`;
};
const drawMeasured = (v) => {
  const root = element.querySelector(".fk-live");
  if (!v.fpir) {
    root.innerHTML = `<p class="pv-note">${v.message || ""}</p>`;
    return;
  }
  const found = rows(v, v.fpir), missed = rows(v, v.fnir), rank = ends(v, v.rank1), held = ends(v, v.tau_at);
  const fmr = on(v.fmr, state.tau, v.step), k = state.k, hold = read(held, k), first = read(rank, k), lost = read(missed, k), named = read(found, k);
  root.innerHTML = `
    <div class="pv-rates">
      ${card("FPIR", named ? percent(named[1]) : "–", span(named), say("strangers named at K = {k}", { k: thousands(k) }), "is-impostor")}
      ${card("Predicted", percent(errorProbability(fmr, k)), `FMR ${percent(fmr)}`, "1 − (1 − FMR)<sup>K</sup>", "is-impostor")}
      ${card("FNIR", lost ? percent(lost[1]) : "–", span(lost), "enrolled people not named", "is-genuine")}
      ${card("Rank-1", first ? percent(first[1]) : "–", span(first), "the nearest is right, whatever τ is", "is-genuine")}
      ${card("τ for FPIR = 1 %", hold ? hold[1].toFixed(3) : "–", hold ? `${hold[2].toFixed(3)} – ${hold[3].toFixed(3)}` : "not measured at this K", say("τ now is {tau}", { tau: state.tau.toFixed(v.digits) }))}
    </div>
    <div class="pv-plots">${fpirPlot(v, found, fmr)}${fnirPlot(v, missed, rank)}${tauPlot(v, held)}</div>
    ${table(v, found, missed, rank, held)}<p class="pv-note">${v.source}</p>`;
  root.querySelector("details").addEventListener("toggle", (event) => { state.open = event.target.open; });
};

// --- 99 % x 100 people ---
const drawExample = () => {
  const rate = RATES[state.rate], k = PEOPLE[state.people], risk = errorProbability(rate, k), wrong = k * rate;
  const right = +(100 * (1 - rate)).toFixed(4) + " %";
  const columns = Math.ceil(Math.sqrt(k * 2.4)), lines = Math.ceil(k / columns), size = 10;
  // The wrong ones stand scattered, so that they are seen as accidents: every dot once, in strides of a golden cut.
  let stride = Math.max(1, Math.round(k * 0.618));
  const gcd = (a, b) => (b ? gcd(b, a % b) : a);
  while (gcd(stride, k) > 1) stride += 1;
  const start = Math.floor(lines / 2) * columns + Math.floor(columns / 2);
  const bad = new Set(Array.from({ length: Math.min(k, Math.round(wrong)) }, (_, i) => (start + i * stride) % k));
  const spot = (i) => `M${(i % columns) * size + size / 2} ${Math.floor(i / columns) * size + size / 2}h0`;
  const all = Array.from({ length: k }, (_, i) => i);
  const expected = +(wrong >= 10 ? wrong.toFixed(0) : wrong.toPrecision(2));
  const set = (name, html) => { element.querySelector(`[data-fk="${name}"]`).innerHTML = html; };
  set("rate", right);
  set("people", thousands(k));
  const values = { right, n: thousands(k), expected };
  const people = k === 1 ? say("{n} person", values) : say("{n} people", values);
  set("title", k === 1 ? say("{right} × {n} person", values) : say("{right} × {n} people", values));
  set("dots", `<svg class="fk-dots" viewBox="0 0 ${columns * size} ${lines * size}" role="img" aria-label="${say("{n} comparisons; expected number of wrong ones: {expected}", values)}">
    <path class="fk-right" stroke-width="6" d="${all.filter((i) => !bad.has(i)).map(spot).join("")}"/><path class="fk-wrong" stroke-width="8" d="${[...bad].map(spot).join("")}"/></svg>`);
  set("probability", `<p>${say("A comparison is right {right} of the time. A stranger is compared with everybody enrolled (K = {n}); the expected number of wrong comparisons is {expected}.", values)} ${say("The probability that at least one is wrong, so that the stranger gets a name:")}</p><p><b>1 − (1 − ${+rate.toPrecision(3)})<sup>${k}</sup> = ${percent(risk)}</b></p>
    <div class="fk-probability" role="img" aria-label="${percent(risk)}"><div style="width:${100 * risk}%"></div></div>
    <p class="pv-small">If the comparisons were independent, which those of one face are not quite.</p>`);
  for (const [name, text] of [["rate", right], ["people", people]]) element.querySelector(`input[name="fk-${name}"]`).setAttribute("aria-valuetext", text);
};
const slider = (name, label, most) => `<label><span>${label}</span><output data-fk="${name}"></output><input type="range" name="fk-${name}" min="0" max="${most}" step="1" value="${state[name]}" aria-label="${label}"></label>`;
const build = () => {
  element.querySelector(".fk-lab").innerHTML = `<div class="fk-live"></div>
    <section class="fk-example"><h2 data-fk="title"></h2><div>${slider("rate", "Right answers of one comparison", RATES.length - 1)}${slider("people", "People enrolled, K", PEOPLE.length - 1)}<div data-fk="dots"></div></div><div data-fk="probability" aria-live="polite"></div></section>`;
  for (const name of ["rate", "people"]) {
    element.querySelector(`input[name="fk-${name}"]`).addEventListener("input", (event) => {
      state[name] = Number(event.target.value);
      drawExample();
    });
  }
  drawExample();
};
const draw = () => {
  if (!element.querySelector(".fk-live")) build();
  drawMeasured(props.value || {});
};
const renew = () => {
  const v = props.value || {};
  state.tau = v.tau || 0;
  state.k = v.k || 1;
  draw();
};
renew();
watch("value", renew);
for (const name of ["tau", "k"]) {
  window.addEventListener("paragone-" + name, (event) => {
    if (event.detail.channel !== channel) return;
    state[name] = Number(event.detail[name]);
    draw();
  });
}
