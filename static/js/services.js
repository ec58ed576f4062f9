// Choosing a service ends its search, typed or by the button: an answer still on its way was asked before the choice,
// and would undo it. Heard at the document, for the answer before it has only just brought new chips.

let hears = false;

function choose(event) {
  const options = event.target.closest("[data-search-ends]");
  const picker = options && document.getElementById(options.id.replace(/_options$/, ""));
  picker?.querySelectorAll("[hx-get]").forEach((asks) => window.htmx?.trigger(asks, "htmx:abort"));
}

export function start() {
  if (!hears) document.addEventListener("change", choose);
  hears = true;
}
