// Ready-made answers in the composer. A form with data-templates (the address of
// the list) holds a [data-ready] listbox per panel. "/" at the beginning of a line
// opens it; what is typed behind narrows it by name and first words; the arrows
// choose, Enter or Tab lays the answer in, Escape leaves the "/" as it is.
// [data-open-ready] opens it by mouse.
import { fold } from "./palette.js";
import { request } from "./htmx-glue.js";
import { toast } from "./toast.js";
import { word } from "./content.js";

const asked = /(?:^|\n)\/([^\n/]{0,40})$/;
/** The text whose list is open, and where its "/" stands. @type {{text: HTMLTextAreaElement, from: number}|null} */
let open = null;
/** Where Escape was pressed: the list stays closed there. @type {string} */
let left = "";

/** @param {HTMLTextAreaElement} t @returns {HTMLElement|null} */
const listOf = (t) => t.closest("[data-panel]")?.querySelector("[data-ready]") ?? null;

/** @param {HTMLElement} list */
const options = (list) => /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[data-template]")].filter((o) => !o.hidden));

/** @param {HTMLTextAreaElement} t @param {HTMLElement} list @param {HTMLElement|undefined} option */
function select(t, list, option) {
  for (const o of list.querySelectorAll("[data-template]")) o.setAttribute("aria-selected", String(o === option));
  if (option) {
    t.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else t.removeAttribute("aria-activedescendant");
}

/** @param {HTMLTextAreaElement} t @param {HTMLElement} list @param {string} query */
function narrow(t, list, query) {
  const words = fold(query).split(" ").filter(Boolean);
  for (const o of list.querySelectorAll("[data-template]")) {
    const text = fold(o.dataset.name + " " + o.textContent);
    o.hidden = !words.every((w) => text.includes(w));
  }
  const found = options(list);
  const none = list.querySelector("[data-none]");
  if (none) none.hidden = found.length > 0;
  select(t, list, found[0]);
}

function close() {
  if (!open) return;
  const list = listOf(open.text);
  if (list) list.hidden = true;
  open.text.removeAttribute("aria-activedescendant");
  open.text.removeAttribute("aria-controls");
  open = null;
}

/** @param {HTMLTextAreaElement} t */
async function look(t) {
  const list = listOf(t);
  const before = t.value.slice(0, t.selectionStart);
  const m = asked.exec(before);
  if (!list || !m) {
    left = "";
    return close();
  }
  const from = before.length - m[1].length - 1;
  if (left === `${t.id}:${from}`) return;
  if (open?.text !== t) close();
  open = { text: t, from };
  if (!list.dataset.loaded) {
    list.dataset.loaded = "yes";
    await request("GET", t.form.dataset.templates, { target: list, swap: "innerHTML" });
    if (!list.querySelector("[data-template]")) delete list.dataset.loaded;
    if (open?.text !== t) return;
  }
  list.hidden = false;
  t.setAttribute("aria-controls", list.id);
  narrow(t, list, asked.exec(t.value.slice(0, t.selectionStart))?.[1] ?? "");
}

/** @param {HTMLElement} option */
async function choose(option) {
  if (!open) return;
  const { text: t, from } = open;
  const to = t.selectionStart;
  close();
  try {
    const answer = await fetch(`${t.form.dataset.templates}/${option.dataset.template}`);
    if (!answer.ok) throw new Error(String(answer.status));
    t.setRangeText(await answer.text(), from, Math.max(from, to), "end");
    t.dispatchEvent(new Event("input", { bubbles: true }));
    t.focus();
  } catch {
    toast(word("failed"), { kind: "error" });
  }
}

document.addEventListener("input", (e) => {
  if (e.target instanceof HTMLTextAreaElement && e.target.form?.dataset.templates) look(e.target);
});

// Before anything else that listens to these keys: the list has them while it is open.
document.addEventListener("keydown", (e) => {
  if (!open || e.target !== open.text || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  const list = listOf(open.text);
  if (!list || list.hidden) return;
  const all = options(list);
  const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
  if (e.key === "ArrowDown" || e.key === "ArrowUp") {
    const step = e.key === "ArrowDown" ? 1 : -1;
    select(open.text, list, all[Math.min(all.length - 1, Math.max(0, at + step))]);
  } else if ((e.key === "Enter" || e.key === "Tab") && !e.shiftKey && all[at]) choose(all[at]);
  else if (e.key === "Escape") {
    left = `${open.text.id}:${open.from}`;
    close();
  } else return;
  e.preventDefault();
  e.stopImmediatePropagation();
}, true);

document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element)) return;
  const option = e.target.closest("[data-ready] [data-template]");
  if (option instanceof HTMLElement) return void choose(option);
  const button = e.target.closest(".composer [data-open-ready]");
  const t = button?.closest("[data-panel]")?.querySelector("textarea");
  if (t) {
    left = "";
    const before = t.value.slice(0, t.selectionStart);
    if (!asked.test(before)) t.setRangeText(before === "" || before.endsWith("\n") ? "/" : "\n/", t.selectionStart, t.selectionEnd, "end");
    t.focus();
    t.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (open && !e.target.closest(".composer")) close();
});

document.addEventListener("focusout", (e) => {
  // A press on an option takes the focus away for a moment.
  if (open && e.target === open.text) setTimeout(() => open && document.activeElement !== open.text && !document.activeElement?.closest(".composer") && close(), 200);
});
