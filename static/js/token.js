// Signing in changes the CSRF secret, so the tokens written into this page have gone stale.

export async function freshToken() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const token = page.querySelector("input[name='csrfmiddlewaretoken']")?.value;
  if (!token) return;
  for (const input of document.querySelectorAll("input[name='csrfmiddlewaretoken']")) input.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
}
