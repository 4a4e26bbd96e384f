// Keys. <a|button|input data-key="r"> is pressed (or focused) by its key while
// nobody is typing. Accounts may switch single letters off
// (<body data-single-keys="off">, WCAG 2.1.4): then they work with Alt.
// data-key="ctrl+enter" works while typing, within the same form.
// ? opens the list of the keys that work on the page.

/** Whether the element takes typed text. @param {EventTarget|null} t */
export function typing(t) {
  return t instanceof HTMLElement && (t.isContentEditable || t.matches("input:not([type=checkbox],[type=radio],[type=button],[type=submit]), textarea, select"));
}

function letterAllowed(e) {
  const off = document.body.dataset.singleKeys === "off";
  return !e.ctrlKey && !e.metaKey && e.altKey === off;
}

/** @param {HTMLElement} e */
const shown = (e) => e.checkVisibility?.() ?? e.offsetParent !== null;

/** @param {HTMLElement} target */
function press(target) {
  if (target.matches("input, textarea, select")) {
    target.focus();
    return;
  }
  target.click();
}

/** @param {string} key */
function find(key) {
  const open = document.querySelector("dialog[open]") ?? document;
  return [...open.querySelectorAll("[data-key]")].find((e) => e.dataset.key.split(" ").includes(key) && shown(e) && !e.disabled);
}

function chord(e) {
  if (!(e.ctrlKey || e.metaKey) || e.key !== "Enter") return false;
  const form = e.target instanceof Element && e.target.closest("form");
  const key = e.shiftKey ? "ctrl+shift+enter" : "ctrl+enter";
  const button = form && [...form.querySelectorAll(`[data-key="${key}"]`)].find((b) => !b.disabled && shown(b));
  if (!button) return false;
  button.click();
  return true;
}

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.isComposing) return;
  if (chord(e)) {
    e.preventDefault();
    return;
  }
  if (typing(e.target) || !letterAllowed(e) || e.key.length !== 1) return;
  const key = e.key === "?" ? "?" : (e.shiftKey && e.key !== e.key.toLowerCase() ? "shift+" : "") + e.key.toLowerCase();
  const target = find(key);
  if (target) {
    e.preventDefault();
    press(target);
  } else if (key === "?") {
    e.preventDefault();
    sheet();
  }
});

/** The list of keys, made from what the page has. */
function sheet() {
  const box = /** @type {HTMLDialogElement|null} */ (document.querySelector("#keys"));
  if (!box) return;
  const list = box.querySelector("[data-keys]");
  list.replaceChildren();
  for (const e of document.querySelectorAll("[data-key]")) {
    if (!shown(e)) continue;
    const name = e.getAttribute("aria-label") || e.dataset.keyName || [...e.childNodes].filter((n) => !n.matches?.(".kbd")).map((n) => n.textContent.trim()).join(" ").trim();
    if (!name) continue;
    const row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
    kbd.className = "kbd";
    kbd.textContent = e.dataset.key.split(" ")[0].toUpperCase().replaceAll("+", " ");
    dt.append(kbd);
    dd.textContent = name;
    row.append(dt, dd);
    list.append(row);
  }
  box.showModal();
}
