// A picture that is dropped where pictures are shown goes to the field that brings them, and an
// empty place opens the choice of files.
const field = (what) => document.querySelector(`#FIELD ${what}`);
const bring = (file) => {
  const input = field("input[type=file]");
  if (!input) return field('[aria-label="Upload file"]')?.click(), setTimeout(bring, 100, file);
  const one = new DataTransfer();
  one.items.add(file);
  input.files = one.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
};
element.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  element.classList.add("pv-drop");
});
element.addEventListener("dragleave", (event) => {
  if (!element.contains(event.relatedTarget)) element.classList.remove("pv-drop");
});
element.addEventListener("drop", (event) => {
  element.classList.remove("pv-drop");
  const [file] = event.dataTransfer.files;
  if (!file) return;
  event.preventDefault();
  bring(file);
});
element.addEventListener("click", (event) => {
  if (event.target.closest(".pv-empty")) field("input[type=file]")?.click();
});
