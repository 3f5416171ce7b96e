"""Lists come from the standby when it is as new as the primary, and from the primary otherwise, without an error."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from structlog.testing import capture_logs

from shareable_backlog import clock, database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection.item_query import ItemQuery
from shareable_backlog.database.connection.pool import require_database
from shareable_backlog.database.connection.standby import request_version
from shareable_backlog.database.connection.standby import standby as standby_module
from shareable_backlog.database.connection.standby.standby import LIST_READS
from shareable_backlog.services.backlog import item_pages
from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support.served import Served, run_serve
from tests.support.signed_in import read_page_user

pytestmark = pytest.mark.anyio

ALL, SHOWN = ["ENG-1", "OPS-2"], ["ENG-1"]
ROWS = """
INSERT INTO teams (id, key, name, private, created_at, updated_at) VALUES
  ('t1', 'ENG', 'Engineering', false, now(), now()), ('t2', 'OPS', 'mallory''s', false, now(), now());
INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at, sort_order) VALUES
  ('i1', 'ENG-1', 1, 'Fix the roof', 't1', now(), now(), 1), ('i2', 'OPS-2', 2, 'Buy tiles', 't2', now(), now(), 2);
"""
HIDE = "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 't2', false)"
SHOW = "DELETE FROM sharing_rules"


class Pair:
    """A primary, and a standby that follows it unless it is paused."""

    def __init__(self, primary: PrivateServer, standby: PrivateServer) -> None:
        self.primary, self.standby = primary, standby

    def run(self, sql: str) -> None:
        """Change something on the primary, as another process does."""
        with self.primary.connect() as admin:
            admin.execute(sql.encode())

    def pause(self) -> None:
        with self.standby.connect() as admin:
            admin.execute("SELECT pg_wal_replay_pause()")
            wait_until(lambda: admin.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() == ("paused",))

    def until_followed(self) -> None:
        """Wait until the standby has the version that the primary has."""
        with self.primary.connect() as primary, self.standby.connect() as standby:
            version = "SELECT version FROM mirror_versions"
            wait_until(lambda: primary.execute(version).fetchone() == standby.execute(version).fetchone())

    def resume(self) -> None:
        with self.standby.connect() as admin:
            admin.execute("SELECT pg_wal_replay_resume()")


def wait_until(holds: Callable[[], bool]) -> None:
    started = monotonic()
    while not holds():
        assert monotonic() - started < 8
        sleep(0.01)


@pytest.fixture(scope="module")
def running_pair(private_servers: PrivateServers) -> Generator[Pair]:
    primary = private_servers.make()
    primary.start()
    standby = private_servers.make_standby(primary)
    standby.start()
    pair = Pair(primary, standby)
    pair.run(ROWS)
    yield pair
    primary.kill()
    standby.kill()


@pytest.fixture
def pair(running_pair: Pair) -> Generator[Pair]:
    """Yield the pair with everything shown, and leave it following."""
    yield running_pair
    running_pair.resume()
    running_pair.run(SHOW)


@asynccontextmanager
async def open_both(pair: Pair, read_url: str | None = None) -> AsyncGenerator[None]:
    given = {
        "DATABASE_URL": pair.primary.url,
        "DATABASE_READ_URL": read_url or pair.standby.url,
        "DATABASE_STATEMENT_TIMEOUT_MS": "500",
        "DATABASE_CONNECT_TIMEOUT_S": "0.5",
    }
    async with database.open_database(parse_settings(given)):
        yield


async def list_as_bob() -> tuple[list[str], str]:
    """Return what bob's list has, as a request of his reads it, and which server its rows are from."""
    bob = await read_page_user("bob")
    LIST_READS.reset()
    asked = ItemQuery(Filters(), None, clock.read_time())
    found = await item_pages.list_items(bob.user.scope, asked, None, 50)
    return sorted(one.identifier for one in found.items), "standby" if LIST_READS.value.standby else "primary"


async def list_from(server: str) -> list[str]:
    """List until the rows are from `server`, and return them."""
    started = monotonic()
    while True:
        found, came_from = await list_as_bob()
        if came_from == server:
            return found
        assert monotonic() - started < 8
        await asyncio.sleep(0.01)


async def test_a_list_comes_from_the_standby_when_that_is_as_new(pair: Pair) -> None:
    async with open_both(pair):
        assert await list_from("standby") == ALL
        assert await list_as_bob() == (ALL, "standby")


async def test_no_list_is_from_before_a_rule_while_the_standby_is_behind(pair: Pair) -> None:
    async with open_both(pair):
        await list_from("standby")
        pair.pause()
        assert await list_as_bob() == (ALL, "standby")
        pair.run(HIDE)
        for _ in range(30):
            assert await list_as_bob() == (SHOWN, "primary")
            await asyncio.sleep(0.01)  # so that the standby is asked again meanwhile
        pair.resume()
        assert await list_from("standby") == SHOWN


