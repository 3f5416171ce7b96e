// Comfort where scripts run; every page works without.
"use strict";

const find = (selector, within = document) => within.querySelector(selector);
const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];
// The only way from text to a page (Trusted Types).
const policy = globalThis.trustedTypes?.createPolicy("backlog", { createHTML: (s) => s });
const readPage = (s) => new DOMParser().parseFromString(policy?.createHTML(s) ?? s, "text/html");
const tell = (words) => {
  find("#told").textContent = words;
};

// --- Pages of the backlog are swapped in place.

// Where all paths begin.
const root = find(".home").pathname;
const SWAPPED = ["", "board", "matrix", "timeline"].map((one) => root + one);
const ALONE = [`${root}roadmap`, `${root}changes`];
const PARTS = ["form.search", "#below", "#main", ".bottom"];
const addressShown = () => location.pathname + location.search;
let newest = 0;
let here = addressShown();
let wasTyped = false;
let wait = 0;

const isSwapped = ({ origin, pathname: to }) =>
  origin === location.origin
  && (SWAPPED.includes(to) && SWAPPED.includes(location.pathname) || ALONE.includes(to) && to === location.pathname);

// What is typed stays one step of the history, and its field as it is.
async function show(url, { isBack = false, isTyped = false, scroll = 0 } = {}) {
  clearTimeout(wait);
  const turn = ++newest;
  find("#main").setAttribute("aria-busy", "true");
  let answer, text;
  try {
    answer = await fetch(url, { headers: { accept: "text/html" } });
    text = await answer.text();
  } catch {
    if (turn === newest) lose(url);
    return;
  }
  if (turn !== newest) return;
  if (!answer.ok || !isSwapped(new URL(answer.url))) {
    location.assign(url);
    return;
  }
  const page = readPage(text);
  const { activeElement: focused } = document;
  const again = standsFor(focused);
  const open = findAll("details.menu").findIndex((menu) => menu.open && menu.contains(focused));
  const field = focused?.name && [focused.name, focused.value];
  if (!isBack) {
    history.replaceState({ scroll: scrollY }, "");
    if (answer.url === location.href || (isTyped && wasTyped)) history.replaceState(null, "", answer.url);
    else history.pushState(null, "", answer.url);
  }
  wasTyped = isTyped;
  here = addressShown();
  document.title = page.title;
  for (const part of isTyped ? PARTS.slice(1) : PARTS) {
    const before = find(part), after = find(part, page);
    if (before && after) before.replaceWith(document.adoptNode(after));
  }
  prepare();
  scrollTo(0, scroll);
  if (open >= 0) {
    const menu = findAll("details.menu")[open];
    menu.open = true;
    findAll("select, input, button", menu).find((one) =>
      field && one.name === field[0] && (one.type !== "checkbox" || one.value === field[1])
    )?.focus();
  } else if (!document.contains(focused)) {
    (find(again) ?? find("#main")).focus({ preventScroll: true });
  }
  const shown = findAll("#main :is(.item, .card)").length;
  tell(
    find("#main .message h2")?.textContent
      ?? (shown === 1 ? "1 item shown" : shown ? `${shown} items shown` : page.title),
  );
}

// Without a connection what is there stays.
function lose(url) {
  const notice = document.createElement("p"), link = document.createElement("a");
  const words = "There is no connection. This is what was shown last.";
  find("#main").removeAttribute("aria-busy");
  find("#lost")?.remove();
  notice.id = "lost";
  notice.className = "notice";
  link.href = url;
  link.textContent = "Try again";
  notice.append(`${words} `, link);
  find("#main").prepend(notice);
  tell(words);
}

// A selector of what stands for the focused element on the next page.
function standsFor(focused) {
  if (focused?.matches(".fold")) return `#${focused.parentElement.id} .fold`;
  if (focused?.closest(".chips")) return "[data-filter]";
  if (focused?.closest("[data-at-once]")) return `[data-at-once] [name="${focused.name}"]`;
  if (focused?.closest(".layouts")) return ".layouts [aria-current]";
  return focused?.matches('input[name="q"]') ? 'input[name="q"]' : "#main";
}

function addressOf(form) {
  const url = new URL(form.getAttribute("action"), location.href);
  const fields = [...new FormData(form)].filter(([name, value]) => value !== "" || name === "closed");
  // The bare address of the list leads to the reader's default view.
  url.search = fields.length || url.pathname !== root ? new URLSearchParams(fields) : "all";
  return url;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]"), line = event.target.closest(".item, .card");
  if (!link && line && !event.target.closest("button") && getSelection().isCollapsed) find("a.title", line).click();
  if (
    !link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
  ) return;
  if (link.matches("[data-filter]")) {
    event.preventDefault();
    filter(link.href);
  } else if (!link.target && isSwapped(new URL(link.href)) && (!link.hash || link.matches(".fold"))) {
    event.preventDefault();
    link.closest("dialog")?.close();
    show(link.href, { scroll: link.matches(".fold") ? scrollY : 0 });
  } else if (link.matches(".title")) history.replaceState({ ...history.state, opened: link.href }, "");
});

