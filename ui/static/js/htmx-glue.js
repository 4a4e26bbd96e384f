// The only file that knows htmx: its events, its headers, its configuration.
// Pages use hx-get, hx-post, hx-target, hx-swap, hx-trigger, hx-push-url and
// hx-swap-oob, each on the element itself.
import { contentArrived, word } from "./content.js";
import { toast } from "./toast.js";

/* global Idiomorph, htmx */
if (window.Idiomorph) {
  // Otherwise typed text is lost when the field's element arrives anew.
  Idiomorph.defaults.ignoreActiveValue = true;
  // What the reader did to the page stays when it is renewed: what was opened,
  // chosen, ticked.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => {
    if (name === "open") return !node.matches("details, dialog");
    if (name === "aria-current" || name === "tabindex") return !node.matches("[data-row]");
    if (name === "class" && node.matches(".row")) return !node.classList.contains("row--open");
    return !(name === "checked" && node.name === "ref");
  };
}

// A dialog somebody is typing into is not replaced under their hands.
document.addEventListener("htmx:oobBeforeSwap", (e) => {
  if (e.detail.target?.querySelector?.("dialog:modal")) e.detail.shouldSwap = false;
});

document.addEventListener("htmx:configRequest", (e) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
  if (token) e.detail.headers["X-CSRF-Token"] = token;
});

// An error answer of ours says where it wants to be shown; an answer of
// something in between (a proxy) is never put into the page.
document.addEventListener("htmx:beforeSwap", (e) => {
  const { xhr } = e.detail;
  if (xhr.status < 400) return;
  if (xhr.getResponseHeader("HX-Retarget")) {
    e.detail.shouldSwap = true;
    e.detail.isError = false;
  } else if (xhr.status !== 409 && xhr.status !== 422) {
    e.detail.shouldSwap = false;
    toast(word("failed"), { kind: "error" });
  }
});

document.addEventListener("htmx:sendError", () => toast(word("offline"), { kind: "error" }));
document.addEventListener("htmx:timeout", () => toast(word("offline"), { kind: "error" }));

document.addEventListener("htmx:load", (e) => contentArrived(e.detail.elt));

// A form that came back with errors is read from its first error.
document.addEventListener("htmx:afterSettle", (e) => {
  const root = e.detail.elt;
  if (!(root instanceof HTMLElement) || ![409, 422].includes(e.detail.xhr?.status)) return;
  const first = root.querySelector(".error-summary, [aria-invalid=true]");
  if (first instanceof HTMLElement) first.focus();
});

// Skeletons show only when an answer takes longer than 200 ms.
const waiting = new WeakMap();
document.addEventListener("htmx:beforeRequest", (e) => {
  const target = e.detail.target;
  if (!(target instanceof HTMLElement)) return;
  waiting.set(e.detail.xhr, setTimeout(() => target.setAttribute("aria-busy", "true"), 200));
});
document.addEventListener("htmx:afterRequest", (e) => {
  clearTimeout(waiting.get(e.detail.xhr));
  if (e.detail.target instanceof HTMLElement) e.detail.target.removeAttribute("aria-busy");
});

/**
 * Asks htmx to fetch into an element.
 * @param {string} method
 * @param {string} url
 * @param {{target: Element|string, swap?: string, values?: object, source?: Element}} options
 */
export function request(method, url, options) {
  return htmx.ajax(method, url, options);
}

/** Raises an event an hx-trigger may wait for. @param {Element} elt @param {string} name */
export function trigger(elt, name) {
  htmx.trigger(elt, name);
}
