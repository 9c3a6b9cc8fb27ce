// The people of the gallery: the cross asks once more before it deletes.
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
});
