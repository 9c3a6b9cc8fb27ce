// A name belongs to the face that was chosen as it was typed: it goes when another one is chosen, and
// says whose it is when it is sent. Names that are enrolled complete it.
const box = () => document.getElementById("who-name")?.querySelector("input");
const probe = () => element.querySelector("[data-probe]")?.dataset.probe || "";
const chosen = () => Number(element.querySelector("[data-face].is-chosen")?.dataset.face || 0);
let asked = null; // The face that was clicked, until the view shows it.
let typed = null;
const clear = () => {
  typed = null;
  const field = box();
  if (!field?.value) return;
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
window.paragoneTyped = () => typed;
document.addEventListener("input", (event) => {
  if (!event.target.closest("#who-name")) return;
  event.target.setAttribute("list", "fi-names");
  if (!event.target.value) typed = null;
  else typed ||= { probe: probe(), face: asked ?? chosen() };
});
element.addEventListener("click", (event) => {
  const face = event.target.closest("[data-face]");
  if (!face || Number(face.dataset.face) === (asked ?? chosen())) return;
  asked = Number(face.dataset.face);
  clear();
});
new MutationObserver(() => {
  if (chosen() === asked || (typed && typed.probe !== probe())) asked = null;
  if (typed && (typed.probe !== probe() || (asked === null && typed.face !== chosen()))) clear();
}).observe(element, { childList: true, subtree: true });
