// Drafts of whole forms: <form data-form-draft="/agent/new/draft"> is kept on the
// server a second after the last change, so that it survives a reload, another
// machine and a closed browser. Files are not kept. The state is told in the
// form's [data-draft-state].
import { onContent, all, word } from "./content.js";

const DELAY = 1000;
const clock = new Intl.DateTimeFormat(document.documentElement.lang || "sr-Latn-ME", { hour: "2-digit", minute: "2-digit", hour12: false });
/** @type {WeakMap<HTMLFormElement, {timer: number, sent: string, done: boolean}>} */
const states = new WeakMap();

/** @param {HTMLFormElement} form */
function fields(form) {
  const out = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "_csrf" && name !== "once") out.append(name, value);
  return out.toString();
}

/** @param {HTMLFormElement} form */
async function save(form) {
  const state = states.get(form);
  if (!state || state.done) return;
  const body = fields(form);
  if (body === state.sent) return;
  const box = form.querySelector("[data-draft-state]");
  try {
    const answer = await fetch(form.dataset.formDraft, {
      method: "PUT",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "" },
      body,
      keepalive: body.length < 60_000,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    state.sent = body;
    if (box) box.textContent = word("draftSaved").replace("{}", clock.format(new Date()));
  } catch {
    if (box) box.textContent = word("failed");
    state.timer = setTimeout(() => save(form), 10_000);
  }
}

onContent((root) => {
  for (const form of /** @type {HTMLFormElement[]} */ (all(root, "form[data-form-draft]"))) {
    if (states.has(form)) continue;
    const state = { timer: 0, sent: fields(form), done: false };
    states.set(form, state);
    for (const kind of ["input", "change"]) {
      form.addEventListener(kind, () => {
        clearTimeout(state.timer);
        state.timer = setTimeout(() => save(form), DELAY);
      });
    }
    // What is sent is no draft any more.
    form.addEventListener("submit", () => {
      state.done = true;
      clearTimeout(state.timer);
      addEventListener("pageshow", () => (state.done = false), { once: true });
    });
  }
});

addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("form[data-form-draft]")) save(/** @type {HTMLFormElement} */ (form));
});
