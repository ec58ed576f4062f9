// Shortcuts, only on a page that offers them with <dialog id="keyboard-help">.
//   [data-shortcut="a"]            pressing "a" presses it, or puts the cursor into it if it is a box
//   ?                              opens the dialog
//   [data-shortcuts-switch]        a checkbox in the dialog: shortcuts of one letter must be able to be off (WCAG 2.1.4)

const OFF = "portal-shortcuts-off";

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, [contenteditable]")) return;
  if (event.key === "?") {
    document.getElementById("keyboard-help")?.showModal();
    return;
  }
  if (localStorage.getItem(OFF)) return;
  const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.matches("input, textarea, select") ? target.focus() : target.click();
}

let listening = false;

export function start() {
  const toggle = document.querySelector("#keyboard-help [data-shortcuts-switch]");
  if (toggle) {
    toggle.checked = !localStorage.getItem(OFF);
    toggle.onchange = () => (toggle.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"));
  }
  if (!listening) document.addEventListener("keydown", pressed);
  listening = true;
}
