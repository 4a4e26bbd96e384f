// Choosing several rows. Inside [data-bulk] the checkboxes named "ref" count;
// [data-bulk-bar] appears with the first one, [data-bulk-count] shows how many;
// Shift and a click choose a stretch; x chooses the row that has the focus;
// [data-bulk-clear] lets go of all.
import { onContent, all } from "./content.js";
import { typing } from "./hotkeys.js";

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

document.addEventListener("keydown", (e) => {
  if (e.key !== "x" || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.body.dataset.singleKeys === "off") return;
  const box = e.target instanceof Element && e.target.closest("[data-bulk] li")?.querySelector('input[name="ref"]');
  if (box) {
    e.preventDefault();
    box.click();
  }
});

onContent((root) => {
  for (const area of all(root, "[data-bulk]")) renew(area);
});
