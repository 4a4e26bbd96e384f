// Runs set-up code over the page and over everything that is put into it later.
/** @type {((root: ParentNode) => void)[]} */
const setups = [];

/**
 * Calls f with the document now, and with every element htmx puts in. f is
 * called again for what a morph kept, so it must not mind doing it twice.
 * @param {(root: ParentNode) => void} f
 */
export function onContent(f) {
  setups.push(f);
  f(document);
}

/** @param {ParentNode} root */
export function contentArrived(root) {
  for (const f of setups) f(root);
}

/**
 * The elements within root, root itself included, that match.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function all(root, selector) {
  const found = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
  if (root instanceof HTMLElement && root.matches(selector)) found.unshift(root);
  return found;
}

/** A word of the page in the reader's language, from a data attribute of <body>. @param {string} name */
export function word(name) {
  return document.body.dataset[name] ?? "";
}
