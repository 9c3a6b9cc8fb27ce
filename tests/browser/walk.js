// Collects every text that comes onto a page, before it is put into words, and hands it to the test.
(() => {
  const LABELS = ["aria-label", "aria-valuetext", "title", "placeholder", "alt", "data-said"];
  const KEPT = '[translate="no"], .only-en, .only-zh, [role="listbox"], code, pre, script, style, textarea, .katex, [data-said] *';
  const seen = new Set();
  let fresh = [], asked = false;
  const hand = (window.paragoneHand = () => {
    asked = false;
    const texts = fresh.splice(0);
    if (texts.length) window.paragoneSeen(location.pathname, texts);
  });
  const keep = (node, slot, text) => {
    const core = (text || "").trim().replace(/\s+/g, " ");
    if (!core || seen.has(core) || window.paragoneWords?.wrote(node, slot, text)) return;
    seen.add(core);
    fresh.push(core);
    if (!asked) asked = setTimeout(hand, 100);
  };
  const labels = (element) => {
    if (element.closest(KEPT) && !element.matches("textarea, [data-said]")) return;
    for (const name of LABELS) keep(element, name, element.getAttribute(name));
  };
  const text = (node) => {
    if (node.parentElement && !node.parentElement.closest(KEPT)) keep(node, "text", node.data);
  };
  const all = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return text(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    labels(root);
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walk.nextNode())
      (walk.currentNode.nodeType === Node.TEXT_NODE ? text : labels)(walk.currentNode);
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes)
      if (type === "characterData") text(target);
      else if (type === "attributes") labels(target);
      else addedNodes.forEach(all);
  }).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: LABELS,
  });
})();
