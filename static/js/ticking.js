// Minutes that pass while the page stands open.
//
//   <time datetime="…" data-due="2026-11-22T08:48:00Z">7 min left</time>     becomes "6 min left" … "due now" … "1 min late"
//   <time datetime="…" data-since="2026-11-22T07:18:00Z">1 h 42 min</time>   becomes "1 h 43 min"
//
// A `.clock` around a [data-due] that carries data-start (and data-near, the moment from which it is near) has its bar
// and its tone kept as well. The server writes the first text with the same words and the same rounding
// (entities/templatetags/ticking.py), so that nothing jumps.

import { say } from "./words.js";

const MINUTE = 60_000; // milliseconds
const HOUR = 60, DAY = 24 * 60; // minutes

function duration(minutes) {
  if (minutes >= 2 * DAY) return say("days", { n: Math.floor(minutes / DAY) });
  const h = Math.floor(minutes / HOUR);
  const m = minutes % HOUR;
  if (!h) return say("minutes", { n: m });
  return m ? say("hours_minutes", { h, m: String(m).padStart(2, "0") }) : say("hours", { n: h });
}

function dueText(milliseconds) {
  const minutes = milliseconds > 0 ? Math.ceil(milliseconds / MINUTE) : Math.floor(-milliseconds / MINUTE);
  const which = milliseconds > 0 ? "left" : "late";
  if (!minutes) return say("due_now");
  return minutes < 2 * DAY ? say(which, { t: duration(minutes) }) : say(`days_${which}`, { n: Math.floor(minutes / DAY) });
}

function tone(clock, due, now) {
  if (!clock?.dataset.start) return;
  const start = Date.parse(clock.dataset.start);
  clock.classList.toggle("clock--late", now >= due);
  clock.classList.toggle("clock--near", now < due && now >= Date.parse(clock.dataset.near ?? clock.dataset.due));
  const bar = clock.querySelector("progress");
  if (bar) bar.value = bar.max * Math.min(1, (now - start) / Math.max(1, due - start));
}

function tick() {
  const now = Date.now() + skew;
  for (const element of document.querySelectorAll("time[data-due]")) {
    const due = Date.parse(element.dataset.due);
    const text = dueText(due - now);
    if (element.textContent !== text) element.textContent = text;
    tone(element.closest(".clock"), due, now);
  }
  for (const element of document.querySelectorAll("time[data-since]")) {
    const text = duration(Math.max(0, Math.floor((now - Date.parse(element.dataset.since)) / MINUTE)));
    if (element.textContent !== text) element.textContent = text;
  }
}

// A computer's own clock may be wrong by minutes: the page knows what time the server had.
const written = Date.parse(document.querySelector("meta[name='server-time']")?.content ?? "");
const skew = Number.isNaN(written) ? 0 : written - (performance.timeOrigin + performance.getEntriesByType("navigation")[0].responseStart);
let timer;

export function start() {
  tick();
  timer ??= setInterval(tick, 15_000);
}

document.addEventListener("visibilitychange", () => document.hidden || tick());
