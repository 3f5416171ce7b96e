"""Tell of which type of state items were at some moments, from what is noted of their changes and their own times.

Looked at is what is open now, and what was done or canceled since the first of the moments. Before the first change
that is noted of an item its own times tell when it was begun and done; what it was before that is not known, and
counts as to do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog.selection.item_orders import Order, SortKey
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.backlog.state_changes import JOINED
from shareable_backlog.database.connection.query import query

MOST_COUNTED = 10_000
"""So many items are looked at; of more nothing is told."""

_OPEN: LiteralString = "i.rank_level >= 0 AND i.archived_at IS NULL"
_SINCE: LiteralString = ">= %(flow_from)s::timestamptz"
# Each has an index with these items in this order: that of the rank begins with what is open.
_RELEVANT: Sequence[tuple[Order, LiteralString]] = (
    (
        Order((SortKey("i.rank_level", "integer"), SortKey("i.rank_place", "float8"))),
        _OPEN,
    ),
    (Order((SortKey("i.completed_at", "timestamptz"),)), f"i.completed_at {_SINCE}"),
    (Order((SortKey("i.canceled_at", "timestamptz"),)), f"i.canceled_at {_SINCE}"),
)
_OTHERS: LiteralString = "i.team_id, i.state_id, i.created_at, i.started_at, i.completed_at, i.canceled_at"
_COLUMNS: LiteralString = f"i.id, {_OTHERS}"
# An item's beginning, number 0, and then what is noted of it: each is looked up by itself, and none is joined to
# another, as nothing is known of how many there are.
_LIVED: LiteralString = f"""
  SELECT i.id, 0 AS number, NULL::timestamptz AS at, NULL AS from_type, NULL AS to_type, i.type,
         i.created_at, i.started_at, i.completed_at, i.canceled_at
  FROM kept i
  UNION ALL
  SELECT i.id, c.id, c.changed_at, f.type, t.type, i.type, NULL, NULL, NULL, NULL
  FROM kept i CROSS JOIN LATERAL (
    SELECT * FROM field_changes s WHERE s.entity_id = i.id ORDER BY s.changed_at DESC, s.id DESC LIMIT 500
  ) c {JOINED} WHERE c.field = 'state'
"""
# What it was before a change is what the one before led to; the last one led to what it is now.
_TOLD: LiteralString = """
  SELECT l.*, lead(l.number) OVER later IS NULL AS is_last,
         CASE WHEN lead(l.number) OVER later IS NULL THEN l.type ELSE lead(l.from_type) OVER later END AS first_type,
         coalesce(lead(l.at) OVER later, 'infinity') AS known_at,
         CASE WHEN lag(l.number) OVER later = 0 THEN l.from_type ELSE lag(l.to_type) OVER later END AS before
  FROM lived l WINDOW later AS (PARTITION BY l.id ORDER BY l.at NULLS FIRST, l.number)
"""
# Each is worked out once: inlined, it would be for every step again.
_ENDED: LiteralString = """
  SELECT t.*, CASE WHEN o.at > t.created_at AND o.at <= t.known_at THEN o.at END AS ended_at
  FROM told t CROSS JOIN LATERAL (SELECT CASE t.first_type WHEN 'completed' THEN t.completed_at
    WHEN 'canceled' THEN t.canceled_at WHEN 'duplicate' THEN t.canceled_at END AS at) o
"""
_BEGUN: LiteralString = """
  SELECT e.*, e.first_type IN ('started', 'completed', 'canceled', 'duplicate')
           AND e.started_at > e.created_at AND e.started_at <= least(e.known_at, coalesce(e.ended_at, 'infinity'))
           AND (e.first_type = 'started' OR e.ended_at IS NOT NULL) AS is_begun
  FROM ended e
"""
_STEPS: LiteralString = """
  SELECT b.created_at AS at, NULL AS from_type,
         CASE WHEN b.is_begun OR b.ended_at IS NOT NULL THEN 'unstarted' ELSE b.first_type END AS to_type
  FROM begun b WHERE b.number = 0
  UNION ALL SELECT b.started_at, 'unstarted', 'started' FROM begun b WHERE b.is_begun
  UNION ALL SELECT b.ended_at, CASE WHEN b.is_begun THEN 'started' ELSE 'unstarted' END, b.first_type
  FROM begun b WHERE b.ended_at IS NOT NULL
  UNION ALL SELECT b.at, b.before, CASE WHEN b.is_last THEN b.type ELSE b.to_type END FROM begun b WHERE b.number > 0
"""


class FlowStep(Struct, frozen=True):
    """By how many items a type of state grew between two moments: `at` is the number of the later one."""

    at: int
    type: str
    grown: int


async def count_flow(selection: Selection, moments: Sequence[datetime]) -> list[FlowStep] | None:
    """Return how the items of a selection moved between `moments`; what came before the first counts to it.

    None for more than 10,000 items.
    """
    few, tables = _render_relevant(selection)
    open_ = Rows(selection=selection, limit="%(limit)s", pick="any", where=_OPEN)
    found = await query(
        f"""SELECT * FROM (
{tables},
open AS (SELECT count(*) AS count FROM ({render_rows(open_)}) i),
few AS MATERIALIZED (SELECT * FROM ({few}) i WHERE (SELECT count FROM open) < %(limit)s),
enough AS (SELECT greatest((SELECT count FROM open), (SELECT count(*) FROM few)) AS count),
kept AS MATERIALIZED (
  SELECT i.*, s.type FROM few i LEFT JOIN workflow_states s ON s.id = i.state_id
  WHERE (SELECT count FROM enough) < %(limit)s
),
lived AS ({_LIVED}), told AS ({_TOLD}), ended AS MATERIALIZED ({_ENDED}), begun AS MATERIALIZED ({_BEGUN}),
steps AS ({_STEPS})
SELECT at, type, sum(grown)::integer AS grown, (SELECT count FROM enough) AS items FROM (
  SELECT width_bucket(s.at, %(moments)s::timestamptz[]) AS at, g.type, g.grown
  FROM steps s CROSS JOIN LATERAL (VALUES (s.from_type, -1), (s.to_type, 1)) g (type, grown)
  WHERE g.type IS NOT NULL AND s.from_type IS DISTINCT FROM s.to_type
) w GROUP BY at, type
UNION ALL SELECT 0, '', 0, count FROM enough
) c""",
        {
            **selection.params,
            "flow_from": moments[0],
            "limit": MOST_COUNTED + 1,
            "moments": list(moments),
        },
        plan_anew=True,
        on_standby=True,
    )
    if any(items > MOST_COUNTED for *_, items in found):
        return None
    return [FlowStep(at, type_, grown) for at, type_, grown, _ in found if type_]


def _render_relevant(selection: Selection) -> tuple[LiteralString, LiteralString]:
    """Return the statement of the items that count, and the tables before it, which are the same in any order."""
    rows = [
        Rows(
            selection=replace(selection, order=order, with_archived=True),
            limit="%(limit)s",
            columns=_OTHERS,
            mixes_archived=True,
            where=where,
        )
        for order, where in _RELEVANT
    ]
    first, *_ = rows
    found: LiteralString = ") UNION (".join([f"SELECT {_COLUMNS} FROM ({render_rows(one)}) i" for one in rows])
    return f"SELECT * FROM (({found})) u LIMIT %(limit)s", render_tables(first.selection)
