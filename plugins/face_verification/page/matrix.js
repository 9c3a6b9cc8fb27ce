// All faces of A against all of B: which are near enough at the tau shown, and a click compares two.
const mark = (tau) => {
  const root = element.querySelector(".fv-table");
  if (!root) return;
  if (tau !== undefined) root.dataset.tau = tau;
  root.querySelectorAll("[data-distance]").forEach((cell) => {
    cell.classList.toggle("is-near", Number(cell.dataset.distance) <= Number(root.dataset.tau));
  });
};
element.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-a]");
  if (cell) trigger("pair", { a: Number(cell.dataset.a), b: Number(cell.dataset.b) });
});
mark();
watch("value", () => mark());
window.addEventListener("paragone-tau", (event) => {
  if (event.detail.channel === channel) mark(event.detail.tau);
});
