"""Count what an overview of the whole product tells."""

from msgspec import Struct

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.access.users import STATE, UserState
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.pool import pool
from shareable_backlog.database.connection.query import query


class PoolNumbers(Struct, frozen=True, kw_only=True):
    """Count the connections of this process's pool, and since it began what was asked of it.

    `open` are also those that are about to be; `limit` may be open at once; `waiting` wait for one now. Of `requests`
    so many were `queued`, together for `wait_s`, and `refused`; `failed` connections could not be made.
    """

    limit: int
    open: int
    idle: int
    waiting: int
    requests: int
    queued: int
    refused: int
    wait_s: float
    failed: int


class DatabaseServer(Struct, frozen=True):
    """Which PostgreSQL it is, and the name of the last migration that ran there, None before the first."""

    version: str
    schema: str | None


def read_pool_numbers() -> PoolNumbers:
    """Return the numbers of this process's pool; asks nobody."""
    stats = pool().get_stats()
    return PoolNumbers(
        limit=stats["pool_max"],
        open=stats["pool_size"],
        idle=stats["pool_available"],
        waiting=stats["requests_waiting"],
        # Of what has not happened yet it says nothing.
        requests=stats.get("requests_num", 0),
        queued=stats.get("requests_queued", 0),
        refused=stats.get("requests_errors", 0),
        wait_s=stats.get("requests_wait_ms", 0) / 1000,
        failed=stats.get("connections_errors", 0),
    )


async def count_people_by_state() -> dict[UserState, int]:
    """Count the people in each state; those without anybody are left out."""
    return dict(await query(f"SELECT {STATE} AS state, count(*) FROM users u GROUP BY 1 ORDER BY 1"))


async def count_sessions(idle_hours: int, max_days: int) -> int:
    """Count the sessions that are good for something: not too old, and of people who are not disabled."""
    [(count,)] = await query(
        """
        SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE NOT u.is_disabled AND s.last_seen_at > now() - make_interval(hours => %(idle_hours)s)
          AND s.created_at > now() - make_interval(days => %(max_days)s)
        """,
        {"idle_hours": idle_hours, "max_days": max_days},
    )
    return count


async def count_shown_items() -> int:
    """Count the items that viewers in no group are shown in the list."""
    [(count,)] = await query(
        f"SELECT count(*) FROM backlog_items i WHERE {visibility.ITEM} AND i.archived_at IS NULL",
        visibility.build_params(EVERYTHING),
    )
    return count


async def count_mirrored() -> tuple[int, int]:
    """Count the items and projects that the mirror has, shown or not, without what is archived or in the trash."""
    [found] = await query(
        """
        SELECT (SELECT count(*) FROM backlog_items WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed),
          (SELECT count(*) FROM projects WHERE removed_at IS NULL AND archived_at IS NULL AND NOT trashed)
        """
    )
    return found


async def read_server() -> DatabaseServer:
    """Return which PostgreSQL it is and how far it is migrated."""
    [found] = await query(
        "SELECT current_setting('server_version') AS version, (SELECT max(name) FROM pgmigrations) AS schema",
        row=DatabaseServer,
    )
    return found
