// A finding leads to its photos, ticked, on the people page, with what mends it filled in.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-mend]");
  if (!button) return;
  window.dispatchEvent(new CustomEvent("paragone-open-person", { detail: JSON.parse(button.dataset.mend) }));
});
