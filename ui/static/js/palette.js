// The command palette: <dialog id="palette" data-search="/agent/search"> with
// an input role=combobox and a listbox. Ctrl/⌘ K or [data-palette] opens it.
// Commands are the page's links and buttons with data-command (their text, or
// data-command itself); tickets come from the server as ready options, each an
// <a role="option">.
import { request } from "./htmx-glue.js";

const box = /** @type {HTMLDialogElement|null} */ (document.querySelector("#palette"));
const input = box?.querySelector("input");
const found = box?.querySelector("[data-found]");
const commands = box?.querySelector("[data-commands]");
let timer = 0;

/** Latin without marks, the two scripts of the language as one. @param {string} s */
export function fold(s) {
  const cyr = { а: "a", б: "b", в: "v", г: "g", д: "d", ђ: "dj", е: "e", ж: "z", з: "z", и: "i", ј: "j", к: "k", л: "l", љ: "lj", м: "m", н: "n", њ: "nj", о: "o", п: "p", р: "r", с: "s", т: "t", ћ: "c", у: "u", ф: "f", х: "h", ц: "c", ч: "c", џ: "dz", ш: "s" };
  return s.toLowerCase().replaceAll("đ", "dj").replace(/[а-џ]/g, (c) => cyr[c] ?? c).normalize("NFD").replace(/\p{M}/gu, "");
}

function fill() {
  commands.replaceChildren();
  const q = fold(input.value.trim());
  const seen = new Set();
  for (const e of document.querySelectorAll("[data-command]")) {
    const name = e.dataset.command || e.querySelector("span:not(.kbd,.count)")?.textContent?.trim() || e.textContent.trim();
    if (seen.has(name) || (q && !fold(name).includes(q)) || e.disabled) continue;
    seen.add(name);
    const option = document.createElement("div");
    option.className = "option";
    option.setAttribute("role", "option");
    const text = document.createElement("span");
    text.textContent = name;
    option.append(text);
    if (e.dataset.key) {
      const kbd = document.createElement("span");
      kbd.className = "kbd";
      kbd.textContent = e.dataset.key.toUpperCase();
      option.append(kbd);
    }
    option.addEventListener("click", () => {
      box.close();
      e.click();
    });
    commands.append(option);
    if (seen.size >= 12) break;
  }
  select(0);
}

const options = () => /** @type {HTMLElement[]} */ ([...box.querySelectorAll('[role="option"]')]);

/** @param {number} at */
function select(at) {
  const list = options();
  list.forEach((o, i) => {
    o.id ||= `palette-option-${i}-${Math.random().toString(36).slice(2, 8)}`;
    o.setAttribute("aria-selected", String(i === at));
  });
  const now = list[at];
  if (now) {
    input.setAttribute("aria-activedescendant", now.id);
    now.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

export function openPalette() {
  if (!box || box.open) return;
  box.showModal();
  input.select();
  fill();
}

if (box && input) {
  input.addEventListener("input", () => {
    fill();
    clearTimeout(timer);
    const q = input.value.trim();
    if (q.length < 2) found.replaceChildren();
    else timer = setTimeout(() => request("GET", `${box.dataset.search}?q=${encodeURIComponent(q)}`, { target: found, swap: "innerHTML" }).then(() => select(0)), 120);
  });
  input.addEventListener("keydown", (e) => {
    const list = options();
    const at = list.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (e.key === "ArrowDown") select(Math.min(list.length - 1, at + 1));
    else if (e.key === "ArrowUp") select(Math.max(0, at - 1));
    else if (e.key === "Enter") list[at]?.click();
    else return;
    e.preventDefault();
  });
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "k") {
      e.preventDefault();
      openPalette();
    }
  });
  document.addEventListener("click", (e) => {
    if (e.target instanceof Element && e.target.closest("[data-palette]")) {
      e.preventDefault();
      openPalette();
    }
  });
}
