// The pictures of a ticket, one after another, in <dialog id="gallery">. A press on
// an a.thumb of the timeline opens it there; the arrows, Home and End go on, + - and
// 0 make larger and smaller, r turns, Escape goes back to the picture in the text.
import { openModal } from "./dialog.js";
import { typing } from "./hotkeys.js";

const box = /** @type {HTMLDialogElement|null} */ (document.querySelector("#gallery"));
/** @type {HTMLAnchorElement[]} */
let thumbs = [];
let at = 0, turned = 0, scale = 1;

const part = (name) => box.querySelector(`[data-gallery-${name}]`);

function draw() {
  const picture = part("picture");
  picture.style.rotate = `${turned}deg`;
  picture.style.scale = String(scale);
}

/** @param {number} i */
function show(i) {
  at = Math.min(thumbs.length - 1, Math.max(0, i));
  [turned, scale] = [0, 1];
  const small = thumbs[at].querySelector("img");
  const picture = part("picture");
  picture.src = small.src;
  picture.alt = small.alt;
  part("name").textContent = small.alt;
  part("at").textContent = `${at + 1} / ${thumbs.length}`;
  part("save").href = thumbs[at].href;
  part("previous").disabled = at === 0;
  part("next").disabled = at === thumbs.length - 1;
  draw();
}

const acts = {
  ArrowLeft: () => show(at - 1), ArrowRight: () => show(at + 1), Home: () => show(0), End: () => show(thumbs.length - 1),
  r: () => { turned += 90; draw(); }, "+": () => { scale = Math.min(4, scale * 1.25); draw(); }, "-": () => { scale = Math.max(1, scale / 1.25); draw(); },
  0: () => { [turned, scale] = [0, 1]; draw(); },
};

if (box) {
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element) || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    const thumb = e.target.closest(".timeline a.thumb");
    if (!(thumb instanceof HTMLAnchorElement) || !thumb.querySelector("img")) return;
    e.preventDefault();
    thumbs = [...thumb.closest(".timeline").querySelectorAll("a.thumb")].filter((t) => t.querySelector("img"));
    show(thumbs.indexOf(thumb));
    openModal(box);
  });
  box.addEventListener("click", (e) => {
    const button = e.target instanceof Element && e.target.closest("[data-gallery-key]");
    if (button) acts[button.dataset.galleryKey]();
  });
  box.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
    const act = acts[e.key];
    if (!act) return;
    e.preventDefault();
    e.stopPropagation();
    act();
  });
  box.addEventListener("close", () => {
    part("picture").removeAttribute("src");
    thumbs[at]?.focus();
  });
}
