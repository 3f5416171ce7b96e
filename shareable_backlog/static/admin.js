// Shows what changes without loading the page anew; every page works without it.
"use strict";

const live = document.querySelector("[data-events]");

// Loads the rest of the page again, but no part that the reader is in.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = readPage(await answer.text());
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
    if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
  }
}

if (live) {
  const said = document.getElementById("said");
  const again = document.querySelector(".again");
  let events;
  let ended;

  const show = (news) => {
    const within = live.contains(document.activeElement);
    live.replaceChildren(...document.adoptNode(readPage(news.html).body).childNodes);
    if (within) live.querySelector("[tabindex]")?.focus({ preventScroll: true });
    if (said.textContent !== news.said) said.textContent = news.said;
    if (ended !== undefined && ended !== news.ended) refresh();
    ended = news.ended;
  };

  const listen = () => {
    events = new EventSource(live.dataset.events);
    events.addEventListener("open", () => {
      again.hidden = true;
    });
    events.addEventListener("error", () => {
      again.hidden = false;
    });
    events.addEventListener("message", (event) => show(JSON.parse(event.data)));
  };

  // A browser has few connections to a host: pages that nobody sees give theirs back.
  document.addEventListener("visibilitychange", () => {
    events?.close();
    if (!document.hidden) listen();
  });
  if (!document.hidden) listen();
}
