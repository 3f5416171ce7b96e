// Ask the browser's passkeys, on the pages that offer them; where there is no script or no passkey, nothing shows.
"use strict";

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

// What the server said, with bytes where the browser wants bytes.
const readOptions = (said) => ({
  ...said,
  challenge: toBytes(said.challenge),
  ...(said.user && { user: { ...said.user, id: toBytes(said.user.id) } }),
  ...(said.excludeCredentials && {
    excludeCredentials: said.excludeCredentials.map((one) => ({ ...one, id: toBytes(one.id) })),
  }),
});

// What the passkey answered, as the specification writes it in JSON.
function writeAnswer({ id, rawId, type, response }) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const told = parts.filter((part) => response[part]).map((part) => [part, toText(response[part])]);
  return JSON.stringify({
    id,
    rawId: toText(rawId),
    type,
    response: Object.fromEntries(told),
    clientExtensionResults: {},
  });
}

async function fetchOptions(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

async function askPasskey(form) {
  const isNew = form.dataset.passkey === "create";
  const said = isNew ? JSON.parse(form.dataset.options) : await fetchOptions(form.dataset.options);
  const asked = { publicKey: readOptions(said) };
  const made = await (isNew ? navigator.credentials.create(asked) : navigator.credentials.get(asked));
  form.elements.namedItem("answer").value = writeAnswer(made);
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
  form.hidden = !globalThis.PublicKeyCredential;
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
