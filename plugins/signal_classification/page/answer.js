// A click on a class shows the evidence for it, in the browser alone: the pieces of the curve get
// its colours.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-class]");
  const holder = element.querySelector("[data-maps]");
  if (!button || !holder) return;
  const shares = JSON.parse(holder.dataset.maps)[Number(button.dataset.class)];
  holder.querySelectorAll(".sg-piece").forEach((piece, i) => {
    const share = shares[i % shares.length];
    piece.classList.toggle("is-for", share >= 0);
    piece.classList.toggle("is-against", share < 0);
    piece.style.setProperty("--sg-share", `${Math.abs(share)}%`);
  });
  holder.querySelector("[data-asked]").textContent = button.textContent;
  for (const one of element.querySelectorAll("[data-class]")) one.setAttribute("aria-pressed", one === button);
});
