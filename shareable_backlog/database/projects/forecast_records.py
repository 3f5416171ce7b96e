"""Keep how often forecasts held: `forecast_records`, a document for each scope in use."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import LiteralString

from psycopg.types.json import Jsonb

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction

_MOST_PROJECTS = 200

# All by which what is shared is told from before, but for where single items stand: of rules that speak of a group of
# labels, also which are in it.
_MARK: LiteralString = f"""md5(row(
  ARRAY(SELECT s.id FROM ({visibility.TEAMS}) s ORDER BY s.id),
  ARRAY(SELECT row(r.kind, r.entity_id, r.is_shown)::text FROM sharing_rules r ORDER BY r.kind, r.entity_id),
  ARRAY(
    SELECT row(r.viewer_group_id, r.kind, r.entity_id)::text FROM viewer_group_rules r
    WHERE r.viewer_group_id = ANY (%(viewer_group_ids)s::integer[])
    ORDER BY r.viewer_group_id, r.kind, r.entity_id
  ),
  ARRAY(
    SELECT row(l.id, l.parent_id)::text FROM labels l WHERE l.parent_id IN (
      SELECT r.entity_id FROM sharing_rules r WHERE r.kind = 'label'
      UNION ALL SELECT r.entity_id FROM viewer_group_rules r
      WHERE r.kind = 'label' AND r.viewer_group_id = ANY (%(viewer_group_ids)s::integer[])
    ) ORDER BY l.id
  )
)::text)"""
_OF_SCOPE: LiteralString = "r.viewer_group_ids IS NOT DISTINCT FROM %(viewer_group_ids)s::integer[]"


async def find_due_mark(scope: Scope, day: date) -> str | None:
    """Return the mark of what is shared now if the scope's record is not of this day and mark; None if it is."""
    [(mark, is_fresh)] = await query(
        f"""
        SELECT m.mark, EXISTS (
          SELECT FROM forecast_records r WHERE {_OF_SCOPE} AND r.sharing_mark = m.mark AND r.day >= %(day)s
        ) FROM (SELECT {_MARK} AS mark) m
        """,
        {**visibility.build_params(scope), "day": day},
    )
    return None if is_fresh else mark


async def save_record(
    tx: Transaction, scope: Scope, day: date, mark: str, content: Mapping[str, Sequence[int]]
) -> None:
    """Store the scope's record in place of the one before: by project the four counts of forecasts.

    `mark` is what was shared before any item of it was read.
    """
    await tx.query(
        """
        INSERT INTO forecast_records (viewer_group_ids, day, sharing_mark, content)
        VALUES (%(viewer_group_ids)s::integer[], %(day)s, %(mark)s, %(content)s)
        ON CONFLICT ((coalesce(viewer_group_ids, '{-1}'))) DO UPDATE
        SET day = excluded.day, sharing_mark = excluded.sharing_mark, content = excluded.content
        """,
        {**visibility.build_params(scope), "day": day, "mark": mark, "content": Jsonb(content)},
    )


async def sum_record(scope: Scope) -> tuple[int, int, int, int]:
    """Return the four counts of the projects that are shown: of both lines, how many were judged and how many held.

    All are 0 as long as there is no record of what is shared now.
    """
    [found] = await query(
        f"""
        SELECT coalesce(sum((c.value ->> 0)::integer), 0), coalesce(sum((c.value ->> 1)::integer), 0),
               coalesce(sum((c.value ->> 2)::integer), 0), coalesce(sum((c.value ->> 3)::integer), 0)
        FROM forecast_records r CROSS JOIN LATERAL jsonb_each(r.content) c
        WHERE {_OF_SCOPE} AND r.sharing_mark = {_MARK} AND {visibility.render_has_items('c.key COLLATE "C"')}
        """,
        visibility.build_params(scope),
    )
    return found


async def list_judged_projects(scope: Scope) -> list[tuple[str, date | None]]:
    """Return up to 200 projects that are not canceled and of which an item is shown, and when they were completed.

    Those that were completed, or moved, last come first; what goes on has no day.
    """
    return await query(
        f"""
        SELECT p.id, (p.completed_at AT TIME ZONE 'UTC')::date FROM projects p
        WHERE {visibility.PROJECT} AND p.canceled_at IS NULL
        ORDER BY coalesce(p.completed_at, p.updated_at) DESC, p.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "most": _MOST_PROJECTS},
    )
