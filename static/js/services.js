// Choosing a service ends its search: an answer still on its way was asked before the choice, and would undo it.

const heard = new WeakSet();

function hear(options) {
  if (heard.has(options)) return;
  heard.add(options);
  options.addEventListener("change", () => {
    const search = document.getElementById(options.id.replace(/_options$/, "_q"));
    if (search) window.htmx?.trigger(search, "htmx:abort");
  });
}

export function start(root) {
  if (root.matches?.("[data-search-ends]")) hear(root);
  root.querySelectorAll("[data-search-ends]").forEach(hear);
}
