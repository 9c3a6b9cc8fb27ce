// Asks before a page is left on which work is not saved. A page says so by
// `window.paragoneWork.asks()`. It comes before gradio's own listener, which takes the page for left:
// who stays would have a dead one. Whoever stays is offered to save it: `paragone-stayed`.
addEventListener("beforeunload", (event) => {
  if (!window.paragoneWork?.asks()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  setTimeout(() => dispatchEvent(new Event("paragone-stayed")), 300);
});
