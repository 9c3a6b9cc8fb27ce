// The people of the gallery: a grid with a search field, and the photos of whom one opens. What is
// corrected goes to the server as one act; thumbnails are fetched as they come into view.
const { say } = window.paragoneWords;
const key = (name) => name.normalize("NFKC").toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
const make = (tag, attributes = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...inside);
  return made;
};
const button = (text, attributes) => make("button", { type: "button", ...attributes }, text);
const size = (people, photos) => {
  const values = { people: people.toLocaleString("en"), photos: photos.toLocaleString("en") };
  if (people !== 1) return say("{people} people, {photos} photos", values);
  return photos === 1 ? say("{people} person, {photos} photo", values) : say("{people} person, {photos} photos", values);
};
const photos = (n) => (n === 1 ? say("{n} photo", { n }) : say("{n} photos", { n }));
let drawn = "";
let wanted = null; // What to do in a person who is being opened: tick photos, fill a field.
let search = "";
let focus = "";
let left = ""; // Who was closed here: an answer that was on its way does not open them again.
let covers = {};

// --- everybody ------------------------------------------------------------------------------------

const waiting = new Set();
let timer = 0;
const ask = () => {
  const people = [...waiting].slice(0, 100);
  people.forEach((name) => waiting.delete(name));
  if (people.length) trigger("covers", { people });
};
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting || entry.target.dataset.asked) continue;
    entry.target.dataset.asked = "1";
    waiting.add(entry.target.dataset.person);
  }
  clearTimeout(timer);
  timer = setTimeout(ask, 60);
}, { rootMargin: "300px" });
window.addEventListener("paragone-covers", (event) => {
  covers = { ...covers, ...event.detail };
  element.querySelectorAll("[data-person]").forEach((cell) => {
    const uri = covers[cell.dataset.person];
    const picture = cell.querySelector("img");
    if (uri && picture.src !== uri) picture.src = uri;
  });
  ask();
});
const filter = () => {
  const sought = key(search.trim());
  let left = 0;
  element.querySelectorAll("[data-person]").forEach((cell) => {
    cell.hidden = !cell.dataset.key.includes(sought);
    left += cell.hidden ? 0 : 1;
  });
  const count = element.querySelector("[data-count]");
  if (count) count.textContent = sought ? say("{n} of {total} people", { n: left, total: (props.value || {}).people.length }) : "";
};
const cell = ([name, n]) => {
  const picture = make("img", { alt: "", src: covers[name], loading: "lazy" });
  const made = button("", { class: "fp-person", "data-person": name, "data-key": key(name), title: name });
  made.append(picture, make("b", {}, name), make("small", {}, photos(n)));
  seen.observe(made);
  return made;
};
const everybody = (v) => {
  const total = v.people.length + v.more;
  const all = v.people.reduce((sum, [, n]) => sum + n, 0);
  const head = make("div", { class: "fp-head" }, make("h2", {}, size(total, all)),
    make("input", { type: "search", placeholder: "Search a name", "aria-label": "Search a name", "data-search": true, value: search }),
    make("span", { class: "fp-quiet", role: "status", "data-count": true }));
  const empty = make("div", { class: "pv-empty" }, "Nobody is enrolled. Bring a folder below, or give a face a name under “Who is this?”.");
  const grid = make("div", { class: "fp-grid", "data-grid": true }, ...v.people.map(cell));
  const more = v.more ? [make("p", { class: "pv-note" }, say("Only the first {n} are shown. Type the whole name of somebody else, and Enter.", { n: v.people.length.toLocaleString("en") }))] : [];
  return [head, ...(total ? [grid] : [empty]), ...more];
};

// --- one person -----------------------------------------------------------------------------------

const field = (name, label, value = "") => make("input", { name, value, list: "fp-names", maxlength: 80, autocomplete: "off", placeholder: label, "aria-label": label });
const ticked = () => [...element.querySelectorAll('[data-photo][aria-pressed="true"]')].map((one) => one.dataset.photo);
const known = (name) => (props.value.people.find(([one]) => key(one) === key(name.trim())) || [])[0];
const tell = () => {
  const n = ticked().length;
  const bar = element.querySelector("[data-form=move]");
  bar.querySelector("[data-ticked]").textContent = n ? say("{n} ticked", { n }) : "Tick photos to move or delete them.";
  bar.querySelectorAll("[data-needs]").forEach((one) => (one.disabled = !n));
  bar.elements.to.disabled = !n;
};
const offerMerge = () => {
  const form = element.querySelector("[data-form=merge]");
  const other = known(form.elements.other.value);
  const place = form.querySelector("[data-stays]");
  const mine = props.value.open.person;
  const choice = (name, checked) => make("label", {}, make("input", { type: "radio", name: "stays", value: name, checked }), name);
  if (!other || other === mine) place.replaceChildren();
  else if (place.dataset.other !== other) place.replaceChildren(make("span", {}, "The name that stays:"), choice(mine, true), choice(other, false));
  place.dataset.other = other && other !== mine ? other : "";
  form.querySelector("button").disabled = !place.dataset.other;
};
const person = ({ person: name, photos: all, more }) => {
  const form = (kind, ...inside) => make("form", { "data-form": kind, class: "fp-form" }, ...inside);
  const chip = ([id, label, uri]) => make("button", { type: "button", class: "fp-photo", "data-photo": id, "aria-pressed": "false", title: label, "aria-label": label }, make("img", { src: uri, alt: "", loading: "lazy" }), make("small", {}, label));
  const rest = more ? [make("p", { class: "pv-note" }, say("{n} more photos are not shown.", { n: more.toLocaleString("en") }))] : [];
  return [
    make("div", { class: "fp-head" }, button("‹ Everybody", { "data-back": true }), make("h2", {}, name), make("span", { class: "fp-quiet" }, photos(all.length + more)), button("Delete this person", { "data-delete": true, class: "fp-stop" })),
    make("div", { class: "fp-forms" },
      form("rename", field("name", "New name", name), make("button", {}, "Rename")),
      form("merge", field("other", "The same person as…"), make("span", { "data-stays": true }), make("button", { disabled: true }, "Merge"))),
    make("div", { class: "fp-photos", role: "group", "aria-label": "Photos" }, ...all.map(chip)), ...rest,
    form("move", make("span", { "data-ticked": true, role: "status" }), field("to", "Move to: a name"), make("button", { "data-needs": true }, "Move"), button("Delete the ticked photos", { "data-needs": true, "data-drop": true, class: "fp-stop" })),
  ];
};
const prepare = () => {
  if (wanted?.person === props.value.open.person) {
    element.querySelectorAll("[data-photo]").forEach((one) => one.setAttribute("aria-pressed", String((wanted.ids || []).includes(one.dataset.photo))));
    if (wanted.to) element.querySelector("[name=to]").value = wanted.to;
    if (wanted.merge) element.querySelector("[name=other]").value = wanted.merge;
    wanted = null;
    element.scrollIntoView({ block: "start" });
  }
  tell();
  offerMerge();
};

