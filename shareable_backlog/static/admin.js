// Shows at once what changes, by means of app.js; pages work without.
"use strict";

const live = find("[data-events]");

// Loads the rest of the page again, but no part that the reader is in.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = readPage(await answer.text());
  for (const part of findAll("[data-fresh]")) {
    const fresh = find(`[data-fresh="${part.dataset.fresh}"]`, page);
    if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
  }
}

if (live) {
  const said = find("#said");
  const again = find(".again");
  let events;
  let rest;

  const show = (news) => {
    const within = live.contains(document.activeElement);
    live.replaceChildren(...document.adoptNode(readPage(news.html).body).childNodes);
    if (within) find("[tabindex]", live)?.focus({ preventScroll: true });
    if (said.textContent !== news.said) said.textContent = news.said;
    if (rest !== undefined && rest !== `${news.rest}`) refresh();
    rest = `${news.rest}`;
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
