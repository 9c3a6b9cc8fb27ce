// Shows the page in the visitor's language. A message comes as data between two marks (see
// `weights/messages.py`): its English text, which is its key in the catalogue, and its values. A
// text without values is its own key. Whatever appears, text or label, is put into words before it
// is painted, and remembered, so that the language can be changed at any time. `translate="no"`
// keeps a part as it is, and so do code, formulas and fields that a visitor fills in.
(() => {
  const KEY = "paragone-language";
  const LABELS = ["aria-label", "aria-valuetext", "title", "placeholder", "alt"];
  const KEPT = '[translate="no"], .only-en, .only-zh, code, pre, script, style, textarea, .katex, [contenteditable="true"]';
  const PACKED = /\u27e6([A-Za-z0-9+/]*)\u27e7/g;
  const RICH = /(<\/?(?:b|i|em|strong|code|small|sub|sup)>)/;
  const sources = new WeakMap(); // node -> {slot: [as the page wrote it, as it is shown]}
  const missing = new Set();
  let words = {}, patterns = [], language = "en", looking = 0;

  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // A frame without storage, as on Spaces: the browser's language it is.
    }
  };
  const wanted = () => remembered() || (/^zh/i.test(navigator.language || "") ? "zh" : "en");

  // {pattern, values} of what is between the marks, or null where it is no message of ours.
  function unpacked(packed) {
    try {
      const [key, values, english = key] = JSON.parse(atob(packed));
      const pattern = translated(key);
      if (pattern === null) note(english);
      return { pattern: pattern ?? english, values };
    } catch {
      return null;
    }
  }

  const field = (values) => (whole, name) =>
    Object.hasOwn(values, name) ? said(String(values[name])) : whole;

  // A text with its messages put into words.
  const said = (text) =>
    text
      .replace(PACKED, (whole, packed) => {
        const one = unpacked(packed);
        return one ? one.pattern.replace(/\{(\w+)\}/g, field(one.values)) : whole;
      })
      .replace(/([。；：，、！？]) +/g, "$1"); // Chinese sentences have no space between them.

  function note(text) {
    if (language !== "en" && /(\b[a-z]{2,},? ){2}[a-z]{2,}/.test(text)) missing.add(text);
  }

  // The translation of a whole text, or null. The catalogue of a plug-in that fills in its texts
  // itself has `{}` where values are; a value may be such a text, too.
  function translated(text) {
    if (Object.hasOwn(words, text)) return words[text];
    for (const { at, target } of patterns) {
      const values = text.match(at)?.slice(1);
      if (!values) continue;
      let next = 0;
      const value = (_, place) => values[place === "" ? next++ : +place] ?? "";
      return target.replace(/\{(\d*)\}/g, (...found) => {
        const put = value(...found);
        return translated(put) ?? put;
      });
    }
    return null;
  }

  function shown(text) {
    if (text.includes("\u27e6")) return said(text);
    if (language === "en") return text;
    const core = text.trim().replace(/\s+/g, " ");
    if (!/[A-Za-z]{2}/.test(core)) return text;
    const target = translated(core);
    if (target === null) {
      note(core);
      return text;
    }
    return text.match(/^\s*/)[0] + target + text.match(/\s*$/)[0];
  }

  // Reads and writes one text of a node through `get` and `set`.
  function show(node, slot, get, set) {
    const current = get();
    if (!current) return;
    const slots = sources.get(node) || {};
    const [source, last] = slots[slot] || [];
    const text = current === last ? source : current; // Else the page has written it anew.
    const next = shown(text);
    if (next === text && !sources.has(node)) return;
    slots[slot] = [text, next];
    sources.set(node, slots);
    if (next !== current) set(next);
  }

  // A message with marks such as <b>: elements are made for those, and values stay text.
  function showRich(element) {
    const one = unpacked(element.dataset.said.slice(1, -1));
    if (!one) return;
    element.replaceChildren();
    element.setAttribute("translate", "no");
    const open = [element];
    for (const part of one.pattern.split(RICH)) {
      if (!RICH.test(part)) open.at(-1).append(part.replace(/\{(\w+)\}/g, field(one.values)));
      else if (part[1] === "/") open.length > 1 && open.pop();
      else {
        const made = document.createElement(part.slice(1, -1));
        open.at(-1).append(made);
        open.push(made);
      }
    }
  }

  function showLabels(element) {
    if (element.dataset?.language)
      element.setAttribute("aria-pressed", String(element.dataset.language === language));
    if (element.dataset?.said) return showRich(element);
    if (element.closest(KEPT) && !element.matches("textarea")) return;
    for (const name of LABELS)
      if (element.hasAttribute(name))
        show(element, name, () => element.getAttribute(name), (v) => element.setAttribute(name, v));
  }

  function showText(node) {
    if (node.parentElement && !node.parentElement.closest(KEPT))
      show(node, "text", () => node.data, (value) => (node.data = value));
  }

  function showAll(root) {
    if (root.nodeType === Node.TEXT_NODE) return showText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    showLabels(root);
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walk.nextNode())
      walk.currentNode.nodeType === Node.TEXT_NODE
        ? showText(walk.currentNode)
        : showLabels(walk.currentNode);
  }

  // What is chosen in a dropdown stands in a field, whose changes nobody is told of.
  function showChoices() {
    for (const each of document.querySelectorAll('input[role="combobox"]'))
      if (each !== document.activeElement)
        show(each, "value", () => each.value, (value) => (each.value = value));
  }

  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "characterData") showText(target);
      else if (type === "attributes") showLabels(target);
      else addedNodes.forEach(showAll);
    }
    observer.takeRecords(); // What we wrote ourselves.
  });

  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  function learn(catalogue) {
    words = catalogue;
    patterns = Object.entries(catalogue)
      .filter(([key]) => key.includes("{}") && /[A-Za-z]/.test(key))
      .map(([key, target]) => ({
        at: new RegExp(`^${key.split("{}").map(escaped).join("(.*?)")}$`),
        target,
      }))
      .sort((a, b) => b.at.source.length - a.at.source.length); // The one that says most decides.
  }

  async function speak(next) {
    let catalogue = {};
    if (next !== "en") {
      const page = location.pathname.split("/").at(-1) || "home";
      const answer = await fetch(`./words/${next}/${encodeURIComponent(page)}.json`);
      if (!answer.ok) return;
      catalogue = await answer.json();
    }
    language = next;
    learn(catalogue);
    missing.clear();
    document.cookie = `${KEY}=${next}; path=/; max-age=31536000; samesite=lax`;
    document.documentElement.lang = next === "zh" ? "zh-CN" : next;
    observer.disconnect();
    showAll(document.documentElement);
    showChoices();
    observe();
  }

  function observe() {
    clearInterval(looking);
    looking = setInterval(showChoices, 300);
    observer.observe(document.documentElement, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: [...LABELS, "data-said"],
    });
  }

  document.addEventListener("click", (event) => {
    const next = event.target.closest?.("[data-language]")?.dataset.language;
    if (!next) return;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // It holds until the page is left.
    }
    speak(next);
  });

  // For the scripts of pages: a message of theirs, as data, like `say` of `weights/messages.py`.
  function say(message, values = {}) {
    if (!message) return "";
    const texts = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, String(v)]));
    const json = JSON.stringify([message, texts]).replace(
      /[\u0080-\uffff]/g,
      (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
    );
    return `\u27e6${btoa(json).replace(/=+$/, "")}\u27e7`;
  }

  // Whether a text of a node, or one of its labels, is what was put into words here.
  const wrote = (node, slot, text) => sources.get(node)?.[slot]?.[1] === text;

  window.paragoneWords = { speak, say, said, missing, wrote, language: () => language };
  observe();
  if (wanted() !== "en") speak(wanted()).catch(() => {});
})();
