// What is on the page follows the live signals:
// <body data-events="/agent/events">            starts the stream
// <ul data-live-rows="/agent/tickets/rows?…">   rows (li#row-<ticket id>, data-ref)
//   are fetched anew when their ticket changes; tickets that are not in the
//   list are counted in [data-live-new], a button that loads the list anew, so
//   that rows never move under the cursor
// <… data-live-ticket="812">                    gets the event "changed" (for
//   hx-trigger) when its ticket changes
// <… data-live="ledger">                        gets "changed" at signals of that type
import { onSignal, start } from "./sse-leader.js";
import { request, trigger } from "./htmx-glue.js";

const GATHER = 300; // ms
/** @type {Set<number>} */
const tickets = new Set();
/** @type {Set<string>} */
const types = new Set();
/** Tickets that somebody came to or left: their rows say so, nothing else changed. @type {Set<number>} */
const seats = new Set();
let resync = false;
let timer = 0;

onSignal((s) => {
  if (s.type === "ping") return;
  if (s.type === "ring") { // a telephone does not wait
    for (const e of document.querySelectorAll('[data-live="ring"]')) trigger(e, "changed");
    return;
  }
  if (s.type === "resync") resync = true;
  else if (s.type === "presence") seats.add(s.ticket);
  else {
    types.add(s.type);
    if (s.ticket) tickets.add(s.ticket);
  }
  if (timer) return;
  // After an interruption everybody would ask at once: spread over a second.
  timer = setTimeout(renew, GATHER + (resync || tickets.size > 20 ? Math.random() * 1000 : 0));
});

function renew() {
  timer = 0;
  for (const list of document.querySelectorAll("[data-live-rows]")) renewRows(list);
  for (const e of document.querySelectorAll("[data-live-ticket]")) {
    if (resync || tickets.has(Number(e.dataset.liveTicket))) trigger(e, "changed");
  }
  for (const e of document.querySelectorAll("[data-live]")) {
    if (resync || types.has(e.dataset.live)) trigger(e, "changed");
  }
  tickets.clear();
  seats.clear();
  types.clear();
  resync = false;
}

/** @param {HTMLElement} list */
function renewRows(list) {
  const here = new Map([...list.querySelectorAll("[data-ticket]")].map((r) => [Number(r.dataset.ticket), r]));
  const changed = resync ? [...here.keys()] : [...new Set([...tickets, ...seats])].filter((id) => here.has(id));
  const others = [...tickets].filter((id) => !here.has(id));
  if (changed.length) {
    const refs = changed.map((id) => here.get(id).dataset.ref).join(",");
    const url = list.dataset.liveRows + (list.dataset.liveRows.includes("?") ? "&" : "?") + "refs=" + encodeURIComponent(refs);
    // The answer is rows with hx-swap-oob; nothing is put into the list itself.
    request("GET", url, { target: list, swap: "none" });
  }
  if (others.length || resync) {
    // hx-trigger="changed": asks the server how many new ones belong into this view.
    for (const e of document.querySelectorAll("[data-live-new]")) trigger(e, "changed");
  }
}

const address = document.body.dataset.events;
if (address) start(address);
