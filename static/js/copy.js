// <button type="button" data-copy="OUT-2026-000412" hidden>Copy</button>: shown where copying is possible,
// and says so in the same place for two seconds (the word "copied").

import { say } from "./words.js";

export function start(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const before = [...button.childNodes];
      button.replaceChildren(say("copied"));
      setTimeout(() => button.replaceChildren(...before), 2_000);
    };
  }
}
