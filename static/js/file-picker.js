// .file-picker: <input type="file"> gives way to our words, and stays where keyboards and screen readers find it.

for (const picker of document.querySelectorAll(".file-picker")) {
  const input = picker.querySelector("input"), [label, name] = picker.querySelectorAll("[hidden]");
  const none = name.textContent;
  const show = () => { name.textContent = input.files[0]?.name ?? none; };
  label.hidden = name.hidden = false;
  picker.classList.add("file-picker--live");
  input.addEventListener("change", show);
  show(); // going back, a browser may have kept the choice
}
