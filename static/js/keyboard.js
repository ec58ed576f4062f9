// Shortcuts, only on a page that offers them with <dialog id="keyboard-help">. The key counts, not the letter on it: an
// Arabic keyboard works as it stands.
//   [data-shortcut="/"]            pressing "/" presses it, or puts the cursor into it if it is a box; only what is seen counts
//   [data-row-shortcut="a"]        pressing "a" presses the one in the row that has the focus, and none elsewhere
//   j, k                           to the next and the previous row, by its a.lead
//   ?                              opens the dialog
//   [data-shortcuts-switch]        a checkbox in the dialog: shortcuts of one letter must be able to be off (WCAG 2.1.4)
//   [data-shortcuts-offer]         the dialog's button: of no use without this file, so it waits for it

const OFF = "portal-shortcuts-off";

function keyOf({ code, key, shiftKey }) {
  if (key === "?" || key === "\u061F") return "?";
  if (code === "Slash") return shiftKey ? "?" : "/";
  return !shiftKey && code.startsWith("Key") ? code.at(-1).toLowerCase() : "";
}

function step(from, by) {
  const leads = [...document.querySelectorAll("tr a.lead")];
  const here = leads.indexOf(from?.querySelector("a.lead"));
  leads.at(here < 0 ? 0 : Math.min(Math.max(here + by, 0), leads.length - 1))?.focus();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type='checkbox']), textarea, select, dialog, [contenteditable]")) return;
  const key = keyOf(event), row = event.target.closest("tr");
  if (key === "?") {
    document.getElementById("keyboard-help")?.showModal();
    return;
  }
  if (!key || localStorage.getItem(OFF)) return;
  if (key === "j" || key === "k") return step(row, key === "j" ? 1 : -1);
  const target = row?.querySelector(`[data-row-shortcut="${key}"]`) ?? document.querySelector(`[data-shortcut="${key}"]`);
  if (!target?.checkVisibility()) return;
  event.preventDefault();
  target.matches("input:not([type='checkbox']), textarea, select") ? target.focus() : target.click();
}

let listening = false;

export function start() {
  const toggle = document.querySelector("#keyboard-help [data-shortcuts-switch]");
  if (toggle) {
    toggle.checked = !localStorage.getItem(OFF);
    toggle.onchange = () => (toggle.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"));
  }
  for (const offer of document.querySelectorAll("[data-shortcuts-offer]")) offer.hidden = false;
  if (!listening) document.addEventListener("keydown", pressed);
  listening = true;
}
