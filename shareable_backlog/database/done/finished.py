"""Find what was finished last, and in which releases."""

from datetime import datetime
from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query

_OF_TEAM: LiteralString = """(
          %(team_key)s::text IS NULL
          OR i.team_id = ANY (ARRAY(SELECT t.id FROM teams t WHERE t.key = %(team_key)s))
        )"""


async def find_last_finish(scope: Scope, before: datetime, team_key: str | None) -> datetime | None:
    """Return when the last item that is shown was finished before then; None when there is none.

    `team_key` None is any team.
    """
    # By the id of one team its own index is read; by the key all that was finished might be walked through.
    team_id = None if team_key is None else await _find_team_id(team_key)
    if team_key is not None and team_id is None:
        return None
    of_team: LiteralString = "" if team_id is None else "AND i.team_id = %(team_id)s"
    found = await query(
        f"""
        SELECT i.completed_at FROM backlog_items i
        WHERE i.completed_at < %(before)s AND {visibility.ITEM} {of_team}
        ORDER BY i.completed_at DESC, i.id DESC LIMIT 1
        """,
        {**visibility.build_params(scope), "before": before, "team_id": team_id},
    )
    return found[0][0] if found else None


async def _find_team_id(key: str) -> str | None:
    """Return the id of the shared team of a key, None where there is none."""
    found = await query(
        f"SELECT e.id FROM teams e WHERE e.key = %(key)s AND e.id IN ({visibility.TEAMS}) LIMIT 1", {"key": key}
    )
    return found[0][0] if found else None


async def find_last_of_few(selection: Selection, most: int) -> tuple[int, datetime | None]:
    """Count the items of a selection, up to one more than `most`, and return when the last of these was finished."""
    rows = Rows(selection=selection, limit="%(most)s", pick="some", columns="i.completed_at")
    [found] = await query(
        f"""SELECT * FROM (
{render_tables(selection)}
SELECT count(*), max(i.completed_at) FROM ({render_rows(rows)}) i
) f""",
        {**selection.params, "most": most + 1},
        plan_anew=True,
        on_standby=True,
    )
    return found


async def list_releases(
    scope: Scope, first: datetime, end: datetime, team_key: str | None, *, skip: int, limit: int
) -> list[tuple[str, str]]:
    """Return the releases in which something that is shown was finished in a time, the latest first, after `skip`.

    Each has what a filter calls it and how it is written; those of one name are one. `team_key` None is any team.
    """
    return await query(
        f"""
        SELECT min(e.name COLLATE "C") AS value,
               min(concat_ws(' ', CASE WHEN strpos(e.name, e.version) = 0 THEN e.version END, e.name)) AS name
        FROM backlog_items i JOIN item_releases r ON r.issue_id = i.id JOIN releases e ON e.id = r.release_id
        WHERE i.completed_at >= %(first)s AND i.completed_at < %(end)s AND {visibility.ITEM} AND {_OF_TEAM}
          AND {visibility.IN_RELEASE} AND {visibility.RELEASE}
        GROUP BY lower(e.name) ORDER BY max(i.completed_at) DESC, 1 LIMIT %(limit)s OFFSET %(skip)s
        """,
        {
            **visibility.build_params(scope),
            "first": first,
            "end": end,
            "team_key": team_key,
            "skip": skip,
            "limit": limit,
        },
    )
