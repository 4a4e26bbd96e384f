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

/**
 * Whether a control is there to be pressed: it is seen, or stands in a menu that
 * is closed but seen.
 * @param {Element} e
 */
export function shown(e) {
  if (e.checkVisibility?.() ?? e.offsetParent !== null) return true;
  const menu = e.parentElement?.closest("details:not([open])");
  return !!menu && !e.closest("[hidden]") && shown(menu);
}

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

/** @param {string} key as in data-key @returns {string} as on the keyboard */
function named(key) {
  const letter = key.length === 1 || key.startsWith("shift+");
  const alt = letter && key !== "?" && document.body.dataset.singleKeys === "off" ? "ALT " : "";
  return alt + key.toUpperCase().replaceAll("+", " ");
}

/** @param {Element} list @param {string[]} keys @param {string} name */
function line(list, keys, name) {
  const row = document.createElement("div"), dt = document.createElement("dt"), dd = document.createElement("dd");
  for (const key of keys) {
    const kbd = document.createElement("kbd");
    kbd.className = "kbd";
    kbd.dataset.pressed = key;
    kbd.textContent = named(key);
    dt.append(kbd);
  }
  dd.textContent = name;
  row.append(dt, dd);
  list.append(row);
}

/**
 * The list of keys, made from what the page has: its controls with data-key, and
 * of the keys of lists, pictures and texts (data-keys-when, a selector) those
 * whose things are there.
 */
function sheet() {
  const box = /** @type {HTMLDialogElement|null} */ (document.querySelector("#keys"));
  if (!box) return;
  const list = box.querySelector("[data-keys]");
  list.replaceChildren();
  const seen = new Set();
  for (const e of document.querySelectorAll("[data-key]")) {
    const key = e.dataset.key.split(" ")[0];
    if (!shown(e) || e.disabled || seen.has(key)) continue;
    const name = e.getAttribute("aria-label") || e.dataset.keyName || e.dataset.command || [...e.childNodes].filter((n) => !n.matches?.(".kbd, svg")).map((n) => n.textContent.trim()).join(" ").trim();
    if (!name) continue;
    seen.add(key);
    line(list, [key], name);
  }
  for (const e of box.querySelectorAll("[data-keys-when]")) {
    if ([...document.querySelectorAll(e.dataset.keysWhen)].some((x) => shown(x))) line(list, e.dataset.keysAre.split(" "), e.textContent);
  }
  box.showModal();
}
