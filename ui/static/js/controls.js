// Small habits of controls:
// data-submit        a select or switch that sends its form when changed
// data-confirm="…"   asks before a form is sent
// data-once          a form is sent once; its buttons wait for the answer
// data-reveal="#id"  a password field that can be shown
// data-copy="text"   copies
// data-print         prints the page
import { toast } from "./toast.js";
import { onContent, all, word } from "./content.js";

document.addEventListener("change", (e) => {
  if (e.target instanceof HTMLElement && e.target.hasAttribute("data-submit")) e.target.form?.requestSubmit();
});

document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) {
    e.preventDefault();
    e.stopImmediatePropagation();
    return;
  }
  if (form.hasAttribute("data-once")) {
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = "true";
    addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  }
}, true);

document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element)) return;
  const reveal = e.target.closest("[data-reveal]");
  if (reveal) {
    const field = document.querySelector(reveal.dataset.reveal);
    if (field instanceof HTMLInputElement) {
      field.type = field.type === "password" ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(field.type === "text"));
    }
  }
  if (e.target.closest("[data-print]")) print();
  const copy = e.target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => toast(word("copied")));
});

// Mail frames take the height of their content: they hold no script, so the
// page may look inside.
onContent((root) => {
  for (const frame of all(root, "iframe[data-mail]")) {
    const fit = () => {
      const doc = frame.contentDocument;
      if (doc?.body) frame.height = String(Math.min(4000, doc.documentElement.scrollHeight + 2));
    };
    frame.addEventListener("load", fit);
    fit();
  }
});
