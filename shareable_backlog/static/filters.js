// Finds among the filters while one types; without it a button does, by another page.
"use strict";

function findAmongFilters(field) {
  const { form, value } = field;
  const wanted = value.trim().toLowerCase();
  let hasAny = false;
  for (const check of form.querySelectorAll(".check")) {
    const field = check.closest("form > details").querySelector("summary");
    const isFound = `${field.firstChild.data} ${check.textContent}`.toLowerCase().includes(wanted);
    check.hidden = !isFound && !check.querySelector("input").checked;
    hasAny ||= isFound;
  }
  for (const part of form.querySelectorAll("details")) {
    part.wasOpen ??= part.open;
    const has = part.querySelector(".check:not([hidden])") !== null;
    part.hidden = !has;
    // What is not to be among them opens only by hand.
    if (!part.matches(".but-not")) part.open = wanted ? has : part.wasOpen;
  }
  form.querySelector(".none-found").hidden = hasAny;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-find]")) findAmongFilters(event.target);
});

// Else it would be what the Enter key of any box does.
document.querySelector("main .find button")?.remove();

// What is looked for is not a filter.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[data-find]");
  if (field && !event.submitter?.matches("[formaction]")) field.value = "";
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-find]")) event.preventDefault();
});