async def test_a_connection_made_while_it_is_behind_is_not_trusted_either(pair: Pair) -> None:
    pair.pause()
    pair.run(HIDE)
    async with open_both(pair):
        for _ in range(10):
            assert await list_as_bob() == (SHOWN, "primary")
            await asyncio.sleep(0.02)


async def test_a_standby_that_stays_behind_is_in_the_log_until_it_follows(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby_module, "_LATE_S", 0.1)
    async with open_both(pair):
        await list_from("standby")
        pair.pause()
        pair.run(HIDE)
        with capture_logs() as logged:
            for _ in range(30):
                await list_as_bob()
                await asyncio.sleep(0.01)
            pair.resume()
            await list_from("standby")
    told = [(one["event"], one.get("reason")) for one in logged if one["event"].startswith("standby")]
    assert told == [
        ("standby_is_away", "The standby is behind the primary, or is no standby."),
        ("standby_is_back", None),
    ]


async def test_a_standby_that_stops_costs_nobody_an_error(pair: Pair) -> None:
    async with open_both(pair):
        await list_from("standby")
        with capture_logs() as logged:
            pair.standby.stop()
            try:
                for _ in range(20):
                    assert await list_as_bob() == (ALL, "primary")
            finally:
                pair.standby.start()
            assert await list_from("standby") == ALL
    told = [one["event"] for one in logged if one["event"] != "query" and "prepared" not in one["event"]]
    assert told == ["standby_is_away", "standby_is_back"]


async def test_a_standby_that_falls_silent_is_left_after_half_the_time(pair: Pair) -> None:
    async with open_both(pair):
        await list_from("standby")
        pair.standby.freeze()
        try:
            for _ in range(5):
                assert await list_as_bob() == (ALL, "primary")
        finally:
            pair.standby.thaw()


async def test_what_is_no_standby_is_never_read(pair: Pair) -> None:
    async with open_both(pair, pair.primary.url):
        for _ in range(10):
            assert await list_as_bob() == (ALL, "primary")
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, None),
        ("the primary's", "This server is no standby, so nothing is read there."),
        ("postgresql://x@127.0.0.1:1/x", "The standby is not running or not listening."),
    ],
)
async def test_it_is_told_why_a_standby_cannot_be_used(pair: Pair, url: str | None, problem: str | None) -> None:
    async with open_both(pair, pair.primary.url if url == "the primary's" else url):
        standby = require_database().standby
        assert standby is not None
        assert await standby.find_problem() == problem


async def test_what_changed_something_reads_on_the_primary(pair: Pair) -> None:
    async with open_both(pair):
        await list_from("standby")
        bob = await read_page_user("bob")
        async with transaction() as tx:
            await tx.query("UPDATE teams SET name = name")
        LIST_READS.reset()
        await item_pages.list_items(bob.user.scope, ItemQuery(Filters(), None, clock.read_time()), None, 50)
        assert LIST_READS.value.standby == 0


async def test_what_goes_on_for_long_asks_the_primary_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_both(pair):
        await list_from("standby")
        monkeypatch.setattr(request_version, "_GOOD_FOR_S", 0)
        assert await list_as_bob() == (ALL, "primary")


async def test_what_does_not_say_so_runs_on_the_primary(pair: Pair) -> None:
    async with open_both(pair):
        await list_from("standby")
        await read_page_user("bob")
        assert await query("SELECT pg_is_in_recovery()") == [(False,)]
        assert await query("SELECT pg_is_in_recovery()", on_standby=True) == [(True,)]


PAGES = ("/", "/?q=OPS-2", "/?layout=board", "/?group=team", "/export.csv", "/export.json?q=OPS-2")


def reads_standby(pair: Pair, program: Served, path: str) -> bool:
    """Return whether a page is read from the standby, once that knows of a change that makes all kept pages old."""
    pair.run("UPDATE teams SET name = name")
    pair.until_followed()
    before = read_counter(program)
    answer = program.get(path)
    assert (answer.status, "Buy tiles" in answer.text) == (200, True), path
    return read_counter(program) > before


def read_counter(program: Served) -> int:
    lines = program.get("/metrics").text.splitlines()
    [line] = [one for one in lines if one.startswith('slb_database_list_reads_total{server="standby"}')]
    return int(float(line.split()[1]))


def test_pages_and_exports_come_from_the_standby_and_none_shows_what_was_hidden(pair: Pair, tmp_path: Path) -> None:
    with run_serve(tmp_path, DATABASE_URL=pair.primary.url, DATABASE_READ_URL=pair.standby.url) as program:
        program.until("/readyz", 200)
        for path in PAGES:
            wait_until(lambda path=path: reads_standby(pair, program, path))
        pair.pause()
        pair.run(HIDE)
        before = read_counter(program)
        for path in PAGES * 3:
            answer = program.get(path)
            assert (answer.status, "Buy tiles" in answer.text) == (200, False), path
        assert read_counter(program) == before
        assert not program.events("query_failed", "unforeseen_error")
