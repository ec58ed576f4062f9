// <form data-onward>: a page on the way that sends itself. Without scripts its button does.

export function start(root) {
  root.querySelector("form[data-onward]")?.requestSubmit();
}
