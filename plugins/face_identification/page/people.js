// The people of the gallery: the cross asks once more before it deletes; chips can be ticked.
element.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove]");
  if (remove && remove.dataset.asked) {
    remove.disabled = true;
    trigger("remove", { person: remove.dataset.remove });
  } else if (remove) {
    remove.dataset.asked = "1";
    remove.textContent = "Delete?";
    setTimeout(() => {
      delete remove.dataset.asked;
      remove.textContent = "×";
    }, 4000);
  }
  const tick = event.target.closest("[data-tick]");
  if (tick) {
    tick.setAttribute("aria-pressed", tick.getAttribute("aria-pressed") !== "true");
    const ids = [...element.querySelectorAll('[data-tick][aria-pressed="true"]')].map((one) => one.dataset.tick);
    trigger("tick", { ids });
  }
});
