// The entry. Everything here is a courtesy: without JavaScript each page still does its whole work.
// A part is fetched only when the page, or a fragment that htmx brought, holds something for it.

const parts = [
  ["[data-due], [data-since]", () => import("./ticking.js")],
  ["form[data-autosave-url]", () => import("./autosave.js")],
  ["form[data-uploads]", () => import("./uploads.js")],
  ["[data-counter-for]", () => import("./counter.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["[data-fills]", () => import("./fills.js")],
  ["[data-search-ends]", () => import("./services.js")],
  ["form[data-onward]", () => import("./onward.js")],
  ["[data-from-address]", () => import("./key.js")],
  ["[data-print]", () => import("./print.js")],
  ["dialog, details[data-menu]", () => import("./dialog.js")],
  ["#session-ending", () => import("./idle.js")],
  ["#board-poll, [data-vanishes]", () => import("./board.js")],
  ["#wall-stale", () => import("./wall.js")],
  ["#presence", () => import("./presence.js")],
  ["#report", () => import("./deeds.js")],
  ["#keyboard-help", () => import("./keyboard.js")],
];

async function start(root) {
  root.querySelector(".error-summary")?.focus();
  for (const [selector, load] of parts) {
    if (root.matches?.(selector) || root.querySelector(selector)) (await load()).start(root);
  }
}

start(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) start(event.detail.elt);
});
