"""A full pull from (the fake of) Linear."""

import asyncio
from functools import partial
from time import sleep

import psycopg
import pytest
from msgspec.structs import replace

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.errors import ConfigurationInvalid, SyncFailed
from shareable_backlog.linear.errors import AuthenticationFailed
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.sync.runs import RunReport
from shareable_backlog.sync.store import StreamPage
from tests.fakes.linear import FakeLinear, Fault, World, run_linear
from tests.fakes.linear.volume import volume
from tests.support.pulling import before_request

pytestmark = pytest.mark.anyio


async def pulled(live_database: Settings, fake: FakeLinear, *, key: str | None = None) -> RunReport:
    settings = replace(live_database, linear_api_url=fake.url, linear_api_key=Secret(key or fake.key))
    return await pull.run_sync(settings, SyncRequest("manual"), lambda _report, _page: None)


async def test_every_row_of_the_source_is_in_the_mirror(live_database: Settings) -> None:
    world = volume(600, seed=1)
    with run_linear(world) as fake:
        report = await pulled(live_database, fake)
    assert report.status == "succeeded"
    assert {name: stored.created for name, stored in report.streams.items()} == {
        name: len(world.rows[stream.root]) for name, stream in STREAMS.items()
    }


async def test_archived_issues_are_mirrored_too(live_database: Settings) -> None:
    world = World()
    world.add_issue(archivedAt="2026-01-05T00:00:00.000Z")
    with run_linear(world) as fake:
        await pulled(live_database, fake)
    assert await query("SELECT archived_at IS NOT NULL FROM backlog_items") == [(True,)]


async def test_a_run_with_nothing_new_costs_one_request_and_stores_nothing(live_database: Settings) -> None:
    world = volume(300, seed=2)
    world.pass_time(3_600)
    with run_linear(world) as fake:
        await pulled(live_database, fake)
        fake.requests.clear()
        second = await pulled(live_database, fake)
    assert second.total == RowCounts()
    assert len(fake.requests) == 1


async def test_a_run_with_nothing_new_costs_at_most_1000_points(live_database: Settings) -> None:
    world = volume(300, seed=2)
    world.pass_time(3_600)
    with run_linear(world) as fake:
        await pulled(live_database, fake)
        before = fake.points_spent
        await pulled(live_database, fake)
        assert 0 < fake.points_spent - before <= 1_000


async def test_what_changed_shortly_before_the_last_run_is_read_once_more(live_database: Settings) -> None:
    world = World()
    world.add_issue()
    with run_linear(world) as fake:
        await pulled(live_database, fake)
        second = await pulled(live_database, fake)
    assert second.streams["issues"] == RowCounts(unchanged=1)


async def test_5000_issues_with_all_that_hangs_on_them_cost_the_20_requests_of_their_pages(
    live_database: Settings,
) -> None:
    with run_linear(volume(5_000, seed=3)) as fake:
        await pulled(live_database, fake)
        assert len(fake.requests) == 20
        assert fake.points_spent < 110_000


async def test_references_and_values_arrive_as_they_are_in_linear(live_database: Settings) -> None:
    world = World()
    team = world.add_team("FLD", "Field")
    label = world.add_label("Bug")
    alice = world.add_person("Alice Ashby")
    issue = world.add_issue(
        team,
        title="Tür klemmt",
        labelIds=[label["id"]],
        assignee=alice["id"],
        priority=2,
        dueDate="2026-03-01",
        estimate=3,
    )
    world.add_comment(issue, "Ölen.", user=alice["id"])
    with run_linear(world) as fake:
        await pulled(live_database, fake)
    [item] = await query(
        "SELECT identifier, title, label_ids, assignee_id, priority, due_date::text, estimate, team_id"
        " FROM backlog_items"
    )
    assert item == ("FLD-1", "Tür klemmt", [label["id"]], alice["id"], 2, "2026-03-01", 3.0, team["id"])
    assert await query("SELECT body, issue_id, user_id FROM comments") == [("Ölen.", issue["id"], alice["id"])]


async def test_a_private_team_is_marked_as_private(live_database: Settings) -> None:
    world = World()
    world.add_team("SEC", "Security", visibility="private")
    with run_linear(world) as fake:
        await pulled(live_database, fake)
    assert await query("SELECT key, private FROM teams") == [("SEC", True)]


async def test_no_mail_address_of_a_person_is_mirrored(live_database: Settings) -> None:
    world = World()
    world.add_person("Bob Birch")
    with run_linear(world) as fake:
        await pulled(live_database, fake)
    assert await query("SELECT 1 FROM people WHERE people::text LIKE '%%@%%'") == []


