// Drafts of texts: kept on the server and, until it has them, in this browser.
// <textarea data-draft="/agent/tickets/S48-…/drafts/reply" data-owner="12"
// data-saved-at="RFC 3339 or empty"> is saved 800 ms after the last key. The
// newer of the two copies is shown; while the server's is not known yet an
// empty field never overwrites it. The state is told in the form's
// [data-draft-state].
import { onContent, all, word } from "./content.js";

const DELAY = 800;
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "sr-Latn-ME", { hour: "2-digit", minute: "2-digit", hour12: false });
/** @type {WeakMap<HTMLTextAreaElement, {timer: number, sent: string}>} */
const states = new WeakMap();

/** @param {HTMLTextAreaElement} t */
const localKey = (t) => `draft:${t.dataset.owner}:${t.dataset.draft}`;

/** @param {HTMLTextAreaElement} t */
function readLocal(t) {
  try {
    return JSON.parse(localStorage.getItem(localKey(t)) ?? "null");
  } catch {
    return null;
  }
}

/** @param {HTMLTextAreaElement} t @param {string|null} text */
function writeLocal(t, text) {
  try {
    if (text === null) localStorage.removeItem(localKey(t));
    else localStorage.setItem(localKey(t), JSON.stringify({ text, at: Date.now() }));
  } catch {
    // Storage is full or refused: the server's copy remains.
  }
}

/** @param {HTMLTextAreaElement} t @param {string} text */
function tell(t, text) {
  const box = t.form?.querySelector("[data-draft-state]");
  if (box) box.textContent = text;
}

/** @param {HTMLTextAreaElement} t */
async function save(t) {
  const state = states.get(t);
  const text = t.value;
  if (!state || text === state.sent) return;
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  try {
    const answer = await fetch(t.dataset.draft, {
      method: "PUT",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": token },
      body: new URLSearchParams({ text }),
      keepalive: text.length < 60_000,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    state.sent = text;
    if (t.value === text) writeLocal(t, null);
    tell(t, text === "" ? "" : word("draftSaved").replace("{}", clock.format(new Date())));
  } catch {
    tell(t, word("draftKept"));
    state.timer = setTimeout(() => save(t), 10_000);
  }
}

/** @param {HTMLTextAreaElement} t */
function typed(t) {
  const state = states.get(t);
  if (!state) return;
  writeLocal(t, t.value);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => save(t), DELAY);
}

/** The text has left: nothing of it stays in this browser. @param {HTMLTextAreaElement} t */
export function forget(t) {
  const state = states.get(t);
  if (state) {
    clearTimeout(state.timer);
    state.sent = t.value;
  }
  writeLocal(t, null);
}

onContent((root) => {
  for (const t of /** @type {HTMLTextAreaElement[]} */ (all(root, "textarea[data-draft]"))) {
    if (states.has(t)) continue;
    states.set(t, { timer: 0, sent: t.value });
    const kept = readLocal(t);
    const savedAt = Date.parse(t.dataset.savedAt ?? "") || 0;
    if (kept && kept.at > savedAt && kept.text !== t.value) {
      t.value = kept.text;
      typed(t);
    }
    t.addEventListener("input", () => typed(t));
  }
});

// Leaving the page or the account: what is not sent yet goes now.
addEventListener("pagehide", () => {
  for (const t of document.querySelectorAll("textarea[data-draft]")) save(t);
});

// Signing out takes every copy with it.
document.addEventListener("submit", (e) => {
  if (!(e.target instanceof HTMLFormElement) || !e.target.hasAttribute("data-sign-out")) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
});
