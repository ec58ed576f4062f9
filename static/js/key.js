// <input data-from-address>: what stands behind the # of the address goes into the field and out of the address. A browser
// sends that part to nobody, so the key of a link is in no log; without this it is typed.

export function start(root) {
  const field = root.querySelector("[data-from-address]");
  if (!field || location.hash.length < 2) return;
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
}
