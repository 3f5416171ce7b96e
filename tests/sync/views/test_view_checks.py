"""Published views follow those in Linear, and what both show is compared: once, and whenever the view changes."""

from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.linear_views import linear_views
from tests.fakes.linear import FakeLinear, Fault, World, run_linear
from tests.support.pulling import run_sync, run_until_quiet
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

_HOUR = 3_600


async def publish(database: str, view: dict[str, Any]) -> None:
    user_id = let_in(database)["alice"]
    await linear_views.publish_view(Actor(user_id, "alice@example.com", None, None), user_id, view["id"])


async def read_check() -> tuple[Any, ...]:
    [check] = await query(
        "SELECT check_outcome, linear_count, own_count, differing_count, checked_at IS NOT NULL FROM followed_views"
    )
    return check


async def check_again(settings: Settings, fake: FakeLinear) -> int:
    """Run once more, some time later, and return how often a view was asked for."""
    fake.world.pass_time(_HOUR)
    fake.requests.clear()
    report = await run_sync(settings, fake)
    assert report.status == "succeeded"
    return sum(request.operation == "ViewIssues" for request in fake.requests)


def make_world() -> tuple[World, dict[str, Any]]:
    world = World()
    for priority in (1, 1, 2, 3):
        world.add_issue(priority=priority)
    world.add_issue(priority=1, archivedAt="2026-01-05T00:00:00.000Z")
    return world, world.add("customViews", name="Urgent", filterData={"priority": {"eq": 1}})


async def test_a_published_view_is_compared_once_and_again_when_it_changes(
    live_database: Settings, database: str
) -> None:
    world, view = make_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        assert await check_again(live_database, fake) == 1
        assert await read_check() == ("matched", 2, 2, 0, True)
        assert await check_again(live_database, fake) == 0
        world.edit(view, filterData={"priority": {"lte": 2}})
        assert await check_again(live_database, fake) == 1
        assert await query("SELECT query FROM published_views") == [("priority=high&priority=none&priority=urgent",)]
        assert await read_check() == ("matched", 3, 3, 0, True)


async def test_without_a_published_view_nothing_is_asked(live_database: Settings) -> None:
    world, _ = make_world()
    with run_linear(world) as fake:
        await run_sync(live_database, fake)
        assert await check_again(live_database, fake) == 0


async def test_a_difference_is_counted(live_database: Settings, database: str) -> None:
    world, view = make_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        await query("UPDATE backlog_items SET priority = 1 WHERE priority = 2")
        await check_again(live_database, fake)
    assert await read_check() == ("differs", 2, 3, 1, True)


async def test_what_is_hidden_here_is_no_difference(live_database: Settings, database: str) -> None:
    world, view = make_world()
    world.add_issue(world.add_team("SEC", visibility="private"), priority=1)
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        await check_again(live_database, fake)
    assert await read_check() == ("matched", 3, 2, 0, True)


async def test_what_came_while_the_run_read_is_no_difference(live_database: Settings, database: str) -> None:
    world, view = make_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        world.pass_time(_HOUR)
        before = len(fake.requests)

        def add_issue(_number: int) -> None:
            if len(fake.requests) - before == 2:
                world.add_issue(priority=1, updatedAt="2999-01-01T00:00:00.000Z")

        fake.on_request = add_issue
        await run_sync(live_database, fake)
    assert await read_check() == ("matched", 3, 2, 0, True)


async def test_what_left_the_view_while_the_run_read_is_no_difference(live_database: Settings, database: str) -> None:
    world, view = make_world()
    issue = world.add_issue(priority=1)
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        world.pass_time(_HOUR)
        before = len(fake.requests)

        def edit_issue(_number: int) -> None:
            if len(fake.requests) - before == 2:
                world.edit(issue, priority=4, updatedAt="2999-01-01T00:00:00.000Z")

        fake.on_request = edit_issue
        await run_sync(live_database, fake)
    assert await read_check() == ("matched", 2, 3, 0, True)


@pytest.mark.parametrize(("fault", "outcome"), [(Fault.FORBIDDEN, "refused"), (Fault.BAD_GATEWAY, None)])
async def test_a_refusal_is_kept_and_a_fault_left_to_the_next_run(
    live_database: Settings, database: str, fault: Fault, outcome: str | None
) -> None:
    world, view = make_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        fake.fail_next(fault, after=1)
        await check_again(live_database, fake)
        assert (await read_check())[0] == outcome
        await check_again(live_database, fake)
        assert (await read_check())[0] == (outcome or "matched")


async def test_a_view_that_fails_keeps_no_other_from_being_compared(live_database: Settings, database: str) -> None:
    world, view = make_world()
    other = world.add("customViews", name="Late", filterData={"priority": {"eq": 2}})
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        for one in (view, other):
            await publish(database, one)
        fake.fail_next(Fault.BAD_GATEWAY, after=1)
        assert await check_again(live_database, fake) == 2
    found = await query("SELECT check_outcome FROM followed_views ORDER BY checked_at NULLS FIRST")
    assert [tuple(one) for one in found] == [(None,), ("matched",)]


async def test_a_view_that_takes_too_long_is_not_asked_for_again_at_once(
    live_database: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, view = make_world()
    monkeypatch.setattr("shareable_backlog.sync.views.view_checks._VIEW_WITHIN_S", 0)
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        await check_again(live_database, fake)
        assert (await read_check())[0] == "refused"
        assert await check_again(live_database, fake) == 0


async def test_a_spent_budget_is_left_to_the_mirror(live_database: Settings, database: str) -> None:
    world, view = make_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        fake.complexity_limit = round((fake.points_spent + 1_000) / 0.85)
        assert await check_again(live_database, fake) == 0
    assert (await read_check())[0] is None


async def test_a_view_with_too_many_issues_is_not_compared(
    live_database: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, view = make_world()
    monkeypatch.setattr("shareable_backlog.sync.views.view_checks._MOST_ISSUES", 1)
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        await publish(database, view)
        await check_again(live_database, fake)
    assert await read_check() == ("too_many", None, None, None, True)
