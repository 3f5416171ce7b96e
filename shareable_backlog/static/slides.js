// Turn slides by keys and clickers, in place: so the full screen stays. Without it, links do.
"use strict";

const find = (selector) => document.querySelector(selector);
const policy = globalThis.trustedTypes?.createPolicy("backlog", { createHTML: (s) => s });
const readPage = (s) => new DOMParser().parseFromString(policy?.createHTML(s) ?? s, "text/html");
let newest = 0;

async function show(url, isTurn) {
  const turn = ++newest;
  const answer = await fetch(url).catch(() => null), text = await answer?.text();
  if (turn !== newest) return;
  const page = text && readPage(text);
  if (!answer?.ok || !page.querySelector(".slides")) {
    if (isTurn) location.assign(url);
    return;
  }
  const { rel } = document.activeElement;
  document.title = page.title;
  document.body.replaceChildren(...document.adoptNode(page.body).childNodes);
  if (isTurn) {
    // One step of the history: who goes back there leaves the slides.
    history.replaceState(null, "", url);
    document.body.classList.remove("is-dark");
    scrollTo(0, 0);
  }
  if (isTurn || rel) (find(`a[rel="${rel}"]`) ?? find("#main")).focus({ preventScroll: true });
}

const KEYS = { ArrowRight: "next", ArrowDown: "next", PageDown: "next", " ": "next", Home: "first", End: "last" };
Object.assign(KEYS, { ArrowLeft: "prev", ArrowUp: "prev", PageUp: "prev", Backspace: "prev", Escape: "up" });

function go(rel) {
  const { clientHeight: high, scrollHeight: all } = document.documentElement;
  // What does not fit is read first.
  if (rel === "next" && scrollY + high < all - 4) scrollBy(0, high * 0.8);
  else if (rel === "prev" && scrollY > 4) scrollBy(0, high * -0.8);
  else {
    const url = find(`[rel="${rel}"]`)?.href;
    if (rel === "up") location.assign(url);
    else if (url) show(url, true);
  }
}

addEventListener("keydown", (event) => {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key.length === 1 && document.documentElement.dataset.keys) return;
  const rel = key === " " && event.shiftKey ? "prev" : KEYS[key];
  if (key === "F5") document.documentElement.requestFullscreen().catch(() => {});
  else if (key === "." || key === "b") document.body.classList.toggle("is-dark");
  else if (rel) go(rel);
  else return;
  event.preventDefault();
});

addEventListener("click", (event) => {
  const link = event.target.closest('[rel="next"], [rel="prev"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.href, true);
});

// The stream says what time it is for the mirror: each minute, and as soon as updates fail. Its first word is no news.
let ages;
function follow() {
  ages?.close();
  if (document.hidden) return;
  ages = new EventSource("../events");
  let isNews = false;
  ages.onmessage = () => {
    if (isNews) show(location.href, false);
    isNews = true;
  };
}
document.addEventListener("visibilitychange", follow);
follow();
