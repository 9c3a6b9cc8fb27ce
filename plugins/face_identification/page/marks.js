// The faces of the probe: each box bears a name or "unknown", whichever holds at the tau shown.
const { say } = window.paragoneWords;
const mark = (tau) => {
  const slot = element.querySelector(".pv-slot");
  if (!slot) return;
  if (tau !== undefined) slot.dataset.tau = tau;
  element.querySelectorAll(".pv-face[data-distance]").forEach((box) => {
    const [, name] = JSON.parse(box.dataset.names).filter(([from]) => from <= Number(slot.dataset.tau)).pop() || [0, ""];
    const known = name !== "";
    const small = box.dataset.small === "1";
    const word = small ? "too small" : "unknown";
    const who = known ? name : word;
    box.classList.toggle("is-known", known);
    box.classList.toggle("is-unknown", !known);
    box.querySelector("span").textContent = who;
    const values = { n: box.dataset.number, who: known ? who : say(word) };
    const placed = box.classList.contains("is-by-hand");
    box.setAttribute("aria-label", placed ? say("Face {n}, placed by hand: {who}", values) : say("Face {n}: {who}", values));
  });
};
const start = () => {
  const slot = element.querySelector("[data-start-tau]");
  mark(slot ? slot.dataset.startTau : undefined);
};
start();
watch("value", start);
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) mark(event.detail.tau);
});
