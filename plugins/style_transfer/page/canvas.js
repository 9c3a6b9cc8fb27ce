// Both sliders of the painting work in the browser alone. What they set lies on the element itself,
// which survives when the picture in it is exchanged.
const show = (scrub) => {
  const stored = element.querySelector("[data-frames]");
  const after = element.querySelector("[data-after]");
  if (!stored || !after) return;
  const frames = JSON.parse(stored.dataset.frames);
  element.result ??= after.src;
  const at = Number(scrub.value);
  after.src = at < frames.length ? frames[at][1] : element.result;
  const words = at < frames.length ? `step ${frames[at][0]}` : "the result";
  element.querySelector("[data-step]").textContent = words;
};
element.addEventListener("input", (event) => {
  const { target } = event;
  if (target.matches("[data-split]")) element.style.setProperty("--st-split", `${target.value}%`);
  if (target.matches("[data-scrub]")) show(target);
});
// Another painting: its result is another one too.
new MutationObserver((changes) => {
  if (changes.some(({ target }) => target.matches?.("[data-frames]"))) element.result = undefined;
}).observe(element, { subtree: true, childList: true, attributeFilter: ["data-frames"] });
