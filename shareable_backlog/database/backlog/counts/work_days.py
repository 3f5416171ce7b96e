"""Count, day by day, what came and what was done of the items that a list is narrowed to."""

from datetime import date
from typing import LiteralString

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query

MOST_COUNTED = 20_000
"""More items are not looked at."""

_DROPPED: LiteralString = "CASE WHEN i.completed_at IS NULL THEN coalesce(i.canceled_at, i.archived_at) END"


class WorkDay(Struct, frozen=True):
    """By how many items the work grew on a day, in UTC, those that were dropped taken off, and how many were done."""

    day: date
    growth: int
    done: int


async def list_work_days(selection: Selection) -> list[WorkDay]:
    """Return the days on which something came, was done or was dropped, in their order; none for too many items."""
    alone = Rows(selection=selection, limit="%(most)s", pick="any")
    columns: LiteralString = f"i.created_at AS came_at, i.completed_at AS done_at, {_DROPPED} AS dropped_at"
    # An index may have all that the count asks for; the rows lie far apart, and are read where they are not too many.
    return await query(
        f"""SELECT * FROM (
{render_tables(selection)},
enough AS (SELECT count(*) AS count FROM ({render_rows(alone)}) i),
few AS MATERIALIZED (
  SELECT * FROM ({render_rows(replace(alone, columns=columns))}) i WHERE (SELECT count FROM enough) < %(most)s
)
SELECT (e.at AT TIME ZONE 'UTC')::date AS day, sum(e.growth)::integer AS growth, sum(e.done)::integer AS done
FROM few i CROSS JOIN LATERAL (
  VALUES (i.came_at, 1, 0), (greatest(i.came_at, i.done_at), 0, (i.done_at IS NOT NULL)::integer),
         (greatest(i.came_at, i.dropped_at), -(i.dropped_at IS NOT NULL)::integer, 0)
) e (at, growth, done)
GROUP BY 1 ORDER BY 1
) d""",
        {**selection.params, "most": MOST_COUNTED + 1},
        row=WorkDay,
        plan_anew=True,
        on_standby=True,
    )
