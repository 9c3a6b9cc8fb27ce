// Groups of unknown faces: a face that is somebody else is unticked, and the rest is named together.
element.classList.add("fp");
element.addEventListener("click", (event) => {
  const face = event.target.closest("[data-face]");
  if (face) face.setAttribute("aria-pressed", face.getAttribute("aria-pressed") !== "true");
});
// What is typed belongs to the group that it was typed for, and goes with it.
element.addEventListener("input", (event) => (event.target.dataset.meant = event.target.form.dataset.group));
watch("value", () => {
  for (const field of element.querySelectorAll("input")) {
    if (field.dataset.meant !== field.form.dataset.group) field.value = "";
  }
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  form.elements.name.dataset.meant = "";
  const out = [...form.querySelectorAll('[data-face][aria-pressed="false"]')].map((one) => one.dataset.face);
  trigger("name_group", { group: form.dataset.group, name: form.elements.name.value, out });
});
