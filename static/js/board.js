// The reviewers' board keeps itself up to date. htmx asks every ten seconds (#board-poll) and puts the answer in place;
// here is what it cannot say in attributes:
//   #board-time, #board-stale    when the board was last known to be true, and that it no longer is
//   #board-pause                 stops and resumes; its two children are its two states
//   #board-said > li[data-event] sentences that the server sent; #board-news speaks each once, one in thirty seconds
//   #board-unsent                a template: what a row says when its deed got no answer
//   a[data-dialog]               is shown in #board-dialog instead of a page of its own
//   [data-pick-all], [data-picked] picks every row of the page; how many are picked
//   [data-vanishes="30"]         goes after so many seconds: the offer to take a deed back
// A hidden tab does not ask, and asks at once when it is seen again. When the session has ended, <dialog id="signed-out">
// opens, and the page is loaded anew when it is closed.

import { say } from "./words.js";

const BETWEEN_SENTENCES = 30_000;
const heard = new Set();
const unsaid = new Map(); // event -> sentence
let paused = false, speaking, spokenAt = -BETWEEN_SENTENCES;

const find = (id) => document.getElementById(id);
const isPoll = ({ detail }) => (detail.requestConfig?.elt ?? detail.elt)?.id === "board-poll";
const ask = () => window.htmx.trigger("#board-poll", "refresh");
const path = (url) => new URL(url, location.href).pathname;

function speak() {
  find("board-news").textContent = unsaid.size > 1 ? say("board_news", { n: unsaid.size }) : unsaid.values().next().value;
  unsaid.clear();
  speaking = undefined;
  spokenAt = performance.now();
}

function listen() {
  for (const item of document.querySelectorAll("#board-said > [data-event]")) {
    if (!heard.has(item.dataset.event)) unsaid.set(item.dataset.event, item.textContent);
    heard.add(item.dataset.event);
  }
  if (unsaid.size) speaking ??= setTimeout(speak, Math.max(0, spokenAt + BETWEEN_SENTENCES - performance.now()));
}

function refreshed({ xhr, requestConfig }) {
  const answered = (xhr.status === 200 || xhr.status === 204) && path(xhr.responseURL) === path(requestConfig.path);
  find("board-stale").hidden = answered;
  if (!answered) return;
  const moment = new Date(xhr.getResponseHeader("Date") ?? Date.now());
  find("board-time").textContent = moment.toLocaleTimeString("en-GB", { timeZone: "Asia/Riyadh" });
  listen();
}

function pause() {
  paused = !paused;
  for (const state of find("board-pause").children) state.hidden = !state.hidden;
  if (!paused) ask();
}

function signedOut() {
  paused = true;
  find("signed-out").addEventListener("close", () => location.reload(), { once: true });
  find("signed-out").showModal();
}

function openInDialog(event) {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.href, { target: "#board-dialog", source: "#board-dialog" });
}

function countPicked() {
  const boxes = [...document.querySelectorAll("[name='picked']")], told = document.querySelector("[data-picked]");
  if (!told) return;
  const picked = boxes.filter((box) => box.checked).length;
  told.querySelector("b").textContent = picked;
  told.hidden = false;
  document.querySelector("[data-pick-all]").hidden = picked === boxes.length;
}

function pickAll() {
  for (const box of document.querySelectorAll("[name='picked']")) box.checked = true;
  document.querySelector(".bulk [data-shortcut]").focus(); // the button that was pressed is gone
  countPicked();
}

function unsent(event) {
  const button = event.detail.requestConfig.triggeringEvent?.submitter;
  const place = button?.closest("tr")?.querySelector(".cell-lead") ?? button?.closest(".bulk") ?? button?.form;
  place?.querySelector(".refusal")?.remove();
  place?.append(find("board-unsent").content.cloneNode(true));
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-pick-all]")) pickAll();
  else event.target.closest("#board-pause") ? pause() : openInDialog(event);
});
document.addEventListener("change", (event) => event.target.name === "picked" && countPicked());
document.addEventListener("htmx:afterSettle", countPicked); // a renewed row is picked no more
document.addEventListener("visibilitychange", () => document.hidden || paused || !find("board-poll") || ask());
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isPoll(event) && (paused || document.hidden)) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  requestConfig.elt.closest("#board-dialog dialog")?.close(); // answered: what is behind it may have the focus again
  if (!find("board-poll") || path(xhr.responseURL) === path(requestConfig.path)) return;
  event.detail.shouldSwap = false; // it led to the sign-in page
  signedOut();
});
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.querySelector("[data-vanishes]")) event.detail.shouldSwap = false; // the offer stays its time
});
document.addEventListener("htmx:afterRequest", (event) => isPoll(event) && refreshed(event.detail));
for (const failure of ["htmx:sendError", "htmx:responseError"]) document.addEventListener(failure, unsent);

export function start(root) {
  const button = find("board-pause");
  if (button) button.hidden = false;
  countPicked(); // a browser that goes back brings the picks with it
  const offers = [...root.querySelectorAll("[data-vanishes]")];
  if (root.matches?.("[data-vanishes]")) offers.push(root);
  for (const offer of offers) {
    setTimeout(() => {
      const next = offer.contains(document.activeElement) && offer.closest("tr")?.querySelector("a.lead");
      offer.remove();
      if (next) next.focus();
    }, offer.dataset.vanishes * 1_000);
  }
}
