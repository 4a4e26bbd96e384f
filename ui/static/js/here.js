// Who else is at this ticket: <span data-here="/agent/t/S48-…/here"> gives a
// sign to the server every seven seconds while its reader is there, says when
// they write, and shows the answer. Who does nothing for three minutes, hides the
// tab or leaves is gone: a page left open must not keep a session alive.
import { onContent, all } from "./content.js";
import { onSignal } from "./sse-leader.js";

const BEAT = 7_000;
const WRITES = 15_000; // after the last key
const IDLE = 180_000;
let acted = Date.now();
let typed = 0;
/** @type {string} the address of the ticket that a sign was given for */
let at = "";
let given = 0;

const writing = () => Date.now() - typed < WRITES;

/** @param {string} url @param {Record<string, string>} values */
function post(url, values) {
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": token },
    body: new URLSearchParams(values),
    keepalive: true,
  });
}

function leave() {
  if (at) post(at, { left: "1" }).catch(() => {}); // it is forgotten by itself
  at = "";
}

async function beat() {
  const place = document.querySelector("[data-here]");
  const url = place instanceof HTMLElement ? place.dataset.here : "";
  if (at && at !== url) {
    leave();
    typed = 0;
  }
  if (!url || document.hidden || Date.now() - acted > IDLE) return leave();
  at = url;
  given = Date.now();
  try {
    const answer = await post(url, writing() ? { writing: "1" } : {});
    const html = answer.ok ? await answer.text() : "";
    // The page may show another ticket by now.
    const now = document.querySelector("[data-here]");
    if (now instanceof HTMLElement && now.dataset.here === url && now.innerHTML !== html) now.innerHTML = html;
  } catch {
    // The connection's own banner tells.
  }
}

for (const name of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  addEventListener(name, () => {
    const away = Date.now() - acted > IDLE;
    acted = Date.now();
    if (away) beat();
  }, { passive: true, capture: true });
}

addEventListener("input", (e) => {
  if (!(e.target instanceof HTMLElement) || !e.target.matches("textarea[data-draft]")) return;
  const began = !writing();
  typed = Date.now();
  if (began) beat();
});

// A message that was sent is not being written any more.
addEventListener("submit", (e) => {
  if (e.target instanceof HTMLElement && e.target.id === "composer") typed = 0;
});

onContent((root) => {
  for (const e of all(root, "[data-here]")) {
    if (e.dataset.here !== at || Date.now() - given > BEAT) beat();
  }
});

onSignal((s) => {
  const place = document.querySelector("[data-here]");
  if (s.type === "presence" && place instanceof HTMLElement && Number(place.dataset.hereTicket) === s.ticket) beat();
});

addEventListener("visibilitychange", beat);
addEventListener("pagehide", leave);
setInterval(beat, BEAT);
