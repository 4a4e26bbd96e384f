// One stream of live signals for all tabs of this browser: six streams would
// stall every other request over HTTP/1.1. The tab that gets the lock opens
// the stream and tells the others; without locks (plain http on a network) each
// visible tab has its own and closes it when hidden.
import { word } from "./content.js";

const DEAD = 45_000; // the server pings every 20 s
/** @type {Set<(s: {type: string, ticket?: number, version?: number}) => void>} */
const listeners = new Set();
const channel = "BroadcastChannel" in window ? new BroadcastChannel("s48-signals") : null;
/** @type {EventSource|null} */
let source = null;
let lastSign = Date.now();
let url = "";

/** Calls f with every signal; type "resync" means: fetch everything anew. */
export function onSignal(f) {
  listeners.add(f);
}

function tell(signal) {
  for (const f of listeners) f(signal);
}

function spread(signal) {
  tell(signal);
  channel?.postMessage(signal);
}

function alive() {
  lastSign = Date.now();
  banner(false);
}

/** @param {boolean} broken */
function banner(broken) {
  const box = document.querySelector("#connection");
  if (!(box instanceof HTMLElement) || box.hidden === !broken) return;
  box.hidden = !broken;
  const text = box.querySelector("[data-text]");
  if (text) text.textContent = broken ? word("disconnected") : "";
}

function open() {
  if (source) return;
  source = new EventSource(url);
  source.addEventListener("open", alive);
  source.addEventListener("ping", alive);
  source.addEventListener("signal", (e) => {
    alive();
    spread(JSON.parse(e.data));
  });
  source.addEventListener("resync", () => {
    alive();
    spread({ type: "resync" });
  });
  source.addEventListener("error", () => {
    // The browser reconnects by itself, except after an answer such as 401.
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(open, 5000 + Math.random() * 5000);
    }
  });
}

function close() {
  source?.close();
  source = null;
}

function lead() {
  open();
  return new Promise(() => {}); // keeps the lock until the tab is closed
}

/** @param {string} address of the event stream */
export function start(address) {
  url = address;
  channel?.addEventListener("message", (e) => {
    alive();
    tell(e.data);
  });
  if (navigator.locks && channel) {
    navigator.locks.request("s48-signals", lead);
    // Followers hear that the leader lives.
    setInterval(() => {
      if (source && Date.now() - lastSign < DEAD) channel.postMessage({ type: "ping" });
    }, 20_000);
  } else {
    open();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) close();
      else {
        open();
        tell({ type: "resync" });
      }
    });
  }
  setInterval(() => {
    if (Date.now() - lastSign < DEAD) return;
    banner(true);
    if (source) {
      close();
      open();
    }
  }, 5000);
}
