// <button type="button" data-print hidden>Print</button>: shown where scripts can print.

export function start(root) {
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.onclick = () => window.print();
  }
}
