// <p data-counter-for="id_message">At most 1,500 characters</p> under a textarea with a maxlength:
// counts what is left while one writes, and tells a screen reader only near the end, and only when the writing rests.

import { say } from "./words.js";

const NEAR = 100;

function watch(counter) {
  const box = document.getElementById(counter.dataset.counterFor);
  if (!box || counter.dataset.counting) return;
  counter.dataset.counting = "yes";
  const spoken = document.createElement("span");
  spoken.className = "visually-hidden";
  spoken.setAttribute("aria-live", "polite");
  counter.after(spoken);
  let timer;
  const count = () => {
    const left = box.maxLength - box.value.length;
    counter.textContent = say("characters_left", { n: Math.max(0, left) });
    counter.classList.toggle("counter--over", left <= 0);
    clearTimeout(timer);
    timer = setTimeout(() => { spoken.textContent = left <= NEAR ? counter.textContent : ""; }, 1_000);
  };
  box.addEventListener("input", count);
  if (box.value) count();
}

export function start(root) {
  root.querySelectorAll("[data-counter-for]").forEach(watch);
}
