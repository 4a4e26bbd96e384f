// Moving in a list. <ul role="listbox" data-list-nav> with <li role="option"
// data-href="…" tabindex="-1">: j k and the arrows move the focus, Home and
// End go to the ends, Enter and click open, x selects for the bulk bar. With
// data-list-nav="page", j and k also work while the focus is elsewhere. The
// row that was left with a ticket open is where the focus comes back to. A row
// with hx-get and hx-trigger="open" opens beside the list, others go there.
import { onContent, all } from "./content.js";
import { typing } from "./hotkeys.js";
import { trigger } from "./htmx-glue.js";

/** @param {Element} list */
const rows = (list) => /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[role="option"]')]);

/** @param {HTMLElement[]} list @param {HTMLElement} row */
function focusRow(list, row) {
  for (const r of list) r.tabIndex = r === row ? 0 : -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** @param {Element} list */
function current(list) {
  const r = rows(list);
  return r.find((x) => x === document.activeElement) ?? r.find((x) => x.tabIndex === 0) ?? r[0];
}

const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.querySelector("dialog[open]")) return;
  const inside = e.target instanceof Element && e.target.closest("[data-list-nav]");
  const list = inside || document.querySelector('[data-list-nav="page"]');
  const letter = e.key === "j" || e.key === "k";
  if (!list || (!inside && !letter) || (letter && document.body.dataset.singleKeys === "off")) return;
  if (inside && e.key === "Enter") {
    const row = e.target.closest('[role="option"]');
    if (row) {
      e.preventDefault();
      open(row);
    }
    return;
  }
  const step = steps[e.key];
  const r = rows(list);
  if (!step || r.length === 0) return;
  e.preventDefault();
  const at = r.indexOf(current(list));
  const started = inside || r.includes(document.activeElement);
  const next = started ? Math.min(r.length - 1, Math.max(0, at + step)) : Math.max(at, 0);
  focusRow(r, r[next]);
});

/** @param {HTMLElement} row */
function open(row) {
  if (row.hasAttribute("hx-get")) {
    for (const r of rows(row.closest("[data-list-nav]"))) r.setAttribute("aria-selected", String(r === row));
    trigger(row, "open");
  } else if (row.dataset.href) location.assign(row.dataset.href);
}

for (const name of ["click", "auxclick"]) {
  document.addEventListener(name, (e) => {
    if (!(e.target instanceof Element) || e.button > 1 || e.target.closest("a, button, input, label")) return;
    const row = e.target.closest('[data-list-nav] [role="option"]');
    if (!(row instanceof HTMLElement)) return;
    if (e.button === 1 || e.ctrlKey || e.metaKey) {
      window.open(row.dataset.href, "_blank", "noopener");
      return;
    }
    focusRow(rows(row.closest("[data-list-nav]")), row);
    open(row);
  });
}

// Exactly one row can be reached by Tab.
onContent((root) => {
  for (const list of all(root, "[data-list-nav]")) {
    const r = rows(list);
    if (r.length && !r.some((x) => x.tabIndex === 0)) (r.find((x) => x.getAttribute("aria-selected") === "true") ?? r[0]).tabIndex = 0;
  }
});

// Escape leaves the open ticket for its row in the list.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || e.defaultPrevented || document.querySelector("dialog[open]")) return;
  const list = document.querySelector("[data-list-nav]");
  if (!list || (e.target instanceof Element && list.contains(e.target))) return;
  const row = list.querySelector('[aria-selected="true"]') ?? current(list);
  if (row instanceof HTMLElement) focusRow(rows(list), row);
});
