// <form data-uploads="#files" enctype="multipart/form-data" action="…"> with one <input type="file">, which takes several
// once this script is here: without it a form carries one file, and its [data-upload-button] sends it.
//
// Each file chosen goes in a request of its own, one after the other, and is shown in the list (#files) while it goes:
// a copy of the form's <template data-upload-row>, with [data-name], a <progress>, and, hidden at first, [data-failed]
// and [data-again]. Success: the server's fragment, the file's own <li>, takes the row's place. A refusal (4xx): its
// words are shown in [data-failed]. A broken line: [data-again] sends that one file again. No other file waits for it.

function send(form, file, row) {
  return new Promise((resolve) => {
    const body = new FormData(form);
    const input = form.querySelector("input[type='file']");
    body.delete(input.name);
    body.append(input.name, file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", body.get("csrfmiddlewaretoken") ?? "");
    request.upload.onprogress = (event) => { row.querySelector("progress").value = event.loaded / event.total; };
    request.onloadend = () => { settle(form, file, row, request); resolve(); };
    request.send(body);
  });
}

function settle(form, file, row, request) {
  if (request.status >= 200 && request.status < 300) {
    row.outerHTML = request.responseText;
    return;
  }
  const refused = request.status >= 400 && request.status < 500;
  const words = row.querySelector("[data-failed]");
  if (refused && request.responseText.length < 2_000) words.innerHTML = request.responseText;
  words.hidden = false;
  row.querySelector("progress").hidden = true;
  const again = row.querySelector("[data-again]");
  again.hidden = refused;
  again.onclick = () => {
    words.hidden = again.hidden = true;
    row.querySelector("progress").hidden = false;
    send(form, file, row);
  };
}

async function choose(form, input) {
  const list = document.querySelector(form.dataset.uploads);
  const rows = [...input.files].map((file) => {
    const row = form.querySelector("template[data-upload-row]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    list.append(row);
    return [file, row];
  });
  input.value = "";
  for (const [file, row] of rows) await send(form, file, row);
}

export function start(root) {
  for (const form of root.querySelectorAll("form[data-uploads]")) {
    const input = form.querySelector("input[type='file']");
    input.multiple = true;
    form.classList.add("upload--live"); // its label is the button: the browser's own speaks the browser's language
    form.querySelector("[data-upload-button]")?.remove(); // a chosen file goes by itself
    input.onchange = () => choose(form, input);
  }
}