// --- drawing, and what is done --------------------------------------------------------------------

// Where an element is found again after all was drawn anew.
const MARKS = ["data-person", "data-photo", "data-back", "data-undo", "data-delete", "data-drop", "data-search", "name"];
const place = (node) => {
  const mark = MARKS.find((one) => node.hasAttribute(one));
  return mark ? `[${mark}="${CSS.escape(node.getAttribute(mark))}"]` : "";
};
const draw = () => {
  if (left && props.value?.open?.person === left) props.value = { ...props.value, open: null };
  const v = props.value || {};
  const now = JSON.stringify(v);
  if ((now === drawn && element.querySelector(".fp").firstChild) || !v.people) return;
  drawn = now;
  seen.disconnect();
  waiting.clear();
  const undo = v.undo ? [button(say("Undo: {what}", { what: v.undo }), { class: "fp-undo", "data-undo": true })] : [];
  const names = make("datalist", { id: "fp-names" }, ...v.people.slice(0, 2000).map(([name]) => make("option", { value: name })));
  const root = element.querySelector(".fp");
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const [held, typed] = [active && !focus ? place(active) : "", active?.value];
  root.replaceChildren(...undo, ...(v.open ? person(v.open) : everybody(v)), names);
  if (v.open) prepare();
  else filter();
  const again = focus || held ? element.querySelector(focus || held) : null;
  again?.focus();
  if (held && again?.matches("input[name]") && !again.disabled) again.value = typed;
  focus = "";
};
const act = (verb, more = {}) => trigger("act", { verb, person: props.value.open?.person || "", name: "", ids: [], ...more });
const open = (name, then = {}) => {
  wanted = { person: name, ...then };
  left = "";
  focus = "[data-back]";
  trigger("open", { person: name });
};
const back = () => {
  const name = props.value.open.person;
  left = name;
  focus = `[data-person="${CSS.escape(name)}"]`;
  props.value = { ...props.value, open: null };
  trigger("close", {});
  draw();
};
window.addEventListener("paragone-open-person", (event) => open(event.detail.person, event.detail));
element.addEventListener("input", (event) => {
  if (event.target.matches("[data-search]")) search = event.target.value;
  if (event.target.matches("[data-search]")) filter();
  if (event.target.name === "other") offerMerge();
});
element.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("[data-person]")) return open(at("[data-person]").dataset.person);
  if (at("[data-back]")) return back();
  if (at("[data-undo]")) return act("undo");
  if (at("[data-delete]")) return act("delete");
  if (at("[data-drop]")) return act("delete", { ids: ticked() });
  const photo = at("[data-photo]");
  if (!photo) return;
  photo.setAttribute("aria-pressed", photo.getAttribute("aria-pressed") !== "true");
  tell();
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const kind = form.dataset.form;
  const mine = props.value.open.person;
  if (kind === "rename") act("rename", { name: form.elements.name.value });
  if (kind === "move") act("move", { ids: ticked(), name: form.elements.to.value });
  if (kind !== "merge") return;
  const other = form.querySelector("[data-stays]").dataset.other;
  const stays = form.elements.stays.value;
  act("merge", { person: stays === mine ? other : mine, name: stays });
});
element.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input");
  if (event.key === "Escape" && props.value.open) return back();
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && !typing) return act("undo");
  if (event.key === "Enter" && event.target.matches("[data-search]")) {
    const first = element.querySelector("[data-person]:not([hidden])");
    return open(known(search) || first?.dataset.person || search);
  }
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up" }[event.key];
  const from = event.target.closest("[data-person], [data-photo]");
  if (!step || !from) return;
  const all = [...from.parentElement.children].filter((one) => !one.hidden);
  const across = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
  const by = step === "down" ? across : step === "up" ? -across : step;
  all[all.indexOf(from) + by]?.focus();
  event.preventDefault();
});
draw();
watch("value", draw);
