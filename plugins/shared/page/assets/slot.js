// A picture slot: clicks on a face or on a bundled picture become events with a payload.
element.addEventListener("click", (event) => {
  const face = event.target.closest("[data-face]");
  if (face) trigger("choose", { face: Number(face.dataset.face) });
  const example = event.target.closest("[data-example]");
  if (example) trigger("example", { key: example.dataset.example });
});
