// Ask the browser's passkeys, on the pages that offer them; where there is no script or no passkey, nothing shows.
"use strict";

const { PublicKeyCredential: Passkey } = globalThis;

async function fetchOptions(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

async function askPasskey(form) {
  const { passkey, options } = form.dataset;
  const made = passkey === "create"
    ? await navigator.credentials.create({ publicKey: Passkey.parseCreationOptionsFromJSON(JSON.parse(options)) })
    : await navigator.credentials.get({ publicKey: Passkey.parseRequestOptionsFromJSON(await fetchOptions(options)) });
  form.elements.namedItem("answer").value = JSON.stringify(made);
  form.submit();
}

function describeFailure(error) {
  if (error.name === "InvalidStateError") return "This device has a passkey for your account already.";
  if (error.name === "NotAllowedError") {
    return "No passkey was used: it was cancelled, or there is none here for this site.";
  }
  return "That didn’t work. Try again, or go another way.";
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button"), problem = form.querySelector(".problem");
  form.hidden = !Passkey?.parseRequestOptionsFromJSON;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = problem.hidden = true;
    try {
      await askPasskey(form);
    } catch (error) {
      problem.textContent = describeFailure(error);
      problem.hidden = button.disabled = false;
    }
  });
}
