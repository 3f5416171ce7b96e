"""A full run finds what is gone from Linear, what is back, and what has changed without a trace."""

from collections.abc import Generator
from datetime import timedelta

import psycopg
import pytest
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.linear.queries import LARGEST_PAGE
from shareable_backlog.streams import STREAMS
from tests.fakes.linear import FakeLinear, Fault, Row, World, run_linear
from tests.support.pulling import EVERY_SECOND, before_request, list_live_ids, run_sync, run_until_quiet, small_world

pytestmark = pytest.mark.anyio


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with an empty workspace."""
    with run_linear() as fake:
        yield fake


def add_issues(world: World, count: int, team: Row | None = None) -> list[Row]:
    return [world.add_issue(team) for _ in range(count)]


@pytest.mark.parametrize("streams", EVERY_SECOND)
async def test_what_was_deleted_in_linear_is_hidden(live_database: Settings, streams: list[str]) -> None:
    world, rows = small_world()
    before = {stream: set(world.rows[of.root]) for stream, of in STREAMS.items()}
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        for stream in streams:
            world.remove(rows[stream])
        report = await run_sync(live_database, fake, full=True, allowed=True)
    after = {stream: set(world.rows[of.root]) for stream, of in STREAMS.items()}
    assert {stream: await list_live_ids(stream) for stream in STREAMS} == after
    gone = {stream: len(before[stream] - after[stream]) for stream in STREAMS}
    assert {stream for stream in STREAMS if gone[stream]} >= set(streams)
    assert {stream: report.streams.get(stream, RowCounts()).removed for stream in STREAMS} == gone
    assert report.status == "succeeded"


@pytest.mark.parametrize("stream", ["projects", "initiatives"])
async def test_a_plan_that_was_put_into_the_trash_without_a_trace_is_so_in_the_mirror_too(
    live_database: Settings, stream: str
) -> None:
    world, rows = small_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        rows[stream]["trashed"] = True
        await run_sync(live_database, fake, full=True)
    assert (True,) in await query("SELECT trashed FROM projects UNION SELECT trashed FROM initiatives")


async def test_a_full_run_over_what_is_right_already_changes_nothing(live_database: Settings) -> None:
    world, _ = small_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        report = await run_sync(live_database, fake, full=True)
    total = report.total
    assert (total.created, total.updated, total.removed) == (0, 0, 0)
    assert report.is_full


async def test_what_a_key_may_see_again_is_back(live_database: Settings) -> None:
    world, rows = small_world()
    team = rows["teams"]
    world.add_comment(world.add_issue(team))
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        before = {stream: await list_live_ids(stream) for stream in STREAMS}
        world.hide_team(team)
        await run_sync(live_database, fake, full=True, allowed=True)
        assert team["id"] not in await list_live_ids("teams")
        assert len(await list_live_ids("comments")) == 1
        world.show_team(team)
        await run_sync(live_database, fake, full=True)
    assert {stream: await list_live_ids(stream) for stream in STREAMS} == before


async def test_an_issue_that_is_restored_from_the_trash_without_a_trace_is_so_in_the_mirror_too(
    live_database: Settings, fake: FakeLinear
) -> None:
    issue = fake.world.add_issue()
    fake.world.trash(issue)
    await run_until_quiet(live_database, fake)
    assert await query("SELECT trashed, archived_at IS NULL FROM backlog_items") == [(True, False)]
    fake.world.restore(issue)
    await run_sync(live_database, fake, full=True)
    assert await query("SELECT trashed, archived_at IS NULL FROM backlog_items") == [(False, True)]


async def test_an_issue_that_was_put_into_the_trash_without_a_trace_is_so_in_the_mirror_too(
    live_database: Settings,
) -> None:
    world = World(trash_archives=False)
    issue = world.add_issue()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        world.trash(issue)
        await run_sync(live_database, fake, full=True)
    assert await query("SELECT trashed FROM backlog_items") == [(True,)]


async def test_a_label_that_is_deleted_leaves_its_items_although_their_times_stay(
    live_database: Settings, fake: FakeLinear
) -> None:
    bug, kept = fake.world.add_label("Bug"), fake.world.add_label("Feature")
    fake.world.add_issue(labelIds=[bug["id"], kept["id"]])
    await run_until_quiet(live_database, fake)
    fake.world.remove(bug)
    await run_sync(live_database, fake, full=True)
    assert await query("SELECT label_ids FROM backlog_items") == [([kept["id"]],)]


async def test_a_row_that_the_mirror_lost_is_fetched_again(live_database: Settings, fake: FakeLinear) -> None:
    fake.world.add_issue()
    await run_until_quiet(live_database, fake)
    await query("DELETE FROM backlog_items")
    assert (await run_sync(live_database, fake, full=True)).streams["issues"].created == 1


async def test_a_row_of_the_mirror_that_is_newer_than_linears_is_put_right(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.world.add_issue()
    await run_until_quiet(live_database, fake)
    await query("UPDATE backlog_items SET title = 'Of nobody', updated_at = updated_at + interval '1 day'")
    await run_sync(live_database, fake, full=True)
    assert await query("SELECT title FROM backlog_items") == [("Issue 1",)]


async def test_more_than_the_share_of_a_stream_is_held_back_until_a_person_confirms_it(
    live_database: Settings, fake: FakeLinear
) -> None:
    found = add_issues(fake.world, 20)
    await run_until_quiet(live_database, fake)
    for issue in found[:6]:
        fake.world.delete(issue)
    report = await run_sync(live_database, fake, full=True)
    assert report.status == "partial"
    assert report.notes == ["Linear no longer lists 6 of 20 issues. That is so much that nothing was removed."]
    assert report.next_step
    assert "slb sync --full --allow-removals" in report.next_step
    assert len(await list_live_ids("issues")) == 20
    report = await run_sync(live_database, fake, full=True, allowed=True)
    assert (report.status, report.streams["issues"].removed) == ("succeeded", 6)
    assert len(await list_live_ids("issues")) == 14


async def test_up_to_five_rows_may_go_however_small_the_stream_is(live_database: Settings, fake: FakeLinear) -> None:
    found = add_issues(fake.world, 5)
    await run_until_quiet(live_database, fake)
    for issue in found:
        fake.world.delete(issue)
    assert (await run_sync(live_database, fake, full=True)).streams["issues"].removed == 5
    assert await list_live_ids("issues") == set()


async def test_a_stream_that_is_held_back_holds_up_no_other(live_database: Settings, fake: FakeLinear) -> None:
    found = add_issues(fake.world, 20)
    label = fake.world.add_label("Bug")
    await run_until_quiet(live_database, fake)
    for issue in found[:6]:
        fake.world.delete(issue)
    fake.world.remove(label)
    assert (await run_sync(live_database, fake, full=True)).streams["labels"].removed == 1


async def test_a_sweep_that_saw_fewer_issues_than_linear_counts_removes_nothing_and_says_so(
    live_database: Settings, fake: FakeLinear
) -> None:
    first, other = fake.world.add_team(), fake.world.add_team("OPS", "Operations")
    gone, *_ = add_issues(fake.world, LARGEST_PAGE + 20, first)
    add_issues(fake.world, 30, other)
    add_issues(fake.world, LARGEST_PAGE - 10, first)
    await run_until_quiet(live_database, fake)
    fake.world.delete(gone)

    # The window is the first request, the pages of the sweep are the next three, the second without the other team.
    def blink() -> None:
        (fake.world.hide_team if len(fake.requests) == 3 else fake.world.show_team)(other)

    fake.on_request = lambda _number: blink()
    report = await run_sync(live_database, fake, full=True)
    assert report.notes == ["Linear listed fewer issues than it counts, so nothing was removed."]
    assert report.total.removed == 0
    assert gone["id"] in await list_live_ids("issues")


async def test_a_sweep_that_breaks_off_removes_nothing(live_database: Settings, fake: FakeLinear) -> None:
    [gone, *_] = add_issues(fake.world, LARGEST_PAGE + 20)
    await run_until_quiet(live_database, fake)
    fake.world.delete(gone)
    fake.fail_next(Fault.BAD_GATEWAY, after=2)
    with pytest.raises(Exception, match="internal error"):
        await run_sync(live_database, fake, full=True)
    assert gone["id"] in await list_live_ids("issues")


async def test_what_was_created_since_the_sweep_began_is_not_hidden(
    live_database: Settings, fake: FakeLinear, database: str
) -> None:
    await run_until_quiet(live_database, fake)

    def deliver() -> None:
        """Store an item as a delivery does, of which the lists that are read know nothing yet."""
        with psycopg.connect(database) as connection:
            connection.execute(
                "INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)"
                " VALUES ('i7', 'ENG-7', 7, 'Tiles', 't1', %(at)s, %(at)s)",
                {"at": fake.world.now + timedelta(minutes=1)},
            )

    with before_request(fake, 2, deliver):
        await run_sync(live_database, fake, full=True)
    assert await list_live_ids("issues") == {"i7"}


async def test_an_issue_that_is_edited_while_the_sweep_reads_is_not_taken_for_gone(
    live_database: Settings, fake: FakeLinear
) -> None:
    found = add_issues(fake.world, LARGEST_PAGE + 20)
    await run_until_quiet(live_database, fake)
    with before_request(fake, 3, lambda: fake.world.edit(found[0], title="Edited")):
        report = await run_sync(live_database, fake, full=True)
    assert report.total.removed == 0
    assert len(await list_live_ids("issues")) == len(found)


async def test_a_deletion_moves_linears_count_and_shows_at_the_next_run(
    live_database: Settings, fake: FakeLinear
) -> None:
    gone, kept = add_issues(fake.world, 2)
    await run_until_quiet(live_database, fake)
    fake.world.delete(gone)
    report = await run_sync(live_database, fake)
    assert await list_live_ids("issues") == {kept["id"]}
    assert report.streams["issues"].removed == 1
    assert not report.is_full


async def test_an_issue_that_leaves_the_archive_without_a_trace_is_found_by_linears_count(
    live_database: Settings, fake: FakeLinear
) -> None:
    issue = fake.world.add_issue()
    fake.world.archive(issue)
    await run_until_quiet(live_database, fake)
    fake.world.unarchive(issue)
    await run_sync(live_database, fake)
    assert await query("SELECT archived_at FROM backlog_items") == [(None,)]


async def test_a_count_that_moved_as_the_mirror_did_causes_no_sweep(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.world.add_issue()
    await run_until_quiet(live_database, fake)
    fake.world.add_issue()
    await run_sync(live_database, fake)
    assert len(fake.requests) == 1


async def test_a_count_that_the_mirror_does_not_reach_causes_one_sweep_and_not_one_at_each_run(
    live_database: Settings, fake: FakeLinear
) -> None:
    found = add_issues(fake.world, 20)
    await run_until_quiet(live_database, fake)
    for issue in found[:6]:
        fake.world.delete(issue)
    assert (await run_sync(live_database, fake)).notes
    fake.requests.clear()
    assert not (await run_sync(live_database, fake)).notes
    assert len(fake.requests) == 1


async def test_a_full_run_comes_by_itself_when_it_is_due(live_database: Settings, fake: FakeLinear) -> None:
    await run_sync(live_database, fake)
    assert not (await run_sync(live_database, fake)).is_full
    await query("UPDATE sync_history SET started_at = started_at - interval '2 days'")
    assert (await run_sync(live_database, fake)).is_full


async def hidden_for(days: int) -> None:
    await query("UPDATE backlog_items SET removed_at = removed_at - make_interval(days => %(days)s)", {"days": days})


async def test_what_has_long_been_gone_is_deleted_with_all_that_hangs_on_it(
    live_database: Settings, fake: FakeLinear
) -> None:
    gone, kept = add_issues(fake.world, 2)
    fake.world.add_comment(gone)
    fake.world.add_attachment(gone)
    fake.world.add_relation(kept, gone)
    fake.world.add_comment(kept)
    await run_until_quiet(live_database, fake)
    fake.world.delete(gone)
    await run_sync(live_database, fake, full=True)
    await hidden_for(31)
    await run_sync(live_database, fake, full=True)
    assert await query("SELECT id FROM backlog_items") == [(kept["id"],)]
    assert await query("SELECT item_id FROM search_entries") == [(kept["id"],)]
    assert await query("SELECT issue_id FROM comments") == [(kept["id"],)]
    assert await query("SELECT 1 FROM attachments") == []
    assert await query("SELECT 1 FROM item_relations") == []


async def test_what_has_gone_lately_is_kept_as_long_as_the_settings_say(
    live_database: Settings, fake: FakeLinear
) -> None:
    gone = fake.world.add_issue()
    await run_until_quiet(live_database, fake)
    fake.world.delete(gone)
    await run_sync(live_database, fake, full=True)
    await hidden_for(31)
    await run_sync(replace(live_database, retention_days=60), fake, full=True)
    assert await query("SELECT id FROM backlog_items") == [(gone["id"],)]


async def test_a_sweep_costs_the_pages_of_its_longest_list(live_database: Settings, fake: FakeLinear) -> None:
    add_issues(fake.world, LARGEST_PAGE + 20)
    await run_until_quiet(live_database, fake)
    report = await run_sync(live_database, fake, full=True)
    assert len(fake.requests) == 3
    assert report.streams.get("issues", RowCounts()) == RowCounts()


async def test_a_team_that_the_key_sees_no_more_is_hidden_by_the_next_run_whatever_it_is(
    live_database: Settings,
) -> None:
    world, rows = small_world()
    world.add_issue(rows["teams"], title="theirs")
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        world.hide_team(rows["teams"])
        report = await run_sync(live_database, fake)
        assert report.is_full
        assert rows["teams"]["id"] not in await list_live_ids("teams")
        assert await query("SELECT 1 FROM backlog_items WHERE title = 'theirs' AND removed_at IS NULL") == []
        world.show_team(rows["teams"])
        await run_sync(live_database, fake)
    assert rows["teams"]["id"] in await list_live_ids("teams")
    assert await query("SELECT count(*) FROM backlog_items WHERE title = 'theirs' AND removed_at IS NULL") == [(1,)]
