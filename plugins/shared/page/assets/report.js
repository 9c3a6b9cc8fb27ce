() => {
  const title = TITLE, controls = CONTROLS, parts = PARTS;
  const at = (id) => document.getElementById(id);
  const text = (node) => node?.textContent.trim().replace(/\s+/g, " ") ?? "";
  const escaped = (words) => Object.assign(document.createElement("i"), { textContent: words }).innerHTML;

  // A setting: the label of its field, and what is chosen there.
  function setting(field) {
    const label = text(["[data-testid=block-info]", "legend", "label>span"].map((one) => field.querySelector(one)).find(Boolean));
    const chosen = field.querySelector("input[type=radio]:checked");
    const value = chosen ? text(chosen.closest("label")) : field.querySelector("input")?.value;
    return label && value ? `<tr><th scope="row">${escaped(label)}</th><td>${escaped(value)}</td></tr>` : "";
  }

  function copy(part) {
    const made = (part.querySelector(".html-container") ?? part.querySelector(".prose") ?? part).cloneNode(true);
    for (const gone of [".paragone-save", "script", "style", "input", "label", "[hidden]"])
      made.querySelectorAll(gone).forEach((one) => one.remove());
    made.querySelectorAll("details").forEach((one) => (one.open = true));
    for (const one of made.querySelectorAll("button")) {
      const plain = document.createElement("div"); // Nothing answers in a file.
      plain.className = one.className;
      plain.append(...one.childNodes);
      one.replaceWith(plain);
    }
    return made;
  }

  const page = document.createElement("main");
  page.append(...parts.map(at).filter(Boolean).map(copy));

  // The rules that its elements wear, with the values that the page's theme gives them.
  const look = getComputedStyle(document.querySelector(".gradio-container") ?? document.body);
  const worn = (rule) => {
    if (rule.selectorText) return /\.(pv|fv|fk)-/.test(rule.selectorText) ? rule.cssText : "";
    const inner = [...(rule.cssRules ?? [])].map(worn).join("\n"); // For some widths only.
    return inner && `${rule.cssText.split("{")[0]}{${inner}}`;
  };
  const rules = [...document.styleSheets]
    .flatMap((sheet) => {
      try {
        return [...sheet.cssRules];
      } catch {
        return []; // Another site's.
      }
    })
    .map(worn)
    .join("\n");
  const names = new Set(rules.match(/--[\w-]+/g));
  const values = [...names].map((name) => `${name}: ${look.getPropertyValue(name)};`).join(" ");
  const own = `
:root { ${values} }
body { max-width: 1100px; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif; color: ${look.color}; background: ${getComputedStyle(document.body).backgroundColor}; }
table { border-collapse: collapse; }
th, td { padding: .2em .8em .2em 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
h1 { font-size: 1.5em; }
h2 { font-size: 1.1em; }`;

  const heading = [text(document.querySelector("h1")), text(at(title)?.querySelector("b"))].filter(Boolean).join(": ");
  const settings = controls.map(at).filter(Boolean).map(setting).join("");
  const day = new Date().toLocaleString(document.documentElement.lang || undefined);
  const file = `<!doctype html>
<html lang="${document.documentElement.lang}" class="${document.body.classList.contains("dark") ? "dark" : ""}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(heading)}</title><style>${rules.replaceAll("</", "<\\/")}${own}</style>
<h1>${escaped(heading)}</h1><p>${escaped(day)}</p><table>${settings}</table>
${page.innerHTML}
</html>
`;
  const name = heading.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 80);
  window.paragoneGive(new Blob([file], { type: "text/html;charset=utf-8" }), `${name || "paragone"}.html`);
  window.paragoneWork?.saved();
}
