// Comfort for readers whose browser runs scripts; every page works without it.
"use strict";

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
const tell = (words) => { find("#told").textContent = words; };

// --- Pages of the backlog are swapped in place: list, groups, board, and all that they are narrowed to.

const SWAPPED = ["/", "/board"];
const PARTS = ["form.tools", "#below", "#main", ".bottom"];
let newest = 0;

const isSwapped = (url) => url.origin === location.origin && SWAPPED.includes(url.pathname) && SWAPPED.includes(location.pathname);

async function show(url, { push = true, scroll = 0 } = {}) {
  const turn = ++newest;
  const main = find("#main");
  main.setAttribute("aria-busy", "true");
  let answer, text;
  try {
    answer = await fetch(url, { headers: { accept: "text/html" } });
    text = await answer.text();
  } catch {
    answer = null;
  }
  if (turn !== newest) return;
  if (!answer?.ok || !isSwapped(new URL(answer.url))) {
    location.assign(url);
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const { activeElement: focused } = document;
  const typed = focused?.matches('input[name="q"]') ? [focused.value, focused.selectionStart] : null;
  const open = findAll("details.menu").findIndex((menu) => menu.open && menu.contains(focused));
  const field = focused?.name && [focused.name, focused.value];
  if (push) {
    history.replaceState({ scroll: scrollY }, "");
    history.pushState(null, "", answer.url);
  }
  document.title = page.title;
  for (const part of PARTS) {
    const before = find(part), after = find(part, page);
    if (before && after) before.replaceWith(document.adoptNode(after));
  }
  prepare();
  scrollTo(0, scroll);
  if (typed) {
    const search = find('input[name="q"]');
    search.value = typed[0];
    search.focus();
    search.setSelectionRange(typed[1], typed[1]);
  } else if (open >= 0) {
    const menu = findAll("details.menu")[open];
    menu.open = true;
    findAll("select, input, button", menu).find((one) => field && one.name === field[0] && (one.type !== "checkbox" || one.value === field[1]))?.focus();
  } else if (!document.contains(focused)) {
    find("#main").focus({ preventScroll: true });
  }
  const shown = findAll("#main :is(.item, .card)").length;
  tell(find("#main .message h2")?.textContent ?? (shown === 1 ? "1 item shown" : `${shown} items shown`));
}

function addressOf(form) {
  const url = new URL(form.getAttribute("action"), location.href);
  const fields = [...new FormData(form)].filter(([name, value]) => value !== "" || name === "closed");
  url.search = new URLSearchParams(fields);
  return url;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.matches("[data-filter]")) {
    event.preventDefault();
    filter(link.href);
  } else if (!link.target && isSwapped(new URL(link.href)) && !link.hash) {
    event.preventDefault();
    show(link.href);
  }
});

document.addEventListener("submit", (event) => {
  const { target: form } = event;
  if (form.method !== "get" || !isSwapped(addressOf(form))) return;
  event.preventDefault();
  form.closest("dialog")?.close();
  show(addressOf(form));
});

addEventListener("popstate", (event) => show(location.href, { push: false, scroll: event.state?.scroll ?? 0 }));

// --- Searching while typing, and laying out at once what is chosen.

let wait = 0;

document.addEventListener("input", (event) => {
  const { target } = event;
  if (!target.matches('form.tools input[name="q"]') || !isSwapped(addressOf(target.form))) return;
  clearTimeout(wait);
  wait = setTimeout(() => show(addressOf(target.form)), 250);
});

document.addEventListener("change", (event) => {
  if (event.target.closest("form.panel")) event.target.form.requestSubmit();
});

// --- The filters open above the list.

async function filter(address) {
  const answer = await fetch(address).catch(() => null);
  const form = answer?.ok && find("form[data-filters]", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!form) {
    location.assign(address);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "filtering column";
  dialog.setAttribute("aria-label", "Filter");
  dialog.append(document.adoptNode(form));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  find("summary", dialog)?.focus();
}

// --- Keys. Those of a dialog or a field are its own.

const GOES = { b: "/", o: "/board", r: "/roadmap", c: "/changes", v: "/views", a: "/account" };
let going = 0;

function move(step) {
  const titles = findAll(":is(.item, .card) .title");
  if (!titles.length) return;
  const at = titles.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : titles.length - 1) : at + step;
  titles[Math.min(titles.length - 1, Math.max(0, next))].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  const { key, target } = event;
  if (key === "Escape") {
    const menu = target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      find("summary", menu).focus();
    } else if (target.matches("input, select, textarea")) target.blur();
    return;
  }
  if (target.matches("input, select, textarea")) return;
  const hasGone = Date.now() - going < 1500 && GOES[key];
  going = key === "g" ? Date.now() : 0;
  if (hasGone) location.assign(hasGone);
  else if (key === "/") {
    const search = find('input[name="q"]');
    search?.focus();
    search?.select();
  } else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "f") find("[data-filter]")?.click();
  else if (key === "?") find("#keys")?.showModal();
  else return;
  event.preventDefault();
});

// --- What needs this script shows itself only now.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href));
    tell("The link is copied");
    const { textContent: words } = button;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 2000);
  }
  for (const menu of findAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

function prepare() {
  for (const button of findAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const field of findAll("select[data-zone]")) {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const option = [...field.options].find((one) => one.value === timeZone);
    if (option) {
      option.label = `${timeZone} (this browser’s)`;
      field.prepend(option);
    }
  }
  for (const button of findAll("form.panel > button")) button.hidden = true;
}

prepare();
