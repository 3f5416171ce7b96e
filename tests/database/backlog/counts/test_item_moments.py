"""Which items are counted between some days, and by which indexes they are found."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString, cast

import pytest

from shareable_backlog import tracing
from shareable_backlog.database import transaction
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.counts import item_moments
from shareable_backlog.database.backlog.counts.item_moments import Moment
from shareable_backlog.database.backlog.selection.item_query import select_items
from shareable_backlog.tracing import Trace
from tests.support.listing import parse_query
from tests.support.mirrored import NOON, fill_tables, item, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)
EDGES = [datetime(2026, 2, at, tzinfo=UTC) for at in (1, 3, 7)]


async def test_each_span_has_what_begins_with_its_first_edge_and_ends_before_the_next() -> None:
    await store(
        *(
            item(at, created_at=NOON, completed_at=when, started_at=NOON - 9 * DAY)
            for at, when in enumerate((EDGES[0] - DAY, EDGES[0], EDGES[1], EDGES[2] - DAY / 24, EDGES[2]), start=1)
        )
    )
    selection = await select_items(EVERYTHING, parse_query(""))
    found = await item_moments.count_moments(selection, "completed", EDGES, EDGES[1:])
    assert [
        [(one.at, one.count, one.timed) for one in sorted(spans, key=lambda one: one.at)] for spans in found.by_edges
    ] == [
        [(0, 1, 1), (1, 2, 2)],
        [(0, 2, 2)],
    ]
    assert found.complete_from is None


async def test_what_is_archived_counts_and_what_is_in_the_trash_does_not() -> None:
    await store(item(1, created_at=EDGES[0], archived_at=NOON), item(2, created_at=EDGES[0], trashed=True))
    selection = await select_items(EVERYTHING, parse_query(""))
    found = await item_moments.count_moments(selection, "created", EDGES)
    assert [(one.at, one.count) for one in found.by_edges[0]] == [(0, 1)]


@pytest.mark.parametrize(
    ("words", "moment", "index"),
    [
        ("", "created", "idx_backlog_items_created_at_id_counted"),
        ("", "completed", "idx_backlog_items_completed_at_id"),
        ("team=ENG", "created", "idx_backlog_items_team_id_created_at_id"),
        ("team=ENG", "completed", "idx_backlog_items_team_id_completed_at_id"),
    ],
)
@pytest.mark.owner  # of the tables, to count what is in them
async def test_an_index_alone_has_all_that_is_counted(words: str, moment: Moment, index: str) -> None:
    await store(team("ENG"), team("OPS"))
    await fill_tables(
        "INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, completed_at, updated_at)"
        " SELECT n::text, 'ENG-' || n, n, 'A title', CASE WHEN mod(n, 3) = 0 THEN 'team-ENG' ELSE 'team-OPS' END,"
        " moment, moment, moment FROM generate_series(1, 5000) n,"
        " LATERAL (SELECT %(noon)s - n * interval '1 hour') m (moment)",
        noon=NOON,
    )
    selection = await select_items(EVERYTHING, parse_query(words))
    with tracing.trace_statements() as trace:
        await item_moments.count_moments(selection, moment, EDGES)
    assert f"Index Only Scan using {index}" in await explain(trace, "spans")


async def explain(trace: Trace, part: str) -> str:
    """Return the plan of the statement that has this part, where no table is read whole."""
    [one] = [one for one in trace.statements if part in str(one.sql)]
    async with transaction() as tx:
        await tx.query("SET LOCAL enable_seqscan = off")
        await tx.query("SET LOCAL enable_bitmapscan = off")
        return str(await tx.query(cast("LiteralString", f"EXPLAIN {one.sql}"), one.params))