async def test_a_wrong_key_fails_the_run_in_plain_words(live_database: Settings) -> None:
    with run_linear() as fake, pytest.raises(AuthenticationFailed):
        await pulled(live_database, fake, key="lin_api_wrong")
    [(status, message)] = await query("SELECT status, error_message FROM sync_history")
    assert status == "failed"
    assert "key" in message
    assert "lin_api_wrong" not in message


async def test_a_hole_that_passes_is_asked_for_again_at_once(live_database: Settings) -> None:
    with run_linear(volume(300, seed=4)) as fake:
        fake.fail_next(Fault.PARTIAL, times=1)
        report = await pulled(live_database, fake)
    assert report.status == "succeeded"
    assert await query("SELECT count(*) FROM backlog_items") == [(300,)]


async def test_without_a_key_it_says_what_to_set(live_database: Settings) -> None:
    with pytest.raises(ConfigurationInvalid, match="LINEAR_API_KEY"):
        await pull.run_sync(live_database, SyncRequest("manual"), lambda _report, _page: None)


async def test_a_key_of_another_workspace_changes_nothing(live_database: Settings) -> None:
    world = World(seed=1)
    world.add_issue(title="ours")
    with run_linear(world) as fake:
        await pulled(live_database, fake)
    other = World(seed=2)
    other.add_issue(title="theirs")
    with run_linear(other) as fake, pytest.raises(SyncFailed, match="different workspace"):
        await pulled(live_database, fake)
    assert await query("SELECT title FROM backlog_items") == [("ours",)]


async def _list_indexes() -> set[str]:
    found = await query("SELECT indexname::text FROM pg_indexes WHERE tablename = 'backlog_items'")
    return {name for (name,) in found}


def _wait_for_indexes(database: str, count: int) -> None:
    """Let Linear wait with its answer until they are back."""
    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(600):
            found = connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'backlog_items'").fetchall()
            if found == [(count,)]:
                return
            sleep(0.1)


class _Watch:
    """Note how many indexes items have at each page of a run, and each thing that it says it is at."""

    def __init__(self, database: str) -> None:
        self._connection = psycopg.connect(database, autocommit=True)
        self.counts: list[int] = []

    def see(self, _report: RunReport, _page: StreamPage) -> None:
        found = self._connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'backlog_items'")
        self.counts += [count for (count,) in found]

    def close(self) -> None:
        self._connection.close()


@pytest.mark.owner
async def test_an_empty_mirror_is_filled_without_the_indexes_of_items_and_has_them_at_the_end(
    live_database: Settings, database: str
) -> None:
    before = await _list_indexes()
    watch = _Watch(database)
    with run_linear(volume(300, seed=2)) as fake:
        settings = replace(live_database, linear_api_url=fake.url, linear_api_key=Secret(fake.key))
        for _ in range(2):
            fake.world.pass_time(3_600)
            fake.world.add_issue()
            await pull.run_sync(settings, SyncRequest("manual"), watch.see)
    watch.close()
    assert watch.counts[0] == 1
    assert watch.counts[-1] == len(before)
    assert await _list_indexes() == before


@pytest.mark.owner
async def test_a_first_fill_that_takes_long_has_the_indexes_before_its_end(
    live_database: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "_WITHOUT_INDEXES_S", 0.0)
    before = await _list_indexes()
    watch = _Watch(database)
    with (
        run_linear(volume(600, seed=2)) as fake,
        before_request(fake, 3, partial(_wait_for_indexes, database, len(before))),
    ):
        settings = replace(live_database, linear_api_url=fake.url, linear_api_key=Secret(fake.key))
        await pull.run_sync(settings, SyncRequest("manual"), watch.see)
    watch.close()
    assert watch.counts[-1] == len(before)


@pytest.mark.owner
async def test_a_first_fill_that_fails_has_the_indexes_back(live_database: Settings) -> None:
    before = await _list_indexes()
    with (
        run_linear(volume(600, seed=2)) as fake,
        before_request(fake, 2, lambda: fake.fail_next(Fault.AUTHENTICATION)),
        pytest.raises(AuthenticationFailed),
    ):
        await pulled(live_database, fake)
    assert await query("SELECT count(*) > 0 FROM backlog_items") == [(True,)]
    assert await _list_indexes() == before


@pytest.mark.owner
async def test_a_first_fill_that_is_stopped_leaves_the_indexes_to_the_next_run(live_database: Settings) -> None:
    before = await _list_indexes()
    with run_linear(volume(600, seed=2)) as fake:
        running = asyncio.create_task(pulled(live_database, fake))
        stop = partial(running.get_loop().call_soon_threadsafe, running.cancel)
        with before_request(fake, 2, stop), pytest.raises(asyncio.CancelledError):
            await running
        assert await _list_indexes() == {"backlog_items_pkey"}
        await pulled(live_database, fake)
    assert await _list_indexes() == before
