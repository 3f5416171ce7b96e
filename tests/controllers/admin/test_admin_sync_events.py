"""The live part of the sync page: what it sends, and that it ends with the right to see it."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.conftest import as_url, create_database
from tests.support.served import Served, run_serve
from tests.support.signed_in import cookies, let_in

EVENTS = "/admin/sync/events"


@dataclass(frozen=True, slots=True)
class Site:
    """The running program with alice (admin) and bob (viewer) in it, and her browser."""

    program: Served
    conninfo: str
    browser: httpx2.Client

    def query(self, sql: str, *params: object) -> None:
        with psycopg.connect(self.conninfo) as connection:
            connection.execute(sql.encode(), params)

    @contextmanager
    def stream(self) -> Generator[Iterator[dict[str, Any]]]:
        """Open a stream and yield its events, as they come."""
        with self.browser.stream("GET", EVENTS) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in answer.headers
            yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))

    def seconds_until_end(self, act: Callable[[], object]) -> float:
        """Return how long after `act` an open stream ended."""
        with self.stream() as events:
            next(events)
            act()
            started = time.monotonic()
            assert list(events) == []
            return time.monotonic() - started


@contextmanager
def open_site(server: str, template: str, folder: Path) -> Generator[Site]:
    with create_database(server, template) as conninfo:
        let_in(conninfo)
        with (
            run_serve(folder, DATABASE_URL=as_url(conninfo)) as program,
            httpx2.Client(base_url=program.address, cookies=cookies("alice"), timeout=30) as browser,
        ):
            program.until("/readyz", 200)
            yield Site(program, conninfo, browser)


@pytest.fixture(scope="module")
def program(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with open_site(server, template, tmp_path_factory.mktemp("served")) as site:
        yield site


@pytest.fixture
def site(program: Site) -> Site:
    """Return it with its people as they were, and without any run."""
    program.query("DELETE FROM sync_history")
    program.query("DELETE FROM users")
    let_in(program.conninfo)
    return program


def test_each_change_of_a_run_is_told_and_nothing_else(site: Site) -> None:
    with site.stream() as events:
        first = next(events)
        assert "No sync is running." in first["html"]
        assert (first["said"], first["ended"]) == ("", None)
        site.query(
            "INSERT INTO sync_history (status, trigger_type, activity) VALUES ('running', 'manual', 'Reading.')"
        )
        second = next(events)
        assert "A sync is running" in second["html"]
        assert second["said"] == "Reading."
        site.query("""UPDATE sync_history SET streams = '{"issues": {"fetched": 250}}'""")
        third = next(events)
        assert '<td class="number">250</td>' in third["html"]
        assert third["said"] == "Reading."
        site.query("UPDATE sync_history SET status = 'succeeded', completed_at = now()")
        assert next(events)["ended"] is not None


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM sessions",
        "UPDATE users SET is_disabled = true WHERE email = 'alice@example.com'",
        "UPDATE users SET is_admin = false WHERE email = 'alice@example.com'",
        "UPDATE users SET access_until = now() WHERE email = 'alice@example.com'",
        "DELETE FROM users WHERE email = 'alice@example.com'",
    ],
)
def test_it_ends_within_moments_of_the_right_to_see_it(site: Site, sql: str) -> None:
    assert site.seconds_until_end(lambda: site.query(sql)) < 2


def test_more_than_a_hundred_are_refused_and_a_place_is_free_again_once_one_has_gone(site: Site) -> None:
    unlimited = httpx2.Limits(max_connections=None)
    with (
        httpx2.Client(
            base_url=site.program.address, cookies=cookies("alice"), timeout=30, limits=unlimited
        ) as browser,
        ExitStack() as streams,
        ThreadPoolExecutor(10) as threads,
    ):

        def open_one(_number: int) -> int:
            return streams.enter_context(browser.stream("GET", EVENTS)).status_code

        assert set(threads.map(open_one, range(100))) == {200}
        assert browser.get(EVENTS).status_code == 503
        streams.close()
        deadline = time.monotonic() + 10
        while browser.send(browser.build_request("GET", EVENTS), stream=True).status_code == 503:
            assert time.monotonic() < deadline


def test_an_open_stream_does_not_hold_up_the_programs_end(server: str, template: str, tmp_path: Path) -> None:
    with open_site(server, template, tmp_path) as site:
        assert site.seconds_until_end(site.program.process.terminate) < 2
        assert site.program.process.wait(5) == 0
