"""Weigh pages in Chromium with an empty cache at 100,000 items, and see how they appear.

The weight is all that comes over the network for a page, compressed, with headers: document, style, script, picture.
The list is loaded again and again in a fresh browser context at 1440 x 900: when its largest part is painted, whether
anything moves afterwards, and tasks that keep the browser busy for more than 50 ms. On a processor that is
slowed down four times: how long keys and menus take until the next paint.
"""

from collections.abc import Generator
from contextlib import contextmanager
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks import rig
from benchmarks.rig import Row, backlogs
from benchmarks.rig.reader import Reader
from tests.support.browser import chromium
from tests.support.signed_in import cookies

_WATCH = """
  window.seen = { paint_ms: 0, shift: 0, moved: [], long_ms: 0 };
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
    .observe({ type, buffered: true });
  watch("largest-contentful-paint", (entry) => { seen.paint_ms = entry.startTime; });
  watch("layout-shift", (entry) => {
    seen.shift += entry.value;
    seen.moved.push(...entry.sources.map((source) => source.node?.outerHTML?.slice(0, 80) ?? "text"));
  });
  watch("longtask", (entry) => { seen.long_ms = Math.max(seen.long_ms, entry.duration); });
"""

_WATCH_WAITS = """
  window.waited_ms = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (entry.interactionId) waited_ms = Math.max(waited_ms, entry.duration);
  })).observe({ type: "event", durationThreshold: 16 });
"""
_SLOWED = 4
_KEYS = ("j", "k", "?", "Escape", "/", "a", "Escape")


def measure(*, quick: bool) -> Generator[Row]:
    """Yield weights, and the worst of what was seen."""
    # A reader's own, with windows; the shell reads a page without a pause, which takes it 79 to 100 ms.
    executable = chromium.find_browser((*chromium.BROWSERS, chromium.SHELL))
    if executable is None:
        raise rig.Unavailable("Chromium is missing (apt-get install chromium)")
    size, rounds = (10_000, 2) if quick else (100_000, 15)
    with backlogs.databases(size) as mirrors:
        environ = rig.environment(DATABASE_URL=rig.url_of(mirrors[size]))
        with (
            rig.serving([*rig.SLB, "serve"], environ, "/readyz") as address,
            chromium.start_browser(executable) as browser,
        ):
            _, identifiers = Reader(address).path_of_page(2)
            lists = [_loaded(browser, address, "/") for _ in range(rounds)]
            others = {path: _loaded(browser, address, path) for path in ("/?group=state", "/board")}
            items = [_loaded(browser, address, f"/items/{identifier}") for identifier in identifiers[:rounds]]
            waits = {path: _interact(browser, address, path) for path in ("/", "/?group=state", "/board")}
    yield rig.at_most("list, weight", max(one["kb"] for one in lists), 60, " KB")
    yield rig.at_most(f"item, weight, the heaviest of {len(items)}", max(one["kb"] for one in items), 40, " KB")
    for path, one in others.items():
        yield Row(f"{path}, weight", f"{one['kb']:.2f} KB")
    # The first of all starts the browser's own processes and the server's first page.
    paints = [one["paint_ms"] for one in lists[1:]]
    yield Row("list, largest paint, median", f"{median(paints):.0f} ms")
    yield rig.at_most("list, largest paint, the latest", max(paints), 500, " ms")
    shift = max(one["shift"] for one in lists)
    yield Row("list, layout shift", f"{shift:.4f}", "at most 0", shift == 0)
    for moved in sorted({moved for one in lists for moved in one["moved"]}):
        yield Row("  what moved", moved)
    yield Row("list, loads with a task over 50 ms", f"{sum(one['long_ms'] > 0 for one in lists[1:])} of {rounds - 1}")
    yield rig.at_most("list, longest task over 50 ms", max(one["long_ms"] for one in lists[1:]), 0, " ms")
    for path, waited in waits.items():
        longest = max(waited.values())
        yield rig.at_most(f"{path}, slowed {_SLOWED} times, to the next paint", longest, 50, " ms")
        yield Row("  of these", ", ".join(f"{what} {ms:.0f}" for what, ms in waited.items() if ms))


def _interact(browser: Browser, address: str, path: str) -> dict[str, float]:
    """Press keys on a page and open its menus; give by what was done the longest time to the next paint, in ms."""
    with _opened(browser, address) as page:
        page.add_init_script(_WATCH_WAITS)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWED})  # pyright: ignore[reportUnknownMemberType] (untyped in Playwright)
        waits: dict[str, float] = {}

        def note(what: str) -> None:
            page.wait_for_timeout(500)  # an observer is told late
            waits[what] = max(waits.get(what, 0), page.evaluate("[waited_ms, waited_ms = 0][0]"))

        for key in _KEYS:
            page.keyboard.press(key)
            note(key)
        for menu in page.locator("details.menu > summary:visible").all():
            menu.hover()
            note("hover")
            page.mouse.down()
            page.mouse.up()
            note("menu")
    return waits


@contextmanager
def _opened(browser: Browser, address: str) -> Generator[Page]:
    """Yield bob's page in a context of its own."""
    with browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}) as context:
        context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in cookies("bob").items()]
        )
        yield context.new_page()


def _loaded(browser: Browser, address: str, path: str) -> dict[str, Any]:
    """Load a page with nothing in the cache; give its weight in KB, and what its observers saw."""
    with _opened(browser, address) as page:
        received = _counted(page)
        page.add_init_script(_WATCH)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        seen: dict[str, Any] = page.evaluate("window.seen")
    return {"kb": sum(received) / 1024, **seen}


def _counted(page: Page) -> list[float]:
    """Return a list that fills with the bytes of each answer."""
    received: list[float] = []
    session = page.context.new_cdp_session(page)

    def note(event: dict[str, Any]) -> None:
        received.append(event["encodedDataLength"])

    session.on("Network.loadingFinished", note)
    session.send("Network.enable")  # pyright: ignore[reportUnknownMemberType] (untyped in Playwright)
    return received
