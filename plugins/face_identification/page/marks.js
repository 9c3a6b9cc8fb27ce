// The faces of the probe: each box bears a name or "unknown", whichever holds at the tau shown.
const { say } = window.paragoneWords;
const mark = (tau) => {
  const slot = element.querySelector(".pv-slot");
  if (!slot) return;
  if (tau !== undefined) slot.dataset.tau = tau;
  element.querySelectorAll(".pv-face[data-distance]").forEach((box) => {
    const known = box.dataset.distance !== "" && Number(box.dataset.distance) <= Number(slot.dataset.tau);
    const small = box.dataset.small === "1";
    const word = small ? "too small" : "unknown";
    const who = known ? box.dataset.person : word;
    box.classList.toggle("is-known", known);
    box.classList.toggle("is-unknown", !known);
    box.querySelector("span").textContent = who;
    box.setAttribute("aria-label", say("Face {n}: {who}", { n: Number(box.dataset.face) + 1, who: known ? who : say(word) }));
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
