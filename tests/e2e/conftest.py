"""Give tests a browser, and the program with the sample backlog, a team of hostile items and a private one."""

import asyncio
import functools
import os
from collections.abc import Callable, Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import settings
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.search import search_entries
from shareable_backlog.services.sample_place import find_meeting
from shareable_backlog.sync import runs, sample
from tests.conftest import as_url, create_database, create_once, filled_name
from tests.support import leaks
from tests.support.browser import chromium, hidden, hostile
from tests.support.browser.network_lock import keep_addresses
from tests.support.browser.serving import serve_pages, wait_until_ready
from tests.support.signed_in import cookies, let_in

NewPage = Callable[..., Page]
Visit = Callable[[str, str | None, int, int], Page]
Windows = Callable[[str | None], tuple[Page, list[str]]]
# What looking at a page leaves behind: the focus, where it and its parts are scrolled to, and a style sheet.
_LOOK_ANEW = """() => {
  document.activeElement.blur();
  document.adoptedStyleSheets = [];
  for (const one of document.querySelectorAll('*')) if (one.scrollLeft || one.scrollTop) one.scrollTo(0, 0);
}"""


def fill_database(conninfo: str) -> None:
    """Store the sample backlog and what stands beside it in tests, and let the personas in."""
    asyncio.run(_store(as_url(conninfo)))
    let_in(conninfo)
    with psycopg.connect(conninfo) as connection:
        # All tests share it, and the last ones come long after: nobody is asked to sign in again meanwhile.
        connection.execute("UPDATE sessions SET created_at = now() + interval '1 hour'")


async def _store(url: str) -> None:
    async with database.open_database(parse_settings({"DATABASE_URL": url})):
        await sample.load_sample()
        async with runs.record_run("import") as report:
            for batches in (hostile.batches(), hidden.batches()):
                await runs.store_batches(report, batches, lambda _report, _page: None, is_sample=True)
        assert not report.bad_rows
        await label_offers.offer_waiting()
        await settings.begin_meetings(find_meeting(datetime.now(UTC).date()))
        while await search_entries.refresh_entries(1_000):
            pass


@pytest.fixture(scope="session")
def site(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Yield the address of the program, filled and ready; one a worker."""
    filled = create_once(server, filled_name(template), template, fill_database)
    folder = tmp_path_factory.mktemp("site")
    with create_database(server, filled) as conninfo, serve_pages(folder, DATABASE_URL=as_url(conninfo)) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="session")
def site_without_database(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Yield the address of the program while its database is away."""
    nothing_there = "postgresql://alice@127.0.0.1:1/nothing"
    with serve_pages(tmp_path_factory.mktemp("away"), DATABASE_URL=nothing_there) as address:
        yield address


# The package's, not the session's: while Playwright runs, no asynchronous test can. And `site` is filled before.
@pytest.fixture(scope="package")
def browser(site: str) -> Generator[Browser]:
    """Yield the system's Chromium."""
    del site
    executable = chromium.find_browser()
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("There is no Chromium, and CI must have it.")
        pytest.skip("There is no Chromium: get it with `apt-get install chromium`.")
    with chromium.start_browser(executable) as browser:
        yield browser


@pytest.fixture
def new_page(browser: Browser, site: str) -> Generator[NewPage]:
    """Yield a function that opens a page of bob's, or another persona's, with the browser context's options.

    At the end no page may have had a dialog, an error, a violation of its policy or a request to another host; a test
    that has failed already has a cause of its own.
    """
    watches: list[list[str]] = []
    with keep_addresses(), ExitStack() as contexts:

        def open_page(base_url: str = site, persona: str | None = "bob", **options: Any) -> Page:
            context = contexts.enter_context(browser.new_context(base_url=base_url, **options))
            page, faults = _open_page(context, base_url, persona)
            watches.append(faults)
            return page

        yield open_page
    assert leaks.is_over() or [fault for faults in watches for fault in faults] == []


def _open_page(context: BrowserContext, base_url: str, persona: str | None) -> tuple[Page, list[str]]:
    if persona:
        context.add_cookies(
            [{"name": name, "value": value, "url": base_url} for name, value in cookies(persona).items()]
        )
    context.set_default_timeout(5000)
    page = context.new_page()
    return page, chromium.watch_page(page, base_url)


@pytest.fixture(scope="package")
def windows(browser: Browser, site: str) -> Generator[Windows]:
    """Yield what opens a persona's window at its first visit, and finds it again at later ones."""
    with ExitStack() as contexts:

        @functools.cache
        def open_window(persona: str | None) -> tuple[Page, list[str]]:
            context = contexts.enter_context(browser.new_context(base_url=site))
            return _open_page(context, site, persona)

        yield open_window


@pytest.fixture
def visit(windows: Windows, site: str) -> Generator[Visit]:
    """Yield a function that goes to a page of the site in its persona's window, for who only looks at it.

    The window is the one of the tests before, which takes a fraction of what a new one does; it has the size that is
    asked for, and the light scheme. A page that is there from the test before is not loaded again. No page may have
    what `new_page` forbids.
    """
    watches: list[list[str]] = []

    def go(path: str, persona: str | None, width: int, height: int) -> Page:
        page, faults = windows(persona)
        faults.clear()
        watches.append(faults)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        if page.url == f"{site}{path}":
            page.evaluate(_LOOK_ANEW)
        else:
            page.goto(path)
        return page

    with keep_addresses():
        yield go
    assert leaks.is_over() or [fault for faults in watches for fault in faults] == []


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """Return a page of a desk's size."""
    return new_page(viewport={"width": 1440, "height": 900})
