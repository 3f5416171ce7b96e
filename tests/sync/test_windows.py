"""What has changed since the last run is fetched, and nothing else."""

from collections.abc import Generator
from datetime import datetime, timedelta

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.mirror import sync_cursors
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.queries import LARGEST_PAGE
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.issues import COMMENTS
from shareable_backlog.sync.windows import OVERLAP
from tests.fakes.linear import FakeLinear, Fault, World, run_linear
from tests.support.pulling import (
    EVERY_SECOND,
    before_request,
    list_live_ids,
    run_sync,
    run_until_quiet,
    small_world,
    titles,
    titles_in,
    wheres,
)

pytestmark = pytest.mark.anyio

_THREE_PAGES = 2 * LARGEST_PAGE + 10


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with an empty workspace."""
    with run_linear() as fake:
        yield fake


def add_issues(world: World, count: int = _THREE_PAGES) -> None:
    for _ in range(count):
        world.add_issue()


def issues(world: World) -> list[dict[str, object]]:
    return list(world.rows["issues"].values())


async def complete_until(stream: str = "issues") -> datetime | None:
    return (await sync_cursors.list_by_stream())[stream].complete_until


async def test_few_changes_are_expected_and_whole_pages_follow_when_there_are_more(live_database: Settings) -> None:
    world = World()
    add_issues(world, 5)
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        fake.requests.clear()
        add_issues(world, 40)
        await run_sync(live_database, fake)
    firsts = [request.variables["issues_first"] for request in fake.requests if "issues_first" in request.variables]
    assert firsts[0] < 20
    assert firsts[1:2] == [LARGEST_PAGE]


@pytest.mark.parametrize("streams", EVERY_SECOND)
async def test_a_changed_row_is_all_that_is_fetched(live_database: Settings, streams: list[str]) -> None:
    world, rows = small_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        for stream in streams:
            world.edit(rows[stream])
        report = await run_sync(live_database, fake)
    assert report.streams == dict.fromkeys(streams, RowCounts(updated=1))
    assert len(fake.requests) == 1


@pytest.mark.parametrize("streams", EVERY_SECOND)
async def test_a_new_row_is_found(live_database: Settings, streams: list[str]) -> None:
    world, rows = small_world()
    for stream in streams:
        world.remove(rows[stream])
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        for stream in streams:
            row = rows[stream]
            world.add(STREAMS[stream].root, **{name: row[name] for name in row.keys() - _OF_A_NEW_ROW})
        report = await run_sync(live_database, fake)
    assert report.streams == dict.fromkeys(streams, RowCounts(created=1))


_OF_A_NEW_ROW = {"id", "createdAt", "updatedAt"}


async def test_an_issue_that_is_archived_is_found_although_its_time_of_change_stays(
    live_database: Settings, fake: FakeLinear
) -> None:
    issue = fake.world.add_issue()
    await run_until_quiet(live_database, fake)
    before = issue["updatedAt"]
    fake.world.archive(issue)
    assert issue["updatedAt"] == before
    assert (await run_sync(live_database, fake)).streams["issues"] == RowCounts(updated=1)
    assert await query("SELECT archived_at IS NOT NULL FROM backlog_items") == [(True,)]


async def test_a_bulk_edit_in_one_millisecond_is_read_whole_over_several_pages(
    live_database: Settings, fake: FakeLinear
) -> None:
    add_issues(fake.world)
    await run_until_quiet(live_database, fake)
    fake.world.bulk_edit(issues(fake.world), title="The same")
    assert (await run_sync(live_database, fake)).streams["issues"] == RowCounts(updated=_THREE_PAGES)
    assert len(fake.requests) == 3


async def test_a_bulk_edit_is_not_read_at_every_run_for_ever(live_database: Settings, fake: FakeLinear) -> None:
    add_issues(fake.world, 20)
    fake.world.bulk_edit(issues(fake.world), title="The same")
    await run_until_quiet(live_database, fake)
    assert (await run_sync(live_database, fake)).total == RowCounts()


async def test_a_change_while_pages_are_read_is_in_the_mirror_after_the_next_run(
    live_database: Settings, fake: FakeLinear
) -> None:
    add_issues(fake.world)
    oldest, *_, newest = issues(fake.world)

    def change() -> None:
        fake.world.edit(oldest, title="Not read yet")
        fake.world.edit(newest, title="Read already")

    with before_request(fake, 2, change):
        await run_sync(live_database, fake)
    await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)


async def test_a_change_that_becomes_visible_late_is_still_found(live_database: Settings, fake: FakeLinear) -> None:
    await run_until_quiet(live_database, fake)
    late = fake.world.now - OVERLAP / 2
    fake.world.add_issue(updatedAt=late.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)


async def test_a_stream_is_complete_until_shortly_before_its_window_was_opened_by_linears_clock(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.world.add_issue()
    await run_sync(live_database, fake)
    assert await complete_until() == fake.world.now - OVERLAP


async def test_a_stream_is_never_complete_for_longer_than_until_the_last_change_that_it_has_seen(
    live_database: Settings, fake: FakeLinear
) -> None:
    issue = fake.world.add_issue()
    fake.world.pass_time(7_200)
    await run_sync(live_database, fake)
    assert await complete_until() == datetime.fromisoformat(issue["updatedAt"]) + timedelta(milliseconds=1)
    await run_sync(live_database, fake)
    assert await complete_until() == datetime.fromisoformat(issue["updatedAt"]) + timedelta(milliseconds=1)


@pytest.mark.parametrize("hours", [2, 48, -2])
async def test_one_answer_by_a_wrong_clock_of_linears_hides_no_change(
    live_database: Settings, fake: FakeLinear, hours: int
) -> None:
    fake.world.add_issue()
    fake.world.pass_time(7_200)
    for _ in range(2):
        fake.date_ahead = timedelta(hours=hours)
        await run_sync(live_database, fake)
        fake.date_ahead = timedelta()
        fake.world.edit(issues(fake.world)[0], title=f"Changed {fake.world.now}")
        fake.world.add_issue()
        fake.world.add_one("cycles")
        await run_sync(live_database, fake)
        assert await titles() == titles_in(fake.world)
    assert await query("SELECT count(*) FROM cycles") == [(2,)]


async def test_without_a_clock_of_linears_the_newest_change_says_how_far_a_stream_is_complete(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.sends_date = False
    issue = fake.world.add_issue()
    await run_sync(live_database, fake)
    assert await complete_until() == datetime.fromisoformat(issue["updatedAt"]) - OVERLAP
    fake.world.pass_time(7_200)
    fake.world.edit(issue, title="Changed")
    await run_sync(live_database, fake)
    assert await titles() == {"ENG-1": "Changed"}


async def test_without_a_clock_an_empty_workspace_is_read_again_from_its_beginning(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.sends_date = False
    await run_sync(live_database, fake)
    fake.world.add_issue()
    await run_sync(live_database, fake)
    assert await titles() == {"ENG-1": "Issue 1"}


async def test_a_window_that_was_cut_off_goes_on_where_it_was(live_database: Settings, fake: FakeLinear) -> None:
    add_issues(fake.world)
    fake.fail_next(Fault.BAD_GATEWAY, after=2)
    with pytest.raises(LinearFailed):
        await run_sync(live_database, fake)
    assert len(await list_live_ids("issues")) == 2 * LARGEST_PAGE
    fake.requests.clear()
    report = await run_sync(live_database, fake)
    reached = issues(fake.world)[10]["updatedAt"]
    [only] = wheres(fake)[0]["and"]
    assert datetime.fromisoformat(only["updatedAt"]["lte"]) == datetime.fromisoformat(str(reached))
    assert report.streams["issues"].created == 10
    assert await titles() == titles_in(fake.world)


async def test_what_came_while_a_window_was_cut_off_is_read_after_it(
    live_database: Settings, fake: FakeLinear
) -> None:
    add_issues(fake.world)
    fake.fail_next(Fault.BAD_GATEWAY, after=2)
    with pytest.raises(LinearFailed):
        await run_sync(live_database, fake)
    fake.world.pass_time(7_200)
    oldest, *_, newest = issues(fake.world)
    fake.world.edit(oldest, title="Not read yet")
    fake.world.edit(newest, title="Read already")
    fake.world.add_issue()
    await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)


async def test_a_window_that_is_cut_off_again_and_again_comes_to_its_end(
    live_database: Settings, fake: FakeLinear
) -> None:
    add_issues(fake.world)
    await run_until_quiet(live_database, fake)
    fake.world.bulk_edit(issues(fake.world)[:300], title="The same")
    fake.world.bulk_edit(issues(fake.world)[300:], title="The others")
    for _ in range(2):
        fake.fail_next(Fault.BAD_GATEWAY, after=1)
        with pytest.raises(LinearFailed):
            await run_sync(live_database, fake)
    await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)


@pytest.mark.parametrize("status", [400, 200])
async def test_a_run_whose_cursors_are_forgotten_goes_on_without_them(
    live_database: Settings, fake: FakeLinear, status: int
) -> None:
    add_issues(fake.world)
    [first, second, *_] = issues(fake.world)
    for _ in range(80):
        fake.world.add_relation(first, second)
    with before_request(fake, 2, lambda: fake.forget_cursors(status=status)):
        report = await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)
    assert report.streams["relations"].created == 80


async def test_lists_without_a_filter_are_read_down_to_what_is_known(
    live_database: Settings, fake: FakeLinear
) -> None:
    first, second = fake.world.add_issue(), fake.world.add_issue()
    for _ in range(80):
        fake.world.add_relation(first, second)
    await run_until_quiet(live_database, fake)
    fake.world.add_relation(first, second)
    assert (await run_sync(live_database, fake)).streams == {"relations": RowCounts(created=1)}
    assert len(fake.requests) == 1


async def test_lists_without_a_filter_are_read_on_while_they_have_something_new(
    live_database: Settings, fake: FakeLinear
) -> None:
    first, second = fake.world.add_issue(), fake.world.add_issue()
    await run_until_quiet(live_database, fake)
    for _ in range(80):
        fake.world.add_relation(first, second)
    assert (await run_sync(live_database, fake)).streams == {"relations": RowCounts(created=80)}


async def test_an_older_row_never_takes_the_place_of_a_newer_one(live_database: Settings, fake: FakeLinear) -> None:
    issue = fake.world.add_issue()
    await run_sync(live_database, fake)
    newer = datetime.fromisoformat(issue["updatedAt"]) + timedelta(seconds=30)
    await query("UPDATE backlog_items SET title = 'From a webhook', updated_at = %(newer)s", {"newer": newer})
    assert (await run_sync(live_database, fake)).streams["issues"] == RowCounts(unchanged=1)
    assert await titles() == {"ENG-1": "From a webhook"}


@pytest.mark.parametrize("about", ["projectId", "projectUpdateId", "initiativeId", "initiativeUpdateId"])
async def test_a_comment_about_a_plan_is_mirrored_and_says_what_it_is_about(
    live_database: Settings, about: str
) -> None:
    world, _ = small_world()
    comment = world.add("comments", issue=None, body="Well done.", url="https://linear.example.com/c", **{about: "x"})
    with run_linear(world) as fake:
        await run_sync(live_database, fake)
    [(told,)] = await query("SELECT to_jsonb(c) FROM comments c WHERE id = %(id)s", {"id": comment["id"]})
    ids = {column.key: told[column.name] for column in COMMENTS.columns if column.name.endswith("_id")}
    assert {key: value for key, value in ids.items() if value} == {about: "x"}
