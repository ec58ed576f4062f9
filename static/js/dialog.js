// Dialogs and menus.
//   <button data-open-dialog="id">          opens <dialog id="id">; a link with the attribute keeps its href for others
//   <button data-close-dialog>              closes the dialog it stands in; so does a press beside the dialog
//   <dialog data-open-on-load>              opens by itself: a page, or a fragment, that must be answered first
//   <details data-menu>                     closes on Escape, or when one presses or moves elsewhere

let listening = false;

function listen() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.openDialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    } else if (event.target.closest("[data-close-dialog]") || event.target.matches("dialog")) {
      event.target.closest("dialog")?.close();
    }
    closeMenus(event.target);
  });
  document.addEventListener("focusin", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    menu?.removeAttribute("open");
    menu?.querySelector("summary").focus();
  });
}

function closeMenus(target) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
}

export function start(root) {
  if (!listening) listen();
  listening = true;
  const opening = "dialog[data-open-on-load]:not([open])";
  if (root.matches?.(opening)) root.showModal(); // a fragment may be the dialog itself
  for (const dialog of root.querySelectorAll(opening)) dialog.showModal();
}
