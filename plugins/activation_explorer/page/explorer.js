// Clicks on units, pages, pictures and places become events with a payload.
element.addEventListener("click", (event) => {
  const at = (what) => event.target.closest(`[data-${what}]`);
  const copy = at("copy");
  if (copy) {
    const link = element.querySelector("[data-address]").href;
    const say = (words) => {
      copy.textContent = words;
      setTimeout(() => (copy.textContent = "Copy"), 2500);
    };
    const board = navigator.clipboard;
    if (board) board.writeText(link).then(() => say("Copied"), () => say("Use the link"));
    else say("Use the link");
    return;
  }
  const turn = at("turn");
  if (turn) return trigger("turn", { layer: turn.dataset.layer, way: Number(turn.dataset.turn) });
  const card = at("picture");
  if (card) return trigger("picture", { picture: Number(card.dataset.picture) });
  const place = at("place");
  if (place && event.detail) {
    const box = place.getBoundingClientRect();
    const share = (value) => Math.min(Math.max(value, 0), 0.9999);
    return trigger("place", {
      x: share((event.clientX - box.left) / box.width),
      y: share((event.clientY - box.top) / box.height),
    });
  }
  const unit = event.target.closest("button[data-unit]");
  if (unit) trigger("unit", { layer: unit.dataset.layer, unit: Number(unit.dataset.unit) });
});
// From the keyboard a place is chosen with the arrows, in steps of a twentieth.
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Enter: [0, 0] };
element.addEventListener("keydown", (event) => {
  const place = event.target.closest("[data-place]");
  if (!place || !STEPS[event.key]) return;
  event.preventDefault();
  const cross = place.querySelector(".ae-cross");
  const share = (side) => (cross ? parseFloat(cross.style[side]) / 100 : 0.5);
  const moved = (side, way) => Math.min(Math.max(share(side) + way / 20, 0), 0.9999);
  const [across, down] = STEPS[event.key];
  trigger("place", { x: moved("left", across), y: moved("top", down) });
});
// The address bar follows the unit that the visitor opened, and Back opens the one before it.
const PARTS = ["backbone", "layer", "unit"];
const follow = () => {
  const link = element.querySelector("[data-open] [data-address]");
  if (!link) return;
  const told = new URL(link.href).searchParams;
  const here = new URL(location.href);
  if (PARTS.every((name) => here.searchParams.get(name) === told.get(name))) return;
  for (const name of PARTS) here.searchParams.set(name, told.get(name));
  here.hash = "unit"; // Its tab.
  history.pushState(history.state, "", here);
};
follow();
watch("value", follow);
if (element.closest("#ae-heading"))
  addEventListener("popstate", () => {
    const at = (url) => PARTS.map((name) => new URL(url).searchParams.get(name));
    const [backbone, layer, unit] = at(location.href);
    const shown = element.querySelector("[data-address]");
    if (!unit) return;
    if (shown && at(shown.href)[0] !== backbone) location.reload(); // It is in no survey here.
    else trigger("unit", { layer, unit: Number(unit) });
  });
