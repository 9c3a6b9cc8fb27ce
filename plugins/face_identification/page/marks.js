// The faces of the probe: each box bears a name, "Maybe" a name, or "unknown", whichever holds at the tau shown.
const { say } = window.paragoneWords;
const mark = (tau) => {
  const slot = element.querySelector(".pv-slot");
  if (!slot) return;
  if (tau !== undefined) slot.dataset.tau = tau;
  element.querySelectorAll(".pv-face[data-distance]").forEach((box) => {
    const named = (tau) => (JSON.parse(box.dataset.names).filter(([from]) => from <= tau).pop() || [0, ""])[1];
    const tau = Number(slot.dataset.tau), maybe = Number(slot.dataset.maybe);
    const name = named(tau);
    const known = name !== "";
    const perhaps = !known && maybe > tau ? named(maybe) : "";
    const small = box.dataset.small === "1";
    const word = small ? "too small" : "unknown";
    const who = known ? name : perhaps ? say("Maybe {name}", { name: perhaps }) : word;
    box.classList.toggle("is-known", known);
    box.classList.toggle("is-maybe", perhaps !== "");
    box.classList.toggle("is-unknown", !known && perhaps === "");
    box.querySelector("span").textContent = who;
    const values = { n: box.dataset.number, who: known || perhaps ? who : say(word) };
    const placed = box.classList.contains("is-by-hand");
    box.setAttribute("aria-label", placed ? say("Face {n}, placed by hand: {who}", values) : say("Face {n}: {who}", values));
  });
};
const start = () => {
  const slot = element.querySelector("[data-start-tau]");
  const shown = element.querySelector(".pv-slot");
  if (slot && shown) shown.dataset.maybe = slot.dataset.maybe;
  mark(slot ? slot.dataset.startTau : undefined);
};
start();
watch("value", start);
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) mark(event.detail.tau);
});
