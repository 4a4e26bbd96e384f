// Choosing several rows. Inside [data-bulk] the checkboxes named "ref" count;
// [data-bulk-bar] appears with the first one, [data-bulk-count] shows how many;
// Shift and a click choose a stretch; x chooses the row that has the focus, and
// Shift with j or k the next one too; [data-bulk-clear] lets go of all.
// Many at once are sent in portions: #bulk-progress shows how far it is, what
// became of each ticket, and takes back what can be taken back.
import { onContent, all, word } from "./content.js";
import { typing } from "./hotkeys.js";
import { toast } from "./toast.js";

/** @type {HTMLInputElement|null} */
let last = null;

/** @param {Element} area */
const boxes = (area) => /** @type {HTMLInputElement[]} */ ([...area.querySelectorAll('input[type=checkbox][name="ref"]')]);

/** @param {Element} area */
function renew(area) {
  const n = boxes(area).filter((b) => b.checked).length;
  for (const bar of area.querySelectorAll("[data-bulk-bar]")) bar.hidden = n === 0;
  for (const count of area.querySelectorAll("[data-bulk-count]")) count.textContent = String(n);
}

document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element)) return;
  const area = e.target.closest("[data-bulk]");
  if (!area) return;
  if (e.target.closest("[data-bulk-clear]")) {
    for (const b of boxes(area)) b.checked = false;
    renew(area);
    return;
  }
  if (!(e.target instanceof HTMLInputElement) || e.target.name !== "ref") return;
  if (e.shiftKey && last && area.contains(last)) {
    const list = boxes(area);
    const [a, b] = [list.indexOf(last), list.indexOf(e.target)].sort((x, y) => x - y);
    for (const box of list.slice(a, b + 1)) box.checked = e.target.checked;
  }
  last = e.target;
  renew(area);
});

/** @param {Element|null|undefined} row */
const boxOf = (row) => /** @type {HTMLInputElement|null} */ (row?.closest("[data-bulk] li")?.querySelector('input[name="ref"]') ?? null);

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || typing(e.target) || e.altKey !== (document.body.dataset.singleKeys === "off")) return;
  if (e.key === "x") {
    const box = e.target instanceof Element && boxOf(e.target);
    if (!box) return;
    e.preventDefault();
    box.click();
  } else if (e.key === "J" || e.key === "K") {
    const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-bulk] [data-row]")]);
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = rows[at + (e.key === "J" ? 1 : -1)];
    if (at < 0) return;
    e.preventDefault();
    if (!next) return;
    for (const row of [rows[at], next]) {
      const box = boxOf(row);
      if (box && !box.checked) box.click();
    }
    for (const r of rows) r.tabIndex = r === next ? 0 : -1;
    next.focus();
  }
});

// Enter in a field of the bar presses the button beside it, not the first of the form.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !(e.target instanceof HTMLInputElement) || !e.target.matches("[data-bulk-bar] .input")) return;
  e.preventDefault();
  if (e.target.value.trim()) e.target.nextElementSibling?.click();
});

const AT_ONCE = 20;

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!(form instanceof HTMLFormElement) || !form.closest("[data-bulk]") || !(e.submitter instanceof HTMLButtonElement) || e.submitter.name !== "do") return;
  const refs = boxes(form).filter((b) => b.checked).map((b) => b.value);
  const dialog = document.querySelector("#bulk-progress");
  if (refs.length <= AT_ONCE || e.submitter.value === "duplicates" || !(dialog instanceof HTMLDialogElement)) return;
  e.preventDefault();
  run(dialog, form, e.submitter.value, refs);
});

/** @param {HTMLDialogElement} dialog @param {HTMLFormElement} form @param {string} act @param {string[]} refs */
async function run(dialog, form, act, refs) {
  const part = (name) => dialog.querySelector(`[data-bulk-${name}]`);
  let stopped = false;
  part("of").textContent = String(refs.length);
  part("meter").max = refs.length;
  part("stop").onclick = () => (stopped = true);
  dialog.oncancel = (e) => (part("end").hidden ? (stopped = true, e.preventDefault()) : location.assign(part("end").href));
  dialog.showModal();
  for (let at = 0; at < refs.length && !stopped; at += AT_ONCE) {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", act);
    body.delete("ref");
    for (const ref of refs.slice(at, at + AT_ONCE)) body.append("ref", ref);
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { "HX-Request": "true", "X-CSRF-Token": body.get("_csrf") ?? "" }, body });
      if (!answer.ok) throw new Error(String(answer.status));
      const got = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const line of [...got.body.children]) part("lines").append(document.adoptNode(line));
    } catch {
      toast(word("failed"), { kind: "error" });
      stopped = true;
    }
    const n = part("lines").children.length;
    part("at").textContent = String(n);
    part("meter").value = n;
  }
  const results = /** @type {HTMLFormElement} */ (part("results"));
  const done = { mine: "assign" }[act] ?? act;
  results.elements.namedItem("do").value = done;
  part("undo").hidden = !results.querySelector('[name="item"]');
  part("undo").onclick = () => results.requestSubmit();
  part("stop").hidden = true;
  part("end").hidden = false;
  part("end").focus();
}

onContent((root) => {
  for (const area of all(root, "[data-bulk]")) renew(area);
});
