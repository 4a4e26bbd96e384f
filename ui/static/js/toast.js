// Short messages about what happened, in #toasts (role=status). Errors stay
// until they are closed. A toast with data-seconds counts down by itself and
// goes; its button named data-undo is pressed by the key u.

/** The place toasts go to, made when a page has none. */
function place() {
  let box = document.querySelector("#toasts");
  if (!box) {
    box = document.createElement("div");
    box.id = "toasts";
    box.className = "toasts";
    box.setAttribute("role", "status");
    document.body.append(box);
  }
  return box;
}

/**
 * @param {string} text
 * @param {{kind?: "error", action?: string, onAction?: () => void, seconds?: number}} [options]
 */
export function toast(text, options = {}) {
  const box = document.createElement("div");
  box.className = options.kind === "error" ? "toast toast--error" : "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (options.action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = options.action;
    button.addEventListener("click", () => {
      box.remove();
      options.onAction?.();
    });
    box.append(button);
  }
  if (options.kind === "error") box.append(closer(box));
  else setTimeout(() => box.remove(), (options.seconds ?? 6) * 1000);
  place().append(box);
  return box;
}

/** @param {HTMLElement} box */
function closer(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small";
  button.textContent = document.body.dataset.close ?? "×";
  button.addEventListener("click", () => box.remove());
  return button;
}

// Toasts that the server wrote: closing, and counting down.
document.addEventListener("click", (e) => {
  const button = e.target instanceof Element && e.target.closest("[data-close-toast]");
  if (button) button.closest(".toast")?.remove();
});

setInterval(() => {
  for (const box of document.querySelectorAll(".toast[data-seconds]")) {
    const left = Number(box.dataset.seconds) - 1;
    if (!(left > 0)) {
      box.remove();
      continue;
    }
    box.dataset.seconds = String(left);
    const shown = box.querySelector("[data-left]");
    if (shown) shown.textContent = `${left}\u00a0s`;
  }
}, 1000);
