"""What changes in Linear although nobody edits it is mirrored, whether it moves a time or not."""

from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.streams import STREAMS
from tests.fakes.linear import Bump, Refusing, World, run_linear
from tests.support.pulling import run_sync, run_until_quiet, small_world, wheres

pytestmark = pytest.mark.anyio

_HISTORIES = (
    "issueCountHistory",
    "completedIssueCountHistory",
    "scopeHistory",
    "completedScopeHistory",
    "inProgressScopeHistory",
)


_MOVED: dict[tuple[str, str], Any] = {
    **{(stream, field): [5.0, 7.5] for stream in ("projects", "cycles") for field in _HISTORIES},
    **{(stream, "content"): "# How" for stream in ("projects", "initiatives")},
    **{("issues", field): -3.5 for field in ("sortOrder", "prioritySortOrder", "subIssueSortOrder")},
    **{("issues", field): "2026-03-04T05:06:07+00:00" for field in ("addedToProjectAt", "slaBreachesAt")},
}


@pytest.mark.parametrize("bumps", [frozenset[Bump](), frozenset[Bump]({"drift"})], ids=["without a trace", "traced"])
async def test_what_moves_although_nobody_edits_it_is_there_after_a_full_run_with_a_trace_or_without(
    live_database: Settings, bumps: frozenset[Bump]
) -> None:
    """Move each field of a row of its own, so that no other field brings it along."""
    world, _ = small_world(bumps)
    rows = {moved: world.add_one(STREAMS[moved[0]].root) for moved in _MOVED}
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        for (stream, field), value in _MOVED.items():
            world.drift(rows[stream, field], **{field: value})
        await run_sync(live_database, fake, full=not bumps)
    assert {moved: await read_stored(*moved, rows[moved]["id"]) for moved in _MOVED} == _MOVED


async def read_stored(stream: str, field: str, id_: str) -> Any:
    [column] = [column.name for column in STREAMS[stream].columns if column.key == field]
    asked = SQL("SELECT to_jsonb({}) FROM {} WHERE id = %(id)s").format(
        Identifier(column), Identifier(STREAMS[stream].table)
    )
    [(stored,)] = await query(asked, {"id": id_})
    return stored


async def test_an_item_that_is_taken_into_another_cycle_without_a_trace_is_there_after_a_full_run(
    live_database: Settings,
) -> None:
    world, rows = small_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        world.drift(rows["issues"], cycle=rows["cycles"]["id"], addedToCycleAt="2026-03-04T05:06:07.000Z")
        await run_sync(live_database, fake, full=True)
    assert (rows["issues"]["id"], rows["cycles"]["id"]) in await query("SELECT id, cycle_id FROM backlog_items")


async def test_what_a_plan_may_not_tell_is_not_fetched_again_by_each_full_run(
    live_database: Settings,
) -> None:
    world = World()
    for _ in range(3):
        world.add_issue(slaBreachesAt="2026-03-04T05:06:07.000Z")
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
        fake.refused = [Refusing("issues", "plan", field="slaBreachesAt")]
        await run_sync(live_database, fake, full=True)
        fake.requests.clear()
        await run_sync(live_database, fake, full=True, trigger="automatic")
        assert not [where for where in wheres(fake) if where and "id" in where]
    assert await query("SELECT count(sla_breaches_at) FROM backlog_items") == [(3,)]
