"""Find the last that was finished before a day."""

from datetime import datetime

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


async def find_last_finish(scope: Scope, before: datetime, team_key: str | None) -> datetime | None:
    """Return when the last item that is shown was finished before then; None when there is none.

    `team_key` None is any team.
    """
    found = await query(
        f"""
        SELECT i.completed_at FROM backlog_items i
        WHERE i.completed_at < %(before)s AND {visibility.ITEM} AND (
          %(team_key)s::text IS NULL
          OR i.team_id = ANY (ARRAY(SELECT t.id FROM teams t WHERE t.key = %(team_key)s))
        )
        ORDER BY i.completed_at DESC, i.id DESC LIMIT 1
        """,
        {**visibility.build_params(scope), "before": before, "team_key": team_key},
    )
    return found[0][0] if found else None
