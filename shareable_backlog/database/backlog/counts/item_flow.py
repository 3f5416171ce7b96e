"""Tell of which type of state items were at some moments, from what is noted of their changes and their own times.

Looked at is what is open now, and what was done or canceled since the first of the moments. Before the first change
that is noted of an item its own times tell when it was begun and done; what it was before that is not known, and
counts as to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString

from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.backlog.state_changes import JOINED
from shareable_backlog.database.connection.query import query

MOST_COUNTED = 10_000
"""So many items are looked at; of more nothing is told."""

# Each arm has an index: those of open items begin with them.
_RELEVANT: LiteralString = """((i.rank_level >= 0 AND i.archived_at IS NULL)
    OR i.completed_at >= %(flow_from)s::timestamptz OR i.canceled_at >= %(flow_from)s::timestamptz)"""
_COLUMNS: LiteralString = (
    "i.team_id, i.state_id, i.created_at, i.started_at, i.completed_at, i.canceled_at, i.archived_at"
)
# What an item became at each change that is noted; the last one led to what it is now.
_NOTED: LiteralString = f"""
  SELECT i.id, c.changed_at, f.type AS from_type,
         CASE WHEN lead(c.id) OVER later IS NULL THEN s.type ELSE t.type END AS to_type,
         lag(t.type) OVER later AS before, row_number() OVER later AS number
  FROM few i JOIN field_changes c ON c.entity_id = i.id AND c.field = 'state' {JOINED}
  LEFT JOIN workflow_states s ON s.id = i.state_id
  WINDOW later AS (PARTITION BY i.id ORDER BY c.changed_at, c.id)
"""
_BORN: LiteralString = """
  SELECT b.*, b.first_type IN ('started', 'completed', 'canceled', 'duplicate')
           AND b.started_at > b.created_at AND b.started_at <= least(b.known_at, coalesce(b.ended_at, 'infinity'))
           AND (b.first_type = 'started' OR b.ended_at IS NOT NULL) AS is_begun
  FROM (
    SELECT i.*, CASE WHEN e.ended_at > i.created_at AND e.ended_at <= i.known_at THEN e.ended_at END AS ended_at
    FROM (
      SELECT i.*, CASE WHEN n.id IS NULL THEN s.type ELSE n.from_type END AS first_type,
             coalesce(n.changed_at, 'infinity') AS known_at
      FROM few i LEFT JOIN noted n ON n.id = i.id AND n.number = 1
      LEFT JOIN workflow_states s ON s.id = i.state_id
    ) i CROSS JOIN LATERAL (SELECT CASE i.first_type WHEN 'completed' THEN i.completed_at
      WHEN 'canceled' THEN i.canceled_at WHEN 'duplicate' THEN i.canceled_at END AS ended_at) e
  ) b
"""
_STEPS: LiteralString = """
  SELECT b.created_at AS at, NULL AS from_type,
         CASE WHEN b.is_begun IS TRUE OR b.ended_at IS NOT NULL THEN 'unstarted' ELSE b.first_type END AS to_type
  FROM born b
  UNION ALL SELECT b.started_at, 'unstarted', 'started' FROM born b WHERE b.is_begun
  UNION ALL SELECT b.ended_at, CASE WHEN b.is_begun IS TRUE THEN 'started' ELSE 'unstarted' END, b.first_type
  FROM born b WHERE b.ended_at IS NOT NULL
  UNION ALL SELECT n.changed_at, CASE WHEN n.number = 1 THEN n.from_type ELSE n.before END, n.to_type FROM noted n
"""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """By how many items a type of state grew between two moments: `at` is the number of the later one."""

    at: int
    type: str
    grown: int


async def count_flow(selection: Selection, moments: Sequence[datetime]) -> list[FlowStep] | None:
    """Return how the items of a selection moved between `moments`; what came before the first counts to it.

    None for more than 10,000 items.
    """
    narrowed = replace(selection, with_archived=True).narrow(
        SqlPredicate(sql=_RELEVANT, params={"flow_from": moments[0]})
    )
    rows = Rows(selection=narrowed, limit="%(limit)s", pick="any", columns=_COLUMNS, mixes_archived=True)
    found = await query(
        f"""SELECT * FROM (
{render_tables(narrowed)},
few AS MATERIALIZED ({render_rows(rows)}),
enough AS (SELECT count(*) AS count FROM few),
noted AS MATERIALIZED ({_NOTED}),
born AS MATERIALIZED ({_BORN}),
steps AS ({_STEPS})
SELECT at, type, sum(grown)::integer AS grown, (SELECT count FROM enough) AS items FROM (
  SELECT width_bucket(s.at, %(moments)s::timestamptz[]) AS at, g.type, g.grown
  FROM steps s CROSS JOIN LATERAL (VALUES (s.from_type, -1), (s.to_type, 1)) g (type, grown)
  WHERE g.type IS NOT NULL AND s.from_type IS DISTINCT FROM s.to_type
    AND (SELECT count FROM enough) < %(limit)s
) w GROUP BY at, type
UNION ALL SELECT 0, '', 0, count FROM enough
) c""",
        {**narrowed.params, "limit": MOST_COUNTED + 1, "moments": list(moments)},
    )
    if any(items > MOST_COUNTED for *_, items in found):
        return None
    return [FlowStep(at, type_, grown) for at, type_, grown, _ in found if type_]