document.addEventListener("submit", (event) => {
  const { target: form } = event;
  if (event.submitter?.formMethod === "dialog") return;
  if (form.method !== "get" || !isSwapped(addressOf(form))) return;
  event.preventDefault();
  form.closest("dialog")?.close();
  show(addressOf(form), { isTyped: form.matches(".search") });
});

addEventListener("popstate", (event) => {
  if (addressShown() !== here) {
    show(location.href, { isBack: true, scroll: event.state?.scroll ?? 0 });
    return;
  }
  // Only a part of the page was gone to, or the reader is back already.
  newest++;
  find("#main").removeAttribute("aria-busy");
});

addEventListener("scrollend", () => {
  if (addressShown() === here) history.replaceState({ ...history.state, scroll: scrollY }, "");
});

// --- Searching while typing, and laying out at once what is chosen.

document.addEventListener("input", (event) => {
  const { target } = event;
  if (!target.matches('form.search input[name="q"]') || !isSwapped(addressOf(target.form))) return;
  clearTimeout(wait);
  wait = setTimeout(() => show(addressOf(target.form), { isTyped: true }), 250);
});

document.addEventListener("focusout", () => {
  wasTyped = false;
});

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-at-once]")) event.target.form.requestSubmit();
});

// --- The filters open above the list.

async function filter(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer) {
    lose(address);
    return;
  }
  const form = answer.ok
    && find("form[data-filters]", readPage(await answer.text()));
  if (!form) {
    location.assign(address);
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "filtering column";
  dialog.setAttribute("aria-label", "Filter");
  dialog.append(document.adoptNode(form));
  find('[formmethod="dialog"]', dialog).hidden = false;
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  find("summary", dialog)?.focus();
}

// --- Keys. Those of a dialog or a field are its own.

const GOES = { b: "", o: "board", r: "roadmap", c: "changes", v: "views", a: "account" };
let going = 0;

function move(step) {
  const titles = findAll(":is(.item, .card, .change) a.title");
  if (!titles.length) return;
  const focused = titles.indexOf(document.activeElement);
  // Who comes back from an item goes on from there.
  const at = focused < 0 ? titles.findIndex((title) => title.href === history.state?.opened) : focused;
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
  if (target.matches("input, select, textarea") || document.documentElement.dataset.keys) return;
  const hasGone = Date.now() - going < 1500 && key in GOES;
  going = key === "g" ? Date.now() : 0;
  if (hasGone) location.assign(root + GOES[key]);
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
    const { textContent: words } = button;
    const isCopied = await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href)).then(
      () => true,
      () => false,
    );
    tell(isCopied ? "The link was copied" : "The browser could not copy the link");
    button.textContent = isCopied ? "Copied" : "Not copied";
    setTimeout(() => {
      button.textContent = words;
    }, 2000);
  }
  for (const menu of findAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// --- What was scrolled past is seen.

const passed = new Set();
let telling = 0;

const watch = new IntersectionObserver((lines) => {
  for (const { target, boundingClientRect: box, rootBounds } of lines) {
    if (!rootBounds || box.bottom > rootBounds.top) continue;
    watch.unobserve(target);
    passed.add(find(".unseen", target));
    clearTimeout(telling);
    telling = setTimeout(tellSeen, 1000);
  }
}, { rootMargin: "-56px 0px 0px" });

async function tellSeen() {
  const marks = [...passed];
  passed.clear();
  if (!marks.length) return;
  const body = new URLSearchParams(marks.map((mark) => ["item", mark.dataset.item]));
  body.set("csrf", find('[name="csrf"]').value);
  const answer = await fetch(`${root}seen`, { method: "POST", body, keepalive: true }).catch(() => null);
  if (!answer?.ok) return;
  for (const mark of marks) mark.remove();
  const count = await answer.text(), link = find("#unseen");
  if (count === "0") link?.remove();
  else if (link) find(".badge", link).firstChild.data = count;
}
addEventListener("pagehide", tellSeen);

function prepare() {
  for (const mark of findAll("[data-item]")) watch.observe(mark.closest("li"));
  for (const button of findAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const button of findAll("[data-at-once] > button")) button.hidden = true;
}

// --- How old it is, from pages that somebody sees.

let ages;
function follow() {
  ages?.close();
  if (document.hidden || !find("#age")) return;
  ages = new EventSource(`${root}events`);
  ages.onmessage = ({ data }) => {
    const { html, said } = JSON.parse(data);
    if (!find("#age:focus-within")) find("#age").replaceChildren(...document.adoptNode(readPage(html).body).childNodes);
    if (said) tell(said);
  };
}
document.addEventListener("visibilitychange", follow);
follow();

// What was just done is said once, and not to whom the address is passed on.
if (location.search.includes("notice=")) {
  history.replaceState(history.state, "", location.href.replace(/[?&]notice=[^&#]*(?=#|$)/, ""));
  here = addressShown();
}
// Times are for where the reader is, unless they chose a zone. Loading Intl can wait for the page.
setTimeout(() => {
  const zone = globalThis.Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = /^https/.test(location.protocol) ? "; secure" : "";
  document.cookie = `zone=${zone}; path=${root}; max-age=31536000; samesite=lax${secure}`;
}, 500);
prepare();
