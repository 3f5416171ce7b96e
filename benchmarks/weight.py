"""Weigh pages in Chromium with an empty cache at 100,000 items, and see how they appear.

The weight is all that comes over the network for a page, compressed, with headers: document, style, script, picture.
The list is loaded again and again in a fresh browser context at 1440 x 900: when its largest part is painted, whether
anything moves afterwards, and tasks that keep the browser busy for more than 50 ms.
"""

from collections.abc import Generator
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


def _loaded(browser: Browser, address: str, path: str) -> dict[str, Any]:
    """Load a page with nothing in the cache; give its weight in KB, and what its observers saw."""
    with browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}) as context:
        context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, value in cookies("bob").items()]
        )
        page = context.new_page()
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
