// A picture slot: clicks on a face or on a bundled picture become events with a payload. Where a face was missed, two clicks
// place its eyes.
const eyes = [];
const placing = (on) => {
  const button = element.querySelector("[data-place]");
  eyes.length = 0;
  element.querySelectorAll(".pv-eye").forEach((dot) => dot.remove());
  element.classList.toggle("is-placing", on && Boolean(button));
  if (!button) return;
  button.setAttribute("aria-pressed", String(on));
  button.nextElementSibling.hidden = !on;
};
const eye = (picture, event) => {
  const seen = picture.getBoundingClientRect();
  const at = [(event.clientX - seen.left) / seen.width, (event.clientY - seen.top) / seen.height];
  eyes.push(at);
  const dot = document.createElement("i");
  dot.className = "pv-eye";
  dot.style.left = `${100 * at[0]}%`;
  dot.style.top = `${100 * at[1]}%`;
  picture.parentElement.append(dot);
  if (eyes.length < 2) return;
  trigger("place", { eyes: eyes.map((one) => [...one]) });
  placing(false);
};
// A group can be enlarged, about the chosen face; what does not fit is scrolled to.
let zoom = 1;
let shown = "";
const enlarge = (factor) => {
  const frame = element.querySelector(".pv-scroll");
  const buttons = element.querySelectorAll("[data-zoom]");
  if (!frame) return;
  zoom = buttons.length ? Math.min(8, Math.max(1, zoom * factor)) : 1;
  frame.classList.toggle("is-zoomed", zoom > 1);
  frame.style.setProperty("--zoom", zoom);
  if (zoom > 1) frame.tabIndex = 0;
  else frame.removeAttribute("tabindex");
  buttons.forEach((button) => (button.disabled = zoom * Number(button.dataset.zoom) < 1 || zoom * Number(button.dataset.zoom) > 8));
  const face = frame.querySelector(".is-chosen");
  if (!face) return;
  frame.scrollLeft = face.offsetLeft + (face.offsetWidth - frame.clientWidth) / 2;
  frame.scrollTop = face.offsetTop + (face.offsetHeight - frame.clientHeight) / 2;
};
const renew = () => {
  const caption = element.querySelector(".pv-caption")?.textContent;
  if (caption !== shown) zoom = 1;
  shown = caption;
  placing(false);
  enlarge(1);
};
element.addEventListener("click", (event) => {
  const picture = event.target.closest(".pv-photo") && event.target.closest("img");
  if (picture && element.classList.contains("is-placing")) return eye(picture, event);
  const size = event.target.closest("[data-zoom]");
  if (size) return enlarge(Number(size.dataset.zoom));
  const button = event.target.closest("[data-place]");
  if (button) placing(button.getAttribute("aria-pressed") !== "true");
  if (event.target.closest("[data-missed]")) trigger("missed", {});
  const face = event.target.closest("[data-face]");
  if (face) trigger("choose", { face: Number(face.dataset.face) });
  const example = event.target.closest("[data-example]");
  if (example) trigger("example", { key: example.dataset.example });
});
element.addEventListener("keydown", (event) => {
  if (event.key === "Escape") placing(false);
});
renew();
watch("value", renew);
