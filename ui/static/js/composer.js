// The composer of a ticket. <form class="composer" data-mode="reply"> holds a
// tab per kind ([role=tab][data-kind]) and a panel per kind ([data-panel]) with
// a text of its own, so that what is written for one never shows in the other.
// Files: [data-files] is an <input type=file multiple> with data-upload (the
// address); dropping and pasting work anywhere on the composer; each file
// becomes a chip in [data-file-list] with its progress, and a hidden field.
// <button data-wrap="**"> and data-prefix="- " format the selection.
import { onContent, all, word } from "./content.js";
import { forget } from "./drafts.js";
import { toast } from "./toast.js";

/** @param {HTMLFormElement} form @param {string} kind @param {boolean} focus */
function show(form, kind, focus) {
  form.dataset.mode = kind;
  for (const tab of form.querySelectorAll("[role=tab]")) {
    const on = tab.dataset.kind === kind;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
  }
  for (const panel of form.querySelectorAll("[data-panel]")) {
    const on = panel.dataset.panel === kind;
    panel.hidden = !on;
    for (const field of panel.querySelectorAll("input, textarea, select, button")) field.disabled = !on;
    if (on && focus) panel.querySelector("textarea")?.focus();
  }
}

/** @param {HTMLTextAreaElement} t */
function grow(t) {
  t.style.blockSize = "auto";
  t.style.blockSize = `${Math.min(t.scrollHeight + 2, Math.round(innerHeight * 0.5))}px`;
}

/** @param {HTMLTextAreaElement} t @param {string} wrap @param {string} prefix */
function format(t, wrap, prefix) {
  const { selectionStart: a, selectionEnd: b, value } = t;
  const chosen = value.slice(a, b);
  const text = prefix ? chosen.split("\n").map((l) => prefix + l).join("\n") : wrap + chosen + wrap;
  t.setRangeText(text, a, b, chosen ? "select" : "end");
  if (!chosen && wrap) t.selectionEnd = t.selectionStart = a + wrap.length;
  t.dispatchEvent(new Event("input", { bubbles: true }));
  t.focus();
}

/** @param {HTMLFormElement} form @param {FileList|File[]} files */
function upload(form, files) {
  const panel = form.querySelector("[data-panel]:not([hidden])") ?? form;
  const input = panel.querySelector("[data-files]");
  const list = panel.querySelector("[data-file-list]");
  if (!input || !list) return;
  for (const file of files) send(input, list, file);
}

/** @param {HTMLElement} input @param {Element} list @param {File} file */
function send(input, list, file) {
  const chip = document.createElement("span");
  chip.className = "chip";
  const name = document.createElement("span");
  name.textContent = file.name;
  const state = document.createElement("span");
  const stop = document.createElement("button");
  stop.type = "button";
  stop.className = "chip-close";
  stop.textContent = "×";
  stop.setAttribute("aria-label", `${word("close")}: ${file.name}`);
  chip.append(name, state, stop);
  list.append(chip);
  const xhr = new XMLHttpRequest();
  const failed = () => {
    chip.remove();
    if (!stopped) toast(`${file.name}: ${word("uploadFailed")}`, { kind: "error" });
  };
  let stopped = false;
  stop.addEventListener("click", () => {
    stopped = true;
    xhr.abort();
    chip.remove();
  });
  xhr.upload.addEventListener("progress", (e) => {
    if (e.lengthComputable) state.textContent = ` ${Math.round((100 * e.loaded) / e.total)} %`;
  });
  xhr.addEventListener("load", () => {
    if (xhr.status !== 200) return failed();
    // The answer is the finished chip with its hidden field and its own remove button.
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html").body.firstElementChild;
    if (answer) chip.replaceWith(document.adoptNode(answer));
    else failed();
  });
  xhr.addEventListener("error", failed);
  const body = new FormData();
  body.append("file", file);
  xhr.open("POST", input.dataset.upload);
  xhr.setRequestHeader("HX-Request", "true");
  xhr.setRequestHeader("X-CSRF-Token", document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "");
  xhr.send(body);
}

document.addEventListener("click", (e) => {
  if (!(e.target instanceof Element)) return;
  const tab = e.target.closest(".composer [role=tab]");
  if (tab) return show(tab.closest("form"), tab.dataset.kind, true);
  const tool = e.target.closest(".composer [data-wrap], .composer [data-prefix]");
  if (tool) {
    const t = tool.closest("[data-panel]")?.querySelector("textarea");
    if (t) format(t, tool.dataset.wrap ?? "", tool.dataset.prefix ?? "");
    return;
  }
  const pick = e.target.closest(".composer [data-pick-files]");
  if (pick) pick.closest("[data-panel]")?.querySelector("[data-files]")?.click();
  const drop = e.target.closest(".composer [data-remove-chip]");
  if (drop) drop.closest(".chip")?.remove();
});

document.addEventListener("keydown", (e) => {
  const tab = e.target instanceof Element && e.target.closest(".composer [role=tab]");
  if (!tab || (e.key !== "ArrowLeft" && e.key !== "ArrowRight")) return;
  const other = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")].find((x) => x !== tab);
  if (other) {
    e.preventDefault();
    show(tab.closest("form"), other.dataset.kind, false);
    other.focus();
  }
});

document.addEventListener("change", (e) => {
  if (!(e.target instanceof HTMLInputElement) || !e.target.matches(".composer [data-files]")) return;
  upload(e.target.form, e.target.files);
  e.target.value = "";
});
document.addEventListener("paste", (e) => {
  const form = e.target instanceof Element && e.target.closest(".composer");
  if (form && e.clipboardData?.files.length) {
    e.preventDefault();
    upload(form, e.clipboardData.files);
  }
});
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (e) => {
    const form = e.target instanceof Element && e.target.closest(".composer");
    if (!form || !e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    if (name === "drop") upload(form, e.dataTransfer.files);
  });
}

// A sent text leaves no copy, before the empty form arrives; a refused one
// stays where it is.
document.addEventListener("htmx:beforeSwap", (e) => {
  const form = e.detail.requestConfig?.elt;
  if (!(form instanceof HTMLFormElement) || !form.matches(".composer") || e.detail.xhr.status >= 300) return;
  const t = form.querySelector("[data-panel]:not([hidden]) textarea");
  if (t) forget(t);
});

// Who begins to write has seen what the page shows; what comes while they
// write they are told of when they send.
function renewSeen() {
  const newest = document.querySelector("#timeline")?.getAttribute("data-newest");
  const form = document.querySelector("form.composer");
  if (!newest || !form || [...form.querySelectorAll("textarea")].some((t) => t.value !== "")) return;
  form.querySelector('input[name="seen"]').value = newest;
}

onContent((root) => {
  renewSeen();
  for (const form of all(root, "form.composer")) {
    if (form.dataset.ready) continue;
    form.dataset.ready = "true";
    show(form, form.dataset.mode ?? "reply", false);
    for (const t of form.querySelectorAll("textarea")) {
      t.addEventListener("input", () => grow(t));
      if (t.value) grow(t);
    }
  }
});
