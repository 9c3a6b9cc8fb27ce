// A plot with axes, as SVG in a figure. A page's own script comes after this one.
const W = 300, H = 190, L = 40, B = 26, T = 10, R = 10;
const X = (share) => L + share * (W - L - R);
const Y = (share) => H - B - Math.min(1.03, Math.max(0, share)) * (H - B - T);
const path = (points, x = X, y = Y) => points.map(([u, v], i) => (i ? "L" : "M") + x(u).toFixed(1) + " " + y(v).toFixed(1)).join("");
const percent = (p) => {
  if (p === 0 || p === 1) return 100 * p + " %";
  if (p > 0.99) return Math.min(99.9999, 100 * p).toFixed(p > 0.9999 ? 4 : 2) + " %";
  return (p >= 0.0995 ? (100 * p).toFixed(1) : p >= 0.00995 ? (100 * p).toFixed(2) : (100 * p).toPrecision(2)) + " %";
};
// Ticks are [share of the axis, text]; `foot` comes below the drawing.
const plot = ({ title, label = title, xTitle, yTitle, xTicks, yTicks, body, foot = "" }) => `
  <figure class="pv-plot"><figcaption>${title}</figcaption>
  <svg viewBox="0 0 ${W} ${H}" role="img" aria-label="${label}">
    ${xTicks.map(([u, text]) => `<line class="pv-grid" x1="${X(u)}" x2="${X(u)}" y1="${T}" y2="${H - B}"/><text x="${X(u)}" y="${H - B + 11}" text-anchor="middle">${text}</text>`).join("")}
    ${yTicks.map(([u, text]) => `<line class="pv-grid" x1="${L}" x2="${W - R}" y1="${Y(u)}" y2="${Y(u)}"/><text x="${L - 3}" y="${Y(u) + 3}" text-anchor="end">${text}</text>`).join("")}
    ${body}
    <text class="pv-axis" x="${(L + W - R) / 2}" y="${H - 3}" text-anchor="middle">${xTitle}</text>
    <text class="pv-axis" transform="translate(9 ${(T + H - B) / 2}) rotate(-90)" text-anchor="middle">${yTitle}</text>
  </svg>${foot}</figure>`;
