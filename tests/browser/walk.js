// Collects every text that comes onto a page, before it is put into words, and hands it to the test,
// with the names that the visitor gave: what they typed, and how their files are called.
(() => {
  const LABELS = ["aria-label", "aria-valuetext", "title", "placeholder", "alt", "data-said"];
  // The host puts the options of menus into the visitor's words itself (`registry/server/wording.py`).
  const KEPT = '[translate="no"], [role="listbox"], .only-en, .only-zh, code, pre, script, style, textarea, .katex, [data-said] *';
  const seen = new Set();
  let fresh = [], names = new Set(), asked = false;
  const hand = (window.paragoneHand = () => {
    asked = false;
    const texts = fresh.splice(0), given = [...names];
    names = new Set();
    const english = !/^zh/i.test(navigator.language) && window.paragoneWords?.language() !== "zh";
    if (texts.length || given.length) window.paragoneSeen(location.pathname, texts, given, english);
  });
  const later = () => {
    if (!asked) asked = setTimeout(hand, 100);
  };
  const keep = (node, slot, text) => {
    const core = (text || "").trim().replace(/\s+/g, " ");
    if (!core || seen.has(core) || window.paragoneWords?.wrote(node, slot, text)) return;
    seen.add(core);
    fresh.push(core);
    later();
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

  // A visitor's text may be a name by itself, or a name a line; a path names its folders, too.
  const named = (path) => [path, ...path.split("/")].forEach((part) => names.add(part));
  const given = ({ target, dataTransfer }) => {
    for (const file of dataTransfer?.files ?? target.files ?? []) named(file.webkitRelativePath || file.name);
    if (target.matches?.('textarea, input:not([type="file"], [type="range"], [role="combobox"])'))
      target.value.split("\n").forEach((line) => names.add(line.trim()));
    later();
  };
  for (const kind of ["input", "change", "drop"]) document.addEventListener(kind, given, true);
})();
