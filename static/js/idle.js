// <dialog id="session-ending" data-ask="/accounts/stay/" data-after="720">: two minutes before the session ends it opens
// and counts down. The server alone knows how long is left, for another tab may have been used: this one asks it, which is
// no activity, and shuts the dialog as soon as another has extended. To stay is a POST; Escape, or a press beside the
// dialog, is somebody who is here, and stays too. When the time is over <dialog id="signed-out"> opens instead, and all
// that was typed stays in the page.

import { freshToken } from "./token.js";

const WARN = 120, AGAIN = 10; // seconds
let dialog, timer, ticking, endsAt, dueAt, extending = true, ours = false;

function later(seconds) {
  clearTimeout(timer);
  dueAt = Date.now() + seconds * 1000;
  timer = setTimeout(() => ask(), Math.max(1, seconds) * 1000);
}

function shut() {
  clearInterval(ticking);
  if (!dialog.open) return;
  ours = true; // until its "close" event, which comes later
  dialog.close();
}

function tick() {
  const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
  dialog.querySelector("[data-countdown]").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function warn({ left, extends: more }) {
  endsAt = Date.now() + left * 1000;
  extending = more;
  for (const part of dialog.querySelectorAll("[data-extends]")) part.hidden = (part.dataset.extends === "yes") !== more;
  tick();
  clearInterval(ticking);
  ticking = setInterval(tick, 1000);
  if (!dialog.open) dialog.showModal();
  later(Math.min(AGAIN, left + 1));
}

function over() {
  shut();
  const signedOut = document.getElementById("signed-out");
  if (!signedOut.open) signedOut.showModal();
}

async function ask(body) {
  const how = body ? { method: "POST", body } : { headers: { "X-Background": "1" } };
  try {
    const answer = await fetch(dialog.dataset.ask, { redirect: "manual", ...how });
    if (answer.type === "opaqueredirect") return over();
    if (!answer.ok) return later(AGAIN);
    const told = await answer.json();
    if (told.left <= WARN) return warn(told);
    shut();
    later(told.left - WARN);
    if (body) localStorage.setItem("stayed", Date.now()); // the other tabs ask at once
  } catch {
    later(AGAIN); // the line is broken
  }
}

const stay = () => ask(new URLSearchParams(new FormData(dialog.querySelector("form"))));

export function start() {
  if (dialog) return;
  dialog = document.getElementById("session-ending");
  dialog.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); stay(); });
  dialog.addEventListener("close", () => {
    if (ours) return void (ours = false);
    extending ? stay() : later((endsAt - Date.now()) / 1000 + 1);
  });
  document.getElementById("signed-out").addEventListener("close", () => { freshToken().catch(() => {}); later(Number(dialog.dataset.after)); });
  window.addEventListener("storage", ({ key }) => key === "stayed" && dialog.open && ask());
  document.addEventListener("visibilitychange", () => document.hidden || Date.now() < dueAt || ask());
  later(Number(dialog.dataset.after));
}
