// Keeps times true while a page stays open. One timer for all:
// <time data-ago datetime="…">        how long ago it was, up to six hours
// <span class="chip" data-due="…" data-target="seconds">  how long is left of a
// promise; changes its colour and icon at a quarter, at an hour, and when past.
import { word } from "./content.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const NB = "\u00a0";

/** The two largest units of a span, as the server writes them. @param {number} ms */
export function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  const days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60), rest = minutes % 60;
  if (minutes < 60) return `${rest}${NB}min`;
  if (hours < 48) return rest === 0 ? `${hours}${NB}h` : `${hours}${NB}h${NB}${String(rest).padStart(2, "0")}${NB}min`;
  return hours % 24 === 0 ? `${days}${NB}d` : `${days}${NB}d${NB}${hours % 24}${NB}h`;
}

/**
 * Colour and icon of a promise with that much left.
 * @param {number} left milliseconds
 * @param {number} target milliseconds
 */
export function urgency(left, target) {
  if (left < 0) return ["bad", "flame"];
  if (left <= HOUR) return ["bad", "alert-triangle"];
  if (left <= target / 4) return ["warn", "clock"];
  return ["ok", "clock"];
}

/** @param {HTMLElement} chip @param {number} now */
function tickDue(chip, now) {
  const left = Date.parse(chip.dataset.due ?? "") - now;
  if (Number.isNaN(left)) return;
  const [kind, icon] = urgency(left, Number(chip.dataset.target) * 1000);
  chip.classList.remove("chip--ok", "chip--warn", "chip--bad");
  chip.classList.add(`chip--${kind}`);
  const use = chip.querySelector("use");
  if (use) use.setAttribute("href", (use.getAttribute("href") ?? "").replace(/#.*/, `#${icon}`));
  const text = chip.querySelector("[data-text]");
  const pattern = left < 0 ? word("late") : chip.dataset.pattern ?? "{}";
  if (text) text.textContent = pattern.replace("{}", span(left));
}

/** @param {HTMLElement} time @param {number} now */
function tickAgo(time, now) {
  const since = now - Date.parse(time.getAttribute("datetime") ?? "");
  if (!(since >= 0) || since >= 6 * HOUR) return;
  time.textContent = since < MINUTE ? word("now") : word("ago").replace("{}", since < HOUR ? `${Math.floor(since / MINUTE)}${NB}min` : `${Math.floor(since / HOUR)}${NB}h`);
}

function tick() {
  const now = Date.now();
  for (const e of document.querySelectorAll("[data-due]")) tickDue(e, now);
  for (const e of document.querySelectorAll("time[data-ago]")) tickAgo(e, now);
}

setInterval(tick, 30_000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) tick();
});
