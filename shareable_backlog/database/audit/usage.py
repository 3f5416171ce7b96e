"""Count what people do here by the audit log alone: who came, what is read, what is searched for in vain."""

from datetime import date
from typing import Any, LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

_MOST_ROWS = 200_000
"""As many rows of the log are looked through, the newest: those of some weeks anywhere but in the largest places."""

_RECENT: LiteralString = """
    SELECT user_id, action, resource_id, details, created_at FROM audit_logs
    WHERE created_at > now() - make_interval(days => %(days)s) ORDER BY created_at DESC LIMIT %(most)s
"""


class Visitor(Struct, frozen=True):
    """A person who was here, and on how many days."""

    user_id: int
    email: str
    display_name: str | None
    days: int


class ReadItem(Struct, frozen=True):
    """An item that was looked at, how often, and by how many people."""

    identifier: str
    title: str
    times: int
    people: int


async def count_people_by_day(days: int) -> dict[date, int]:
    """Count the people who did anything on each of the last days (UTC); days without anybody are left out."""
    return dict(
        await query(
            f"""
            SELECT (created_at AT TIME ZONE 'UTC')::date, count(DISTINCT user_id) FROM ({_RECENT}) r
            WHERE user_id IS NOT NULL GROUP BY 1
            """,
            _name_params(days),
        )
    )


async def list_visitors(days: int, limit: int) -> tuple[int, list[Visitor]]:
    """Count the people of the last days, and return up to `limit` of them, those of most days first."""
    found = await query(
        f"""
        SELECT u.id, u.email, u.display_name, v.days, count(*) OVER () AS people FROM (
          SELECT user_id, count(DISTINCT (created_at AT TIME ZONE 'UTC')::date) AS days FROM ({_RECENT}) r GROUP BY 1
        ) v JOIN users u ON u.id = v.user_id ORDER BY v.days DESC, lower(u.email) LIMIT %(limit)s
        """,
        {**_name_params(days), "limit": limit},
    )
    return (found[0][4] if found else 0), [Visitor(id_, email, name, count) for id_, email, name, count, _ in found]


async def list_most_read(days: int, limit: int) -> list[ReadItem]:
    """Return up to `limit` items that most people have looked at, as far as they are still shown."""
    return await query(
        f"""
        SELECT i.identifier, i.title, v.times, v.people FROM (
          SELECT resource_id, count(*) AS times, count(DISTINCT user_id) AS people FROM ({_RECENT}) r
          WHERE action = 'item.viewed' GROUP BY 1
        ) v JOIN backlog_items i ON i.identifier = v.resource_id WHERE {visibility.ITEM}
        ORDER BY v.people DESC, v.times DESC, i.identifier LIMIT %(limit)s
        """,
        {**_name_params(days), **visibility.build_params(EVERYTHING), "limit": limit},
        row=ReadItem,
    )


async def list_vain_searches(days: int, limit: int) -> list[tuple[str, int]]:
    """Return up to `limit` texts that were searched for in vain, with by how many people, most people's first.

    What was searched for while it was still being typed is none of them.
    """
    return [
        (text, count)
        for text, count in await query(
            f"""
            SELECT min(q), count(DISTINCT user_id) FROM (
              SELECT user_id, details ->> 'q' AS q,
                     lead(details ->> 'q') OVER (PARTITION BY user_id ORDER BY created_at) AS next
              FROM ({_RECENT}) r WHERE action = 'search.in_vain' AND details ->> 'q' <> ''
            ) s WHERE NOT coalesce(starts_with(lower(next), lower(q)) AND lower(next) <> lower(q), false)
            GROUP BY lower(q) ORDER BY 2 DESC, 1 LIMIT %(limit)s
            """,
            {**_name_params(days), "limit": limit},
        )
    ]


async def count_failed_syncs(days: int) -> tuple[int, int]:
    """Count the runs of the last days that ended, and those of them that failed."""
    [found] = await query(
        """
        SELECT count(*) FILTER (WHERE status IN ('succeeded', 'partial', 'failed')),
               count(*) FILTER (WHERE status = 'failed')
        FROM sync_history WHERE started_at > now() - make_interval(days => %(days)s)
        """,
        {"days": days},
    )
    return found


def _name_params(days: int) -> dict[str, Any]:
    return {"days": days, "most": _MOST_ROWS}
