"use strict";
// Makes a report explorable; without it the same page can be read and printed. Loads nothing.
document.documentElement.classList.add("js");
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, attributes = {}, text = "") => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
};
const words = (element) => (element ? element.textContent.trim() : "");

// Tables sort by a click on a header.
const number = (text) => parseFloat(text.replace(/^<= /, "").replace(/,/g, ""));
const order = (a, b) => {
  const [x, y] = [number(a), number(b)];
  if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y) || a.localeCompare(b);
  return x - y;
};
for (const table of all("table.sortable"))
  all("th", table).forEach((head, column) => {
    const button = make("button", { type: "button", title: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of all("th", table)) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => words(row.cells[column]);
      const rows = [...table.tBodies[0].rows].sort((a, b) => (up ? 1 : -1) * order(key(a), key(b)));
      table.tBodies[0].append(...rows);
    });
  });

// What can be filtered: rows of tables whose first column is the benchmark, and figures.
const items = [];
for (const table of all("table.sortable")) {
  const heads = all("th", table).map(words);
  if (heads[0] !== "benchmark") continue;
  const at = heads.indexOf("class");
  for (const row of table.tBodies[0].rows)
    items.push({ element: row, name: words(row.cells[0]), kind: at < 0 ? null : words(row.cells[at]) });
}
const figures = all(".figures figure");
for (const figure of figures)
  items.push({ element: figure, name: words(figure.querySelector("h3")), kind: figure.dataset.class });
const kindOf = new Map(items.filter((item) => item.kind !== null).map((item) => [item.name, item.kind]));
const labelled = (text, control) => {
  const label = make("label", {}, text);
  label.append(control);
  return label;
};
const choice = (first, values) => {
  const select = make("select");
  select.append(make("option", { value: "" }, first));
  for (const value of values) select.append(make("option", { value }, value));
  return select;
};
if (items.length) {
  const bar = make("div", { class: "bar", role: "search", "aria-label": "filter benchmarks" });
  const search = make("input", { type: "search", placeholder: "part of a name" });
  const kinds = choice("all", [...new Set(kindOf.values())].filter(Boolean).sort());
  const fans = [...new Set(all("[id*='-fan-']").map((fan) => fan.id.split("-fan-")[1]))];
  const level = choice("all", fans.sort((a, b) => a - b));
  for (const option of all("option", level).slice(1)) option.textContent += " %";
  const told = make("output", { role: "status", "aria-live": "polite" });
  bar.append(labelled("benchmark", search), labelled("class", kinds));
  if (fans.length) bar.append(labelled("intervals", level));
  bar.append(told);
  const apply = () => {
    const part = search.value.trim().toLowerCase();
    const shown = new Set();
    for (const { element, name, kind } of items) {
      const fits = name.toLowerCase().includes(part) && (!kinds.value || (kind ?? kindOf.get(name)) === kinds.value);
      element.hidden = !fits;
      if (fits && kindOf.get(name)) shown.add(name);
    }
    told.textContent = `${shown.size} of ${[...kindOf.values()].filter(Boolean).length} benchmarks`;
  };
  const fade = () => {
    for (const fan of all("[id*='-fan-']"))
      fan.style.display = !level.value || fan.id.endsWith(`-fan-${level.value}`) ? "" : "none";
  };
  search.addEventListener("input", apply);
  kinds.addEventListener("change", apply);
  level.addEventListener("change", fade);
  document.querySelector("h1").after(bar);
  apply();
}

// Values on hover or focus.
const tip = make("div", { class: "tip", role: "status", hidden: "" });
document.body.append(tip);
for (const mark of all(".v")) {
  const title = mark.querySelector("title");
  mark.dataset.value = title.textContent;
  mark.setAttribute("aria-label", title.textContent);
  title.remove();
}
let lit = null;
const show = (mark) => {
  if (lit) lit.classList.remove("on");
  lit = mark;
  tip.hidden = !mark;
  if (!mark) return;
  mark.classList.add("on");
  (mark.closest("dialog") || document.body).append(tip);
  tip.textContent = mark.dataset.value;
  const box = mark.getBoundingClientRect();
  const right = innerWidth - tip.offsetWidth - 8;
  tip.style.left = `${Math.max(8, Math.min(box.left + box.width / 2 - tip.offsetWidth / 2, right))}px`;
  tip.style.top = `${box.top > 48 ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`;
};
const nearest = (drawing, x, y) => {
  let best = null, least = 24;
  for (const mark of all(".v", drawing)) {
    const box = mark.getBoundingClientRect();
    const away = Math.hypot(box.left + box.width / 2 - x, box.top + box.height / 2 - y);
    if (away < least) [best, least] = [mark, away];
  }
  return best;
};
addEventListener("pointermove", (event) => {
  const drawing = event.target.closest?.("figure svg, dialog svg");
  show(drawing ? nearest(drawing, event.clientX, event.clientY) : null);
});
addEventListener("focusin", (event) => show(event.target.closest?.(".v") ?? null));
addEventListener("scroll", () => show(null), { passive: true });

// One benchmark large.
const dialog = make("dialog", { "aria-labelledby": "large" });
let current = 0;
const enlarge = (at) => {
  const visible = figures.filter((figure) => !figure.hidden);
  if (!visible.length) return;
  current = (at + visible.length) % visible.length;
  const figure = visible[current];
  const drawing = figure.querySelector("svg").cloneNode(true);
  drawing.style.cssText = "width:100%;height:auto;max-height:74vh";
  for (const mark of all(".v", drawing)) mark.setAttribute("tabindex", "0");
  const title = make("h3", { id: "large" }, words(figure.querySelector("h3")));
  const buttons = make("menu");
  for (const [text, action] of [["previous", () => enlarge(current - 1)], ["next", () => enlarge(current + 1)], ["close", () => dialog.close()]]) {
    const button = make("button", { type: "button", ...(text === "close" && { autofocus: "" }) }, text);
    button.addEventListener("click", action);
    buttons.append(button);
  }
  show(null);
  dialog.replaceChildren(title, make("p", { class: "note" }, words(figure.querySelector("figcaption"))), drawing, buttons);
  if (!dialog.open) dialog.showModal();
};
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") enlarge(current + 1);
  if (event.key === "ArrowLeft") enlarge(current - 1);
});
document.body.append(dialog);
for (const figure of figures) {
  const open = () => enlarge(figures.filter((other) => !other.hidden).indexOf(figure));
  const button = make("button", { type: "button", class: "zoom", "aria-label": `enlarge ${words(figure.querySelector("h3"))}` }, "enlarge");
  button.addEventListener("click", open);
  figure.querySelector("svg").addEventListener("click", open);
  figure.prepend(button);
}
