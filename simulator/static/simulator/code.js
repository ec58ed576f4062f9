// Counts down to the moment another code may be sent. Without it the server says how long to wait.
const button = document.querySelector("[data-wait]");
const shown = document.querySelector("[data-countdown]");
if (shown) {
  const due = Date.now() + Number(button.dataset.wait) * 1000;
  button.disabled = true;
  const timer = setInterval(() => {
    const left = Math.ceil((due - Date.now()) / 1000);
    shown.textContent = Math.max(left, 0);
    if (left <= 0) {
      clearInterval(timer);
      button.disabled = false;
      shown.parentElement.remove();
    }
  }, 500);
}
