// #wall asks every fifteen seconds; #wall-stale says so when no answer came.

const isWall = ({ detail }) => (detail.requestConfig?.elt ?? detail.elt)?.id === "wall";

document.addEventListener("htmx:afterRequest", (event) => {
  if (isWall(event)) document.getElementById("wall-stale").hidden = event.detail.successful;
});

export function start() {}
