// Marks the pairs that are wrong at tau.
const mark = (tau) => {
  const root = element.querySelector(".pv-pairs");
  if (!root) return;
  if (tau !== undefined) root.dataset.tau = tau;
  root.querySelectorAll(".pv-pair").forEach((card) => {
    const genuine = card.dataset.genuine === "1";
    const wrong = Number(card.dataset.distance) <= Number(root.dataset.tau) !== genuine;
    card.classList.toggle("is-wrong", wrong);
    card.querySelector("[data-state]").textContent = !wrong ? "right at this τ" : genuine ? "false non-match" : "false match";
  });
};
mark();
watch("value", () => mark());
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) mark(event.detail.tau);
});
// A pair opens in the compare part; Back leads here again.
element.addEventListener("click", (event) => {
  const card = event.target.closest(".pv-pair");
  if (!card) return;
  trigger("compare", { first: Number(card.dataset.first), second: Number(card.dataset.second) });
  document.querySelector('[role="tab"][data-tab-id="compare"]')?.click();
});
