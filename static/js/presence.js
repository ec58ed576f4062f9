// #presence tells the portal every 20 seconds that this page is open, and shows who else has it open. A hidden tab is
// not read and does not tell; an answer that is not the names (the session has ended, the portal is away) is not shown.

const isBeacon = ({ detail }) => (detail.requestConfig?.elt ?? detail.elt)?.id === "presence";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isBeacon(event) && document.hidden) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isBeacon(event)) return;
  const { xhr, requestConfig } = event.detail;
  const asked = new URL(requestConfig.path, location.href).pathname;
  if (xhr.status !== 200 || new URL(xhr.responseURL).pathname !== asked) event.detail.shouldSwap = false;
});

export function start() {}
