"""Count items by when they came in or were done, of the newest so many: it takes no longer the more there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog.selection.item_orders import Order, SortKey
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query

MOST_COUNTED = 20_000
"""So many items are looked at, the newest ones."""

Moment: TypeAlias = Literal["created", "completed"]

_ORDERS: Mapping[Moment, Order] = {
    "created": Order((SortKey("i.created_at", "timestamptz"),)),
    "completed": Order((SortKey("i.completed_at", "timestamptz"),)),
}
_SINCE: Mapping[Moment, LiteralString] = {
    "created": "i.created_at >= %(counted_from)s::timestamptz",
    "completed": "i.completed_at >= %(counted_from)s::timestamptz",
}
# Each is read from an index alone, which has nothing of a beginning beside the day something came in.
_TOOK_S: Mapping[Moment, LiteralString] = {
    "created": "NULL::float8 AS took_s",
    "completed": "extract(EPOCH FROM i.completed_at - i.started_at)::float8 AS took_s",
}


class MomentCount(Struct, frozen=True):
    """The items whose moment lies in one span of time: the number of its first edge, and how many there are.

    `timed` of them were begun and done, half of those within `half_s` seconds and 85 of 100 within `most_s`.
    """

    at: int
    count: int
    timed: int
    half_s: float | None
    most_s: float | None


class MomentCounts(Struct, frozen=True):
    """The spans between some edges that have any item; what is before `complete_from` is not all counted."""

    by_edges: Sequence[Sequence[MomentCount]]
    complete_from: datetime | None


async def count_moments(selection: Selection, moment: Moment, *edges: Sequence[datetime]) -> MomentCounts:
    """Count the items of a selection, archived ones too, between each row of edges, of which the last is an end."""
    first = min(one[0] for one in edges)
    narrowed = replace(selection, order=_ORDERS[moment], with_archived=True).narrow(
        SqlPredicate(sql=_SINCE[moment], params={"counted_from": first})
    )
    rows = Rows(
        selection=narrowed,
        limit="%(limit)s",
        columns=_TOOK_S[moment],
        mixes_archived=True,
    )
    found = await query(
        f"""SELECT * FROM (
{render_tables(narrowed)},
few AS MATERIALIZED ({render_rows(rows)}),
edges AS (SELECT e.number, e.edges FROM (VALUES (0, %(edges_0)s::timestamptz[]), (1, %(edges_1)s::timestamptz[]))
  e (number, edges)),
spans AS (
  SELECT e.number, width_bucket(f.key_0, e.edges) - 1 AS at, count(*) AS count,
         count(*) FILTER (WHERE f.took_s >= 0) AS timed,
         percentile_cont(ARRAY[0.5, 0.85]) WITHIN GROUP (ORDER BY f.took_s) FILTER (WHERE f.took_s >= 0) AS took_s
  FROM few f CROSS JOIN edges e GROUP BY e.number, at
)
SELECT number, at, count, timed, took_s[1], took_s[2], NULL::timestamptz AS cut FROM spans
UNION ALL
SELECT -1, 0, count(*), 0, NULL, NULL, min(key_0) FROM few
) c""",
        {
            **narrowed.params,
            "limit": MOST_COUNTED + 1,
            "edges_0": list(edges[0]),
            "edges_1": list(edges[-1]) if len(edges) > 1 else [],
        },
        plan_anew=True,
        on_standby=True,
    )
    [(_, _, looked_at, *_, oldest)] = [row for row in found if row[0] < 0]
    return MomentCounts(
        [
            [MomentCount(*row[1:6]) for row in found if row[0] == number and 0 <= row[1] < len(one) - 1]
            for number, one in enumerate(edges)
        ],
        oldest if looked_at > MOST_COUNTED else None,
    )
