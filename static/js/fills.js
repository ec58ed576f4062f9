// <data hidden data-fills="id_summary" value="words the server wrote">: puts them into the box, as long as nobody has
// written words of their own there. An emptied box is the server's again.

const written = new WeakMap();

function fill(data) {
  const box = document.getElementById(data.dataset.fills);
  if (!box || document.activeElement === box) return;
  if (box.value && box.value !== written.get(box) && box.value !== data.value) return;
  box.value = data.value;
  written.set(box, data.value);
}

export function start(root) {
  if (root.matches?.("[data-fills]")) fill(root);
  root.querySelectorAll("[data-fills]").forEach(fill);
}
