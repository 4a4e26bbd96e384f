// Moving in a list. <ul data-list-nav> holds <a data-row href="…">, one a line:
// j k and the arrows move the focus, Home and End go to the ends, Enter and
// click open. With data-list-nav="page", j and k also work while the focus is
// elsewhere; accounts that switched single letters off press them with Alt. The row that was left with a ticket open is where the focus comes
// back to. A row with hx-get and hx-trigger="open" opens beside the list while
// there is room for it; otherwise, and without scripts, it is a link.
import { onContent, all } from "./content.js";
import { typing } from "./hotkeys.js";
import { trigger } from "./htmx-glue.js";

/** @param {Element} list */
const rows = (list) => /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[data-row]")]);

/** @param {HTMLElement[]} list @param {HTMLElement} row */
function focusRow(list, row) {
  for (const r of list) r.tabIndex = r === row ? 0 : -1;
  row.focus({ preventScroll: true });
  (row.closest("li") ?? row).scrollIntoView({ block: "nearest" });
}

/** @param {Element} list */
function current(list) {
  const r = rows(list);
  return r.find((x) => x === document.activeElement) ?? r.find((x) => x.tabIndex === 0) ?? r[0];
}

const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || typing(e.target) || document.querySelector("dialog:modal")) return;
  const inside = e.target instanceof Element && e.target.closest("[data-list-nav]");
  const list = inside || document.querySelector('[data-list-nav="page"]');
  const letter = e.key === "j" || e.key === "k";
  if (!list || (!inside && !letter) || e.altKey !== (letter && document.body.dataset.singleKeys === "off")) return;
  const step = steps[e.key];
  const r = rows(list);
  if (!step || r.length === 0) return;
  e.preventDefault();
  const at = r.indexOf(current(list));
  const started = inside || r.includes(document.activeElement);
  focusRow(r, r[started ? Math.min(r.length - 1, Math.max(0, at + step)) : Math.max(at, 0)]);
});

/** @param {HTMLElement} row */
function open(row) {
  const list = row.closest("[data-list-nav]");
  for (const r of rows(list)) {
    r.closest("li")?.classList.toggle("row--open", r === row);
    if (r === row) r.setAttribute("aria-current", "true");
    else r.removeAttribute("aria-current");
  }
  row.closest("li")?.classList.remove("row--unread");
  trigger(row, "open");
}

// Enter on a link is a click too.
document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element) || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
  const row = e.target.closest("[data-list-nav] [data-row]");
  if (!(row instanceof HTMLElement)) return;
  const pane = document.querySelector(row.getAttribute("hx-target") ?? "#none");
  if (!pane || !(pane.checkVisibility?.() ?? true)) return;
  e.preventDefault();
  focusRow(rows(row.closest("[data-list-nav]")), row);
  open(row);
});

// Exactly one row is a stop for Tab.
onContent((root) => {
  const lists = new Set(all(root, "[data-list-nav]"));
  const around = root instanceof Element && root.closest("[data-list-nav]");
  if (around) lists.add(around);
  for (const list of lists) {
    const r = rows(list);
    const stop = r.find((x) => x === document.activeElement) ?? r.find((x) => x.getAttribute("aria-current") === "true") ?? r[0];
    for (const x of r) x.tabIndex = x === stop ? 0 : -1;
  }
});

// Escape leaves the open ticket for its row in the list.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || e.defaultPrevented || document.querySelector("dialog:modal")) return;
  const list = document.querySelector("[data-list-nav]");
  if (!list || (e.target instanceof Element && list.contains(e.target))) return;
  const row = list.querySelector('[aria-current="true"]') ?? current(list);
  if (!(row instanceof HTMLElement)) return;
  e.preventDefault();
  focusRow(rows(list), row);
});
