// Shows the page in the visitor's language: whatever text or label appears is looked up in the
// catalogue `words/LANGUAGE.json` and replaced before it is painted. What it replaced is
// remembered, so that the language can be changed at any time. `translate="no"` keeps a part as it
// is, and so do code, formulas and fields that a visitor fills in.
(() => {
  const KEY = "paragone-language";
  const LABELS = ["aria-label", "title", "placeholder", "alt"];
  const KEPT = '[translate="no"], code, pre, script, style, textarea, .katex, [contenteditable="true"]';
  const SENTENCES = /(?<=[.!?…])\s+(?=[^a-z]|\w+[._]\w)/;
  const SAYING = 12; // Letters that make an entry particular.
  const CLAUSES = /(?=, )|(?=; )|(?= · )/;
  const NUMBER = /[-−+]?\d[\d.,]*/g;
  const english = new WeakMap(); // node -> {slot: [English, shown]}
  let exact = new Map(), patterns = [], known = new Map(), language = "en", looking = 0;
  const missing = new Set();

  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // A frame without storage, as on Spaces: the browser's language it is.
    }
  };
  const wanted = () => remembered() || (/^zh/i.test(navigator.language || "") ? "zh" : "en");

  function fill(template, values) {
    let next = 0;
    return template.replace(/\{(\d*)\}/g, (_, place) => values[place === "" ? next++ : +place] ?? "");
  }

  function learn(words) {
    exact = new Map(), patterns = [], known = new Map();
    for (const [source, target] of Object.entries(words)) {
      const key = source.trim().replace(/\s+/g, " ");
      exact.set(key, target);
      if (!key.includes("{}")) continue;
      const parts = key.split("{}").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      const long = parts.join("").length;
      // What is put in first or last may be a part of its own on the page.
      const at = parts.join("(.*?)").replace(/^\(\.\*\?\) /, "(?:(.*?) )?");
      patterns.push({ at: new RegExp(`^${at.replace(/ \(\.\*\?\)$/, "(?: (.*?))?")}$`), target, long });
    }
    patterns.sort((a, b) => b.long - a.long); // The one that says most decides.
  }

  // The translation of one text by an entry that has at least so many letters of its own, or null.
  function found(text, depth, least = 0) {
    if (exact.has(text) && !text.includes("{}")) return exact.get(text);
    const numbers = text.match(NUMBER);
    if (numbers) {
      const target = exact.get(text.replace(NUMBER, "{}"));
      if (target !== undefined) return fill(target, numbers);
    }
    for (const { at, target, long } of patterns) {
      if (long < least) break;
      const match = text.match(at);
      if (!match) continue;
      // What is put in may be several sentences, which are better looked up one by one.
      const several = (part) => /[.!?…] [A-Z]/.test(part) && !exact.has(part);
      if (least && match.slice(1).some(several)) continue;
      const parts = match.slice(1).map((part) => inner(part, depth + 1));
      // "{} of {}" would make a muddle of a sentence that is not in the catalogue.
      if (long < SAYING && parts.some((part) => /([A-Za-z]{2,},? ){2}[A-Za-z]{2,}/.test(part))) continue;
      return fill(target, parts);
    }
    for (const [end, full] of [[".", "。"], [":", "："], ["…", "…"]]) {
      if (!text.endsWith(end) || text.length < 3) continue;
      const rest = found(text.slice(0, -1), depth, least);
      if (rest !== null) return rest + full;
    }
    return null;
  }

  function inner(text, depth) {
    if (!text || depth > 3 || !/[A-Za-z]{2}/.test(text)) return text;
    const core = text.trim();
    const target = whole(core, depth);
    return target === null ? text : text.replace(core, () => target);
  }

  // The translation of one text, or of the sentences and clauses that it consists of, or null. An
  // entry of few letters, such as "{} in {}", comes last.
  function whole(text, depth) {
    return (
      found(text, depth, SAYING) ??
      joined(text, SENTENCES, depth, " ", 1) ??
      joined(text, CLAUSES, depth, "", 0) ??
      found(text, depth)
    );
  }

  // Its parts translated, if all but so many of them can be.
  function joined(text, border, depth, between, unknown) {
    const parts = text.split(border);
    if (parts.length < 2 || depth > 3) return null;
    const targets = parts.map((part) => whole(part.trim(), depth + 1));
    const lost = targets.filter((target) => target === null).length;
    if (lost && (lost > unknown || lost === parts.length)) return null;
    return targets.map((target, i) => target ?? parts[i]).join(between);
  }

  function translated(text) {
    const core = text.trim().replace(/\s+/g, " ");
    if (!/[A-Za-z]{2}/.test(core)) return text;
    if (!known.has(core)) {
      if (known.size > 5000) known.clear();
      const target = whole(core, 0);
      known.set(core, target);
      // Names may stay within a translation: "Labelled Faces in the Wild".
      const words = target === null ? /\b[a-z]{2,},? [a-z]{2,}\b/ : /(\b[a-z]{2,},? ){2}[a-z]{2,}\b/;
      if (words.test(target ?? core)) missing.add(core);
    }
    const target = known.get(core);
    return target === null ? text : text.match(/^\s*/)[0] + target + text.match(/\s*$/)[0];
  }

  // `get` and `set` read and write one text of a node.
  function show(node, slot, get, set) {
    const current = get();
    if (!current) return;
    const slots = english.get(node) || {};
    const [source, shown] = slots[slot] || [];
    const text = current === shown ? source : current; // Else the page has written it anew.
    const next = language === "en" ? text : translated(text);
    slots[slot] = [text, next];
    english.set(node, slots);
    if (next !== current) set(next);
  }

  function showLabels(element) {
    if (element.dataset?.language)
      element.setAttribute("aria-pressed", String(element.dataset.language === language));
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
    for (const field of document.querySelectorAll('input[role="combobox"]'))
      if (field !== document.activeElement)
        show(field, "value", () => field.value, (value) => (field.value = value));
  }

  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "characterData") showText(target);
      else if (type === "attributes") showLabels(target);
      else addedNodes.forEach(showAll);
    }
    observer.takeRecords(); // What we wrote ourselves.
  });

  async function speak(next) {
    if (next !== "en") {
      const answer = await fetch(`./words/${next}.json`);
      if (!answer.ok) return;
      learn(await answer.json());
    }
    language = next;
    document.documentElement.lang = next === "zh" ? "zh-CN" : next;
    observer.disconnect();
    const title = document.querySelector("title");
    if (title) showAll(title);
    showAll(document.body);
    showChoices();
    clearInterval(looking);
    if (next === "en") return; // Whatever comes is in English.
    looking = setInterval(showChoices, 300);
    observer.observe(document.documentElement, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: LABELS,
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
  window.paragoneWords = { speak, missing, language: () => language };
  if (wanted() !== "en") speak(wanted()).catch(() => {});
})();
