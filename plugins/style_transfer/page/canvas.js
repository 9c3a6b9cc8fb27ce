// Both sliders of the painting work in the browser alone. gradio patches what the server sends into
// the elements that are there: where the edge is survives, and a step that is looked at lies above
// the painting in a picture of its own, which the next painting takes away.
const { say } = window.paragoneWords;
const split = (range) => element.style.setProperty("--st-split", `${range.value}%`);
const show = (scrub) => {
  const stored = element.querySelector("[data-frames]");
  const over = element.querySelector("[data-frame]");
  if (!stored || !over) return;
  const frames = JSON.parse(stored.dataset.frames);
  const at = Number(scrub.value);
  const past = at < frames.length;
  over.hidden = !past;
  if (past) over.src = frames[at][1];
  over.alt = past ? say("The painting at step {step}", { step: frames[at][0] }) : "";
  element.querySelector("[data-step]").textContent = past ? say("step {step}", { step: frames[at][0] }) : "the result";
};
element.addEventListener("input", ({ target }) => {
  if (target.matches("[data-split]")) split(target);
  if (target.matches("[data-scrub]")) show(target);
});
