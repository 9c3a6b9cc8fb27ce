// A group of choices goes by the name that stands above it, also for those who do not see it.
(() => {
  const NAMELESS = "fieldset:not([aria-labelledby], [aria-label])";
  let count = 0;
  new MutationObserver(() => {
    for (const group of document.querySelectorAll(NAMELESS)) {
      const label = group.querySelector('[data-testid="block-info"]');
      if (!label) continue;
      label.id ||= `paragone-group-${++count}`;
      group.setAttribute("aria-labelledby", label.id);
    }
  }).observe(document, { subtree: true, childList: true });
})();
