// Comfort for readers with a keyboard; every page works without it.
"use strict";

const search = document.querySelector('input[name="q"]');
const filters = document.querySelectorAll("form.tools select");

for (const filter of filters) {
  filter.addEventListener("change", () => filter.form.requestSubmit());
}
// The button is for readers without this script.
document.querySelector("form.tools button")?.classList.add("unseen");

function move(step) {
  const titles = [...document.querySelectorAll(".items .title")];
  if (titles.length === 0) return;
  const at = titles.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : titles.length - 1) : at + step;
  titles[Math.min(titles.length - 1, Math.max(0, next))].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, select, textarea");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
});
