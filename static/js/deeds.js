// Deeds on a report's page (#report), sent by htmx: what was written is never lost.
//   the answer came from the sign-in page    the session has ended: <dialog id="signed-out"> opens, the words stay
//   403                                      the token is old: the form goes as a page of its own, which gives it back
//   no answer, 5xx                           a copy of <template id="deed-unsent"> is shown in the form
// The refresh by itself (#live) rests while the tab is hidden.

const path = (url) => new URL(url, location.href).pathname;
const formOf = ({ requestConfig }) => requestConfig.elt.closest("#report form");
const isLive = ({ requestConfig, elt }) => (requestConfig?.elt ?? elt).id === "live";

function signedOut() {
  const dialog = document.getElementById("signed-out");
  if (dialog && !dialog.open) dialog.showModal();
}

function unsent(form) {
  form.querySelector(".unsent")?.remove();
  const words = document.getElementById("deed-unsent").content.cloneNode(true);
  const actions = form.querySelector(".form-actions");
  actions ? actions.before(words) : form.append(words);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isLive(event.detail) && document.hidden) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const form = formOf(event.detail);
  if (!form && !isLive(event.detail)) return;
  if (path(xhr.responseURL) !== path(requestConfig.path)) {
    event.detail.shouldSwap = false;
    signedOut();
  } else if (xhr.status === 503) {
    event.detail.shouldSwap = false;
    if (form) unsent(form);
  }
});
document.addEventListener("htmx:responseError", (event) => {
  const form = formOf(event.detail);
  if (!form) return;
  if (event.detail.xhr.status !== 403) return unsent(form);
  form.action = event.detail.requestConfig.path;
  form.submit();
});
document.addEventListener("htmx:sendError", (event) => {
  const form = formOf(event.detail);
  if (form) unsent(form);
});

export function start() {}
