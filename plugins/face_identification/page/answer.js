// Who the chosen face is: verdict, the nearest five, and the errors to expect. Redrawn here while tau moves.
const { say } = window.paragoneWords;
const text = (value) => {
  const node = document.createElement("span");
  node.textContent = value;
  return node.innerHTML;
};
const percent = (rate) => (rate >= 0.1 ? (100 * rate).toFixed(1) : rate >= 0.001 ? (100 * rate).toFixed(2) : (100 * rate).toPrecision(1)) + " %";
const written = (share) => (share === 0 ? "0 %" : percent(share));
const at = (v, values, tau) => values[Math.min(values.length - 1, Math.max(0, Math.round(tau / v.step)))];
const rate = (v, name, kind, title, note, ends) => {
  const values = v[name];
  if (!values) return `<div class="pv-rate ${kind}"><span>${title}</span><b>–</b><small>not measured</small></div>`;
  const range = ends ? say("other people: {low} to {high}", { low: written(at(v, ends[0], v.tau)), high: written(at(v, ends[1], v.tau)) }) : "";
  return `<div class="pv-rate ${kind}"><span>${title}</span><b data-${name}>${written(at(v, values, v.tau))}</b>
    <small>${note}</small>${range && `<small data-range>${range}</small>`}</div>`;
};
// Who a face is from which threshold on: the last entry up to tau.
const named = (v, tau) => (v.names || []).filter(([from]) => from <= tau).pop() || [0, "", 0, false];
const draw = (tau) => {
  const v = props.value || {};
  if (tau !== undefined) v.tau = tau;
  const root = element.querySelector(".fi-answer");
  const digits = v.step < 0.01 ? 3 : 2;
  const [strangers, missed] = v.ranges || [];
  const rates = v.step && v.k ? `<div class="pv-rates">
      ${rate(v, "fpir", "is-impostor", "FPIR", say("strangers who get a name at K = {k}", { k: v.k }), strangers)}
      ${rate(v, "fnir", "is-genuine", v.lower ? "FNIR, at least" : "FNIR", "enrolled people who do not get theirs", missed)}
    </div><p class="pv-note">${text(v.why)}</p>` : "";
  if (!v.candidates || !v.candidates.length) {
    root.innerHTML = `<div class="pv-verdict is-waiting"><p class="pv-word">${text(v.message || "Reading the faces…")}</p></div>${rates}`;
    return;
  }
  const [first, second] = v.candidates;
  const [, name, rival, nearer] = named(v, v.tau);
  const known = name !== "";
  const perhaps = !known && v.maybe > v.tau ? named(v, v.maybe)[1] : "";
  const shown = v.candidates.find((one) => one.person === (name || perhaps)) || first;
  const x = (value) => Math.min(100, Math.max(0, (100 * value) / v.reach));
  const listed = v.candidates.filter((one, i) => i < 5 || one === shown);
  const rows = listed.map((one) => `<li class="${(known || perhaps) && one === shown ? "is-named" : ""}">
      ${one.chip ? `<img src="${one.chip}" alt="">` : ""}<div><b>${text(one.person)}</b>
      <div class="fi-bar"><i class="${one.distance <= v.tau ? "is-near" : "is-far"}" style="width:${x(one.distance)}%"></i><u style="left:${x(v.tau)}%"></u></div></div>
      <span>${one.distance.toFixed(3)}</span></li>`).join("");
  const margin = second
    ? say("The second is {margin} farther than the first.", { margin: (second.distance - first.distance).toFixed(3) })
    : "Only one person is enrolled.";
  const taken = { person: first.person, n: rival };
  const why = !rival || first.distance > v.tau ? "" : nearer
    ? say("Nearest to {person}, but {person} is face {n}, which is nearer.", taken)
    : say("Nearest to {person}, but {person} is face {n}: so all faces together fit best.", taken);
  const doubt = !perhaps ? "" : say("Not near enough to be sure. If τ were this distance, {fpir} of strangers would get a name; at τ = {tau}, {fnir} of the enrolled people do not get theirs.", {
    fpir: written(at(v, v.fpir, shown.distance)), fnir: written(at(v, v.fnir, v.tau)), tau: v.tau.toFixed(digits) });
  const word = known ? text(name) : perhaps ? text(say("Maybe {name}", { name: perhaps })) : "Nobody we know";
  root.innerHTML = `
    <div class="pv-verdict ${known ? "is-same" : perhaps ? "is-maybe" : "is-different"}">
      <p class="pv-small">${text(v.face)}</p>
      <p class="pv-word" data-verdict>${word}</p>
      <p class="pv-rule"><b>d = ${shown.distance.toFixed(3)}</b> ${shown.distance <= v.tau ? "≤" : "&gt;"} <b>τ = ${v.tau.toFixed(digits)}</b></p>
      ${doubt ? `<p class="pv-small" data-maybe>${text(doubt)}</p>` : ""}
      ${why ? `<p class="pv-small" data-rival>${text(why)}</p>` : ""}
    </div>
    <ol class="fi-top" aria-label="The nearest people">${rows}</ol>
    <p class="pv-note" data-margin>${margin}</p>
    ${rates}`;
};
draw();
// A new value is sent like a moved slider, so that whatever else shows this tau follows.
watch("value", () => {
  draw();
  const detail = { channel, tau: (props.value || {}).tau };
  if (detail.tau !== undefined) window.dispatchEvent(new CustomEvent("paragone-tau", { detail }));
});
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) draw(event.detail.tau);
});
