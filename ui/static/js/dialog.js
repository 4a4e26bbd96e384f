// Dialogs. <button data-dialog="#id"> opens a <dialog>, at the field data-focus
// names; one that stands in another dialog leaves that; [data-close] closes it;
// a click beside it too. What a dialog's form did is told by an HX-Trigger
// "dialog-done", which closes it. Focus goes back by itself.
/** Enter is held down. */
let held = false;
document.addEventListener("keydown", (e) => (held = e.isTrusted && e.key === "Enter"), true);
document.addEventListener("keyup", () => (held = false), true);

/**
 * Opens a dialog. Enter that pressed the link to it has one more effect to come, on
 * what has the focus by then: the dialog's closing button, which it must not press.
 * @param {HTMLDialogElement} box @param {string} [field] selector of what gets the focus
 */
export function openModal(box, field) {
  if (box.open) return;
  box.showModal();
  const first = field && box.querySelector(field);
  if (first instanceof HTMLElement) first.focus();
  if (!held) return;
  const swallow = (/** @type {Event} */ e) => e.preventDefault();
  document.addEventListener("keypress", swallow, true);
  document.addEventListener("keyup", () => document.removeEventListener("keypress", swallow, true), { once: true, capture: true });
}

document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element)) return;
  const opener = e.target.closest("[data-dialog]");
  if (opener) {
    const box = document.querySelector(opener.dataset.dialog);
    if (box instanceof HTMLDialogElement && !box.open) {
      e.preventDefault();
      opener.closest("dialog")?.close();
      opener.closest("details.account")?.removeAttribute("open");
      openModal(box, opener.dataset.focus);
    }
    return;
  }
  if (e.target.closest("dialog [data-close]")) {
    e.preventDefault(); // without scripts it is a link away
    e.target.closest("dialog")?.close();
    return;
  }
  if (e.target instanceof HTMLDialogElement && e.target.open) {
    const r = e.target.getBoundingClientRect();
    const outside = e.clientX < r.left || e.clientX > r.right || e.clientY < r.top || e.clientY > r.bottom;
    if (outside) e.target.close();
  }
});

document.addEventListener("dialog-done", () => {
  for (const box of document.querySelectorAll("dialog[open]")) box.close();
});

// A dialog that arrives through htmx opens at once and is gone when closed.
document.addEventListener("htmx:load", (e) => {
  const box = e.detail.elt;
  if (box instanceof HTMLDialogElement && box.hasAttribute("data-arrives") && !box.open) {
    box.showModal();
    box.addEventListener("close", () => box.remove(), { once: true });
  }
});

// A page that was asked for with a dialog open shows it above the page.
for (const box of document.querySelectorAll("dialog[open]")) {
  box.close();
  box.showModal();
}
