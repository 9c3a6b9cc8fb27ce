// A click on a signal of the table becomes an event with its row.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-row]") || event.target.closest("tr")?.querySelector("[data-row]");
  if (button) trigger("choose", { row: Number(button.dataset.row) });
});
