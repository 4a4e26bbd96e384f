// What an SMS costs, while it is written. The rule is that of the server
// (ticketing/gsm), which a test compares over a thousand texts: the GSM 7-bit
// alphabet, else UCS-2; joined messages have less room; letters are folded where
// that saves a part. <output data-sms-count> in the composer says what stands
// before and after the words (data-before, data-after), the mode (data-fold), how
// many parts are paid for (data-max), the price of one (data-price) and the texts.
import { onContent, all } from "./content.js";

const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const extended = new Set("\f^{}\\[~]|€");

/** @param {string} text */
export function count(text) {
  const widths = [];
  for (const c of text) {
    if (basic.has(c)) widths.push(1);
    else if (extended.has(c)) widths.push(2);
    else return measure("UCS-2", Array.from(text, (r) => r.length), 70, 67);
  }
  return measure("GSM-7", widths, 160, 153);
}

/** @param {string} encoding @param {number[]} widths @param {number} alone @param {number} joined */
function measure(encoding, widths, alone, joined) {
  const units = widths.reduce((a, b) => a + b, 0);
  if (units <= alone) return { encoding, units, parts: units ? 1 : 0, left: alone - units };
  let parts = 0;
  let used = joined;
  for (const w of widths) {
    if (used + w > joined) {
      parts++;
      used = 0;
    }
    used += w;
  }
  return { encoding, units, parts, left: joined - used };
}

const latin = {
  а: "a", б: "b", в: "v", г: "g", д: "d", ђ: "đ", е: "e", ж: "ž", з: "z", и: "i", ј: "j", к: "k", л: "l", љ: "lj", м: "m", н: "n", њ: "nj",
  о: "o", п: "p", р: "r", с: "s", т: "t", ћ: "ć", у: "u", ф: "f", х: "h", ц: "c", ч: "č", џ: "dž", ш: "š", ѓ: "đ", ќ: "ć", ѕ: "dz", ѐ: "e",
  ѝ: "i", й: "j", щ: "šč", ъ: "", ы: "i", ь: "", э: "e", ю: "ju", я: "ja", ё: "jo", і: "i", ї: "ji", є: "je", ґ: "g",
};
const acute = { с: "ś", з: "ź", С: "Ś", З: "Ź" };
const isMark = (c) => /\p{Mn}/u.test(c);
const isLetter = (c) => c !== undefined && /\p{L}/u.test(c);
const isUpper = (c) => c !== undefined && /\p{Lu}/u.test(c);

/** @param {string} text */
function toLatin(text) {
  const letters = Array.from(text);
  const out = [];
  let before;
  let letter;
  letters.forEach((c, i) => {
    const low = c.toLowerCase();
    if (c === "\u0301" && acute[before]) out[out.length - 1] = acute[before];
    else if (!(low in latin)) out.push(c);
    else {
      const to = latin[low];
      const next = letters[i + 1];
      const capitals = isLetter(next) ? isUpper(next) : isUpper(letter);
      if (low === c || to === "") out.push(to);
      else if (capitals || to.length === 1) out.push(to.toUpperCase());
      else out.push(to[0].toUpperCase() + to.slice(1));
    }
    before = c;
    if (!isMark(c)) letter = c;
  });
  return out.join("");
}

const folds = {
  đ: "dj", Đ: "Dj", ð: "dj", Ð: "Dj", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "`": "'",
  "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "·": "-", "×": "x", "№": "br.", "°": " st.",
  "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufeff": "", "\u00ad": "", "\t": " ",
  œ: "oe", Œ: "Oe", ł: "l", Ł: "L", ı: "i", þ: "th", Þ: "Th",
};

/** @param {string} text */
export function fold(text) {
  if (count(text).encoding === "GSM-7") return text;
  let out = "";
  for (const c of toLatin(text).normalize("NFC")) {
    for (const d of c in folds ? folds[c] : c) {
      if (basic.has(d) || extended.has(d)) {
        out += d;
        continue;
      }
      const bare = Array.from(d.normalize("NFD")).filter((x) => !isMark(x));
      out += bare.length === 1 && (basic.has(bare[0]) || extended.has(bare[0])) ? bare[0] : d;
    }
  }
  return out;
}

/** @param {string} text @param {string} mode */
export function written(text, mode) {
  const now = count(text);
  if (mode === "never" || now.encoding === "GSM-7") return text;
  const folded = fold(text);
  return mode === "always" || count(folded).parts < now.parts ? folded : text;
}

/** @param {HTMLFormElement} form */
function show(form) {
  const out = form.querySelector("[data-sms-count]");
  const text = form.querySelector("#text-reply");
  if (!out || !text) return;
  const to = form.querySelector("[name=to]")?.value ?? "";
  out.hidden = !to.startsWith("+");
  if (out.hidden) return;
  const d = out.dataset;
  const n = count(written(d.before + text.value.trim() + d.after, d.fold));
  const price = Number(d.price);
  let said = d.text.replace("{parts}", String(n.parts)).replace("{encoding}", n.encoding).replace("{left}", String(n.left));
  if (n.parts > Number(d.max)) said = d.link;
  else if (price > 0) said += ` · ${(n.parts * price).toLocaleString(document.documentElement.lang, { style: "currency", currency: d.currency })}`;
  out.classList.toggle("warn", n.parts > 1);
  out.textContent = said;
}

document.addEventListener("input", (e) => {
  const form = e.target instanceof Element && e.target.closest("form.composer");
  if (form) show(form);
});
document.addEventListener("change", (e) => {
  const form = e.target instanceof Element && e.target.matches("[name=to]") && e.target.closest("form.composer");
  if (form) show(form);
});
onContent((root) => {
  for (const form of all(root, "form.composer")) show(form);
});
