// Plots and tables can be saved: a button appears on each, a plot becomes a PNG and a table a CSV,
// made in the browser.
(() => {
  const PLACES = "figure:has(> svg), .paragone-body table:has(th)";
  const SCALE = 2; // Pixels of a saved plot a pixel of the page.
  const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity"];
  const TYPE = ["font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline", "display"];
  const CSV = "text/csv;charset=utf-8";
  let waiting = false;

  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      document.querySelectorAll(PLACES).forEach(offer);
    });
  }).observe(document, { subtree: true, childList: true });

  function offer(place) {
    const host = place.matches("table") ? [...place.rows[0].cells].findLast((one) => one.matches("th")) : place;
    if (!host || host.querySelector(":scope > .paragone-save")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "paragone-save";
    button.setAttribute("aria-label", place.matches("table") ? "Save as CSV" : "Save as PNG");
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      save(place);
    });
    host.classList.add("paragone-saved");
    host.append(button);
  }

  const text = (node) => node?.textContent.trim().replace(/\s+/g, " ") ?? "";
  const title = (place) =>
    text(place.querySelector("figcaption, caption")) || text(place.closest(":has(h2, h3, .pv-caption)")?.querySelector("h2, h3, .pv-caption"));
  const named = (place, kind) =>
    `${title(place).replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "paragone"}.${kind}`;

  window.paragoneGive = give; // A page may have other files to save.

  // What a spreadsheet would take for a formula is a text; numbers stay numbers.
  const harmless = (cell) => (/^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell);

  function give(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  async function save(place) {
    if (place.matches("table")) {
      const cell = (one) => `"${harmless(text(one)).replaceAll('"', '""')}"`;
      const rows = [...place.rows].map((row) => [...row.cells].map(cell).join(","));
      return give(new Blob([`\ufeff${rows.join("\r\n")}\r\n`], { type: CSV }), named(place, "csv"));
    }
    const canvas = await plot(place);
    canvas.toBlob((blob) => give(blob, named(place, "png")));
  }

  async function plot(figure) {
    const svg = figure.querySelector("svg"), copy = svg.cloneNode(true);
    const { width, height } = svg.getBoundingClientRect();
    const drawn = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
    drawn.forEach((one, i) => {
      const style = getComputedStyle(one);
      for (const name of [...STYLES, ...TYPE]) copies[i].style.setProperty(name, style.getPropertyValue(name));
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
    await image.decode();
    const head = title(figure) ? 24 : 0, canvas = document.createElement("canvas");
    canvas.width = width * SCALE;
    canvas.height = (height + head) * SCALE;
    const pen = canvas.getContext("2d"), look = getComputedStyle(document.body);
    pen.scale(SCALE, SCALE);
    pen.fillStyle = look.backgroundColor;
    pen.fillRect(0, 0, width, height + head);
    pen.fillStyle = look.color;
    pen.font = `600 13px ${look.fontFamily}`;
    pen.textAlign = "center";
    pen.fillText(title(figure), width / 2, 17, width);
    pen.drawImage(image, 0, head, width, height);
    return canvas;
  }
})();
