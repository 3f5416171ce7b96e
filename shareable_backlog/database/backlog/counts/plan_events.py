"""Count, day by day, what came into a part of the plan and what was begun, done or dropped there.

Of items alone that may be seen: Linear's own sums count hidden ones too. Those that were archived count; of them
what is not done was dropped with that.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

MOST_COUNTED = 10_000
"""The most items of a part of which days are counted."""

PartKind: TypeAlias = Literal["project", "milestone", "cycle", "label", "team"]


class PlanPart(Struct, frozen=True):
    """A part of the plan by its kind and Linear's id."""

    kind: PartKind
    id: str


class PlanDay(Struct, frozen=True):
    """By how many items each sum of a part grew on a day, in UTC; what is dropped makes `total` smaller.

    `started` has what is done, too.
    """

    day: date
    total: int
    started: int
    done: int


class PartItems(Struct, frozen=True):
    """Which items belong to a part, and when each came into it; `is_covered` where an index alone counts them."""

    condition: LiteralString
    entered: LiteralString = "i.created_at"
    is_covered: bool = False

    def render_count(self) -> LiteralString:
        """Return the statement that counts what is not archived, up to `most`; 0 where that takes their rows."""
        if not self.is_covered:
            return "SELECT 0 AS count"
        return f"""SELECT count(*) AS count FROM (
            SELECT FROM backlog_items i WHERE {self.condition} AND i.archived_at IS NULL AND {visibility.ITEM}
            LIMIT %(most)s) i"""


# What is archived stands in an index of its own.
_PARTS: Mapping[PartKind, PartItems] = {
    "project": PartItems("i.project_id = %(id)s", "coalesce(i.added_to_project_at, i.created_at)", is_covered=True),
    "milestone": PartItems("i.project_milestone_id = %(id)s", "coalesce(i.added_to_project_at, i.created_at)"),
    "cycle": PartItems("i.cycle_id = %(id)s", "coalesce(i.added_to_cycle_at, i.created_at)"),
    "label": PartItems("""i.label_ids <> '{}' AND i.label_ids && ARRAY(
          SELECT l.id COLLATE "default" FROM labels l
          WHERE (l.id = %(id)s OR l.parent_id = %(id)s) AND l.is_offered)"""),
    "team": PartItems("i.team_id = %(id)s", is_covered=True),
}
_DROPPED_TYPES: LiteralString = "'canceled', 'duplicate'"


def _render_items(part: PartItems, archived: LiteralString) -> LiteralString:
    """Return the statement of the moments of a part's items; what is done later than it came in, then."""
    return f"""SELECT {part.entered} AS entered,
          CASE WHEN s.type = 'completed' THEN coalesce(i.completed_at, i.updated_at) END AS done,
          CASE WHEN s.type IN ('started', 'completed')
            THEN coalesce(i.started_at, i.completed_at, i.updated_at) END AS started,
          CASE WHEN s.type IN ({_DROPPED_TYPES}) THEN coalesce(i.canceled_at, i.archived_at, i.updated_at)
            WHEN s.type IS DISTINCT FROM 'completed' THEN i.archived_at END AS dropped
        FROM backlog_items i LEFT JOIN workflow_states s ON s.id = i.state_id
        WHERE {part.condition} AND i.archived_at {archived} AND {visibility.ITEM}"""


async def list_plan_days(scope: Scope, part: PlanPart) -> list[PlanDay] | None:
    """Return the days on which a sum changed, in their order; None for more than 10,000 items."""
    of_part = _PARTS[part.kind]
    (*_, items), *rows = await query(
        f"""
        WITH enough AS ({of_part.render_count()}), few AS MATERIALIZED (
          SELECT * FROM (
            ({_render_items(of_part, "IS NULL")}) UNION ALL ({_render_items(of_part, "IS NOT NULL")})
          ) u WHERE (SELECT count FROM enough) < %(most)s LIMIT %(most)s
        ), days AS (
          SELECT (f.entered AT TIME ZONE 'UTC')::date AS entered, (f.dropped AT TIME ZONE 'UTC')::date AS dropped,
                 (greatest(f.entered, least(f.started, f.done)) AT TIME ZONE 'UTC')::date AS started,
                 (greatest(f.entered, f.done) AT TIME ZONE 'UTC')::date AS done,
                 f.started IS NOT NULL AND f.dropped IS NULL AS is_started, f.done IS NOT NULL AS is_done
          FROM few f
        )
        SELECT NULL AS day, 0 AS total, 0 AS started, 0 AS done,
               greatest((SELECT count FROM enough), (SELECT count(*) FROM few)) AS items
        UNION ALL
        SELECT e.day, sum(e.total)::integer, sum(e.started)::integer, sum(e.done)::integer, 0
        FROM days d CROSS JOIN LATERAL (VALUES
          (d.entered, 1, 0, 0), (d.dropped, -1, 0, 0),
          (CASE WHEN d.is_started THEN d.started END, 0, 1, 0), (CASE WHEN d.is_done THEN d.done END, 0, 0, 1)
        ) e (day, total, started, done)
        WHERE e.day IS NOT NULL AND (d.dropped > d.entered) IS NOT FALSE
        GROUP BY e.day ORDER BY day NULLS FIRST
        """,
        {**visibility.build_params(scope), "id": part.id, "most": MOST_COUNTED + 1},
    )
    if items > MOST_COUNTED:
        return None
    return [PlanDay(day, total, started, done) for day, total, started, done, _ in rows]


async def read_cycle_span(cycle_id: str) -> tuple[date, date] | None:
    """Return the first and the last day of a cycle, in UTC; None for one that is not there or has none."""
    found = await query(
        """
        SELECT (starts_at AT TIME ZONE 'UTC')::date, (ends_at AT TIME ZONE 'UTC')::date FROM cycles
        WHERE id = %(id)s AND starts_at IS NOT NULL AND ends_at IS NOT NULL
        """,
        {"id": cycle_id},
    )
    return (found[0][0], found[0][1]) if found else None
