// <form data-autosave-url="/reports/drafts/…/"> with an element #draft-status inside it.
//
// Two seconds after the last change, when a field is left, and when the page goes, the form's text (no files) is POSTed to
// the URL. The server's answer is a fragment for #draft-status; it may carry hidden inputs, such as the draft's new version.
//   200, 204   saved: the fragment, if any, is shown
//   409        someone else changed it: the fragment is shown and saving rests until a [data-autosave-again] in it is
//              pressed, whose name and value go along ("keep mine")
//   401, 403, redirect   signed out: <dialog id="signed-out"> opens, what was typed stays in the page, and when the dialog is
//              closed after a new sign-in in another tab, saving goes on
//   anything else        <template id="draft-unsaved"> is shown and the save is tried again, later each time
// While something is unsaved the browser asks before it leaves.

import { freshToken } from "./token.js";

const QUIET = 2_000;
const seen = new WeakSet();

class Autosave {
  #timer; #failures = 0; #resting = false; #dirty = false; #busy = false; #sent = false;

  constructor(form) {
    this.form = form;
    this.status = form.querySelector("#draft-status");
    form.addEventListener("input", () => this.#later(QUIET, true));
    form.addEventListener("change", () => this.#later(QUIET, true));
    form.addEventListener("focusout", () => this.#dirty && this.#later(100));
    form.addEventListener("submit", () => { this.#sent = true; clearTimeout(this.#timer); });
    // Sent by htmx and refused, or not answered: the form is here still, and what is typed in it is kept again.
    form.addEventListener("htmx:afterRequest", (event) => { if (!event.detail.successful) { this.#sent = false; this.#later(0); } });
    form.addEventListener("click", (event) => this.#again(event));
    window.addEventListener("pagehide", () => this.#dirty && !this.#sent && !this.#resting && this.#post({ keepalive: true }).catch(() => {}));
    window.addEventListener("pageshow", () => { this.#sent = false; });
    window.addEventListener("online", () => this.#dirty && this.#later(0));
    window.addEventListener("beforeunload", (event) => {
      if (this.#dirty && !this.#sent && (this.#failures || this.#resting)) event.preventDefault();
    });
    document.getElementById("signed-out")?.addEventListener("close", () => this.#signedIn());
  }

  #later(wait, changed = false) {
    this.#dirty ||= changed;
    clearTimeout(this.#timer);
    if (!this.#resting && !this.#sent) this.#timer = setTimeout(() => this.save(), wait);
  }

  #again(event) {
    const button = event.target.closest("[data-autosave-again]");
    if (!button) return;
    event.preventDefault();
    this.#resting = false;
    this.save([[button.name, button.value]]);
  }

  #post(options = {}, extra = []) {
    const text = new URLSearchParams([...new FormData(this.form), ...extra].filter(([, value]) => typeof value === "string"));
    return fetch(this.form.dataset.autosaveUrl, { method: "POST", body: text, redirect: "manual", headers: { "X-Autosave": "1" }, ...options });
  }

  async save(extra = []) {
    if (this.#busy) return this.#later(QUIET);
    this.#busy = true;
    this.#dirty = false; // what is typed from now on is new again
    try {
      const answer = await this.#post({}, extra);
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return this.#signedOut();
      if (answer.ok || answer.status === 409) {
        this.#failures = 0;
        if (answer.status === 409) { this.#resting = true; this.#dirty = true; }
        const fragment = await answer.text();
        if (fragment) this.#show(fragment);
      } else throw new Error(answer.statusText);
    } catch {
      this.#failed();
    } finally {
      this.#busy = false;
    }
  }

  #show(fragment) {
    this.status.innerHTML = fragment;
    window.htmx?.process(this.status);
  }

  #signedOut() {
    this.#dirty = this.#resting = true;
    this.#failures += 1;
    document.getElementById("signed-out")?.showModal();
  }

  async #signedIn() {
    await freshToken().catch(() => {});
    this.#resting = false;
    this.#later(0);
  }

  #failed() {
    this.#failures += 1;
    this.#dirty = true;
    const unsaved = document.getElementById("draft-unsaved");
    // Hidden inputs in the last answer (the version) are still true: only the words change.
    if (unsaved) this.status.replaceChildren(unsaved.content.cloneNode(true), ...this.status.querySelectorAll("input[type='hidden']"));
    this.#later(Math.min(60_000, QUIET * 2 ** this.#failures));
  }
}

export function start(root) {
  const forms = [...root.querySelectorAll("form[data-autosave-url]")];
  if (root.matches?.("form[data-autosave-url]")) forms.push(root);
  for (const form of forms) {
    if (seen.has(form)) continue;
    seen.add(form);
    new Autosave(form);
  }
}
