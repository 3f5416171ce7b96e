"""Read a cycle and those beside it, and which of its items slipped or came late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

MOST_IDS = 1_000
"""So many items that slipped, or came late, are named; one more stands for any number."""

_ROLL_OVER = timedelta(hours=1)
"""So long after a cycle's beginning Linear may take to carry over what is left of the one before."""


class NearCycle(Struct, frozen=True):
    """What is said of a cycle elsewhere; `name` is None where it has none of its own."""

    team_key: str
    number: int
    name: str | None
    starts_at: datetime
    ends_at: datetime


class ShownCycle(Struct, frozen=True, kw_only=True):
    """A cycle of a team; `description` is None also where none is shown.

    It has ended `closed_at`, which lies ahead until then: Linear closes a cycle some time after its last day.
    """

    id: str
    team_id: str
    team_key: str
    team: str
    number: int
    name: str | None
    description: str | None
    starts_at: datetime
    ends_at: datetime
    closed_at: datetime


_HAS_ITEM: LiteralString = f"""
    (SELECT TRUE FROM backlog_items i WHERE i.cycle_id = y.id AND i.team_id = y.team_id AND {visibility.ITEM} LIMIT 1)
"""
_KEYS: LiteralString = "i.id, i.rank_level, i.rank_place"
_RANKED: LiteralString = "i.rank_level DESC, i.rank_place DESC, i.id DESC"


async def find_cycle(scope: Scope, team_key: str, number: int) -> ShownCycle | None:
    """Return the cycle of this number of a team; None when there is none, or no item of it is shown."""
    found = await query(
        f"""
        SELECT y.id, t.id AS team_id, t.key AS team_key, t.name AS team, y.number, y.name, y.starts_at, y.ends_at,
               CASE WHEN {visibility.DESCRIPTIONS} THEN nullif(y.description, '') END AS description,
               coalesce(y.completed_at, y.ends_at) AS closed_at
        FROM cycles y JOIN teams t ON t.id = y.team_id
        WHERE lower(t.key) = lower(%(team_key)s) AND y.number = %(number)s
          AND (t.removed_at, y.removed_at) IS NULL AND y.starts_at IS NOT NULL AND y.ends_at IS NOT NULL
          AND {_HAS_ITEM}
        LIMIT 1
        """,
        {**visibility.build_params(scope), "team_key": team_key, "number": number},
        row=ShownCycle,
    )
    return found[0] if found else None


async def find_latest(scope: Scope, team_id: str, at: datetime) -> NearCycle | None:
    """Return the last cycle of a team that began by `at`, of those with an item that is shown."""
    return await _find_near(scope, team_id, at, "y.starts_at <= %(at)s", "y.starts_at DESC")


async def find_before(scope: Scope, team_id: str, at: datetime) -> NearCycle | None:
    """Return the last cycle of a team that began before `at`, of those with an item that is shown."""
    return await _find_near(scope, team_id, at, "y.starts_at < %(at)s", "y.starts_at DESC")


async def find_after(scope: Scope, team_id: str, at: datetime) -> NearCycle | None:
    """Return the first cycle of a team that begins after `at`, of those with an item that is shown."""
    return await _find_near(scope, team_id, at, "y.starts_at > %(at)s", "y.starts_at")


async def _find_near(
    scope: Scope, team_id: str, at: datetime, condition: LiteralString, order: LiteralString
) -> NearCycle | None:
    found = await query(
        f"""
        SELECT t.key AS team_key, y.number, y.name, y.starts_at, y.ends_at
        FROM cycles y JOIN teams t ON t.id = y.team_id
        WHERE y.team_id = %(team_id)s AND y.removed_at IS NULL AND y.ends_at IS NOT NULL AND {condition}
          AND {_HAS_ITEM}
        ORDER BY {order}, y.id LIMIT 1
        """,
        {**visibility.build_params(scope), "team_id": team_id, "at": at},
        row=NearCycle,
    )
    return found[0] if found else None


async def list_slipped_ids(scope: Scope, cycle: ShownCycle, now: datetime) -> Sequence[str]:
    """Return by rank the ids of the items that a cycle has not done, up to one more than MOST_IDS.

    They are in it still and were open at its end; or they were in it once it had begun, and are in a later one of
    the team, as far as the mirror saw them move.
    """
    found = await query(
        f"""
        SELECT i.id FROM (
          SELECT {_KEYS} FROM backlog_items i
          WHERE i.cycle_id = %(cycle_id)s AND %(closed_at)s::timestamptz <= %(now)s::timestamptz
            AND coalesce(i.completed_at, i.canceled_at, 'infinity') > %(closed_at)s::timestamptz AND {visibility.ITEM}
          UNION ALL
          SELECT {_KEYS} FROM backlog_items i
          WHERE i.id = ANY (ARRAY(
            SELECT DISTINCT c.entity_id FROM field_changes c
            WHERE c.field = 'cycle' AND c.from_value = %(cycle_id)s AND c.changed_at >= %(starts_at)s
          )) AND i.cycle_id = ANY (ARRAY(
            SELECT l.id FROM cycles l WHERE l.team_id = %(team_id)s AND l.starts_at > %(starts_at)s
          )) AND {visibility.ITEM}
        ) i
        ORDER BY {_RANKED} LIMIT %(most)s
        """,
        {
            **visibility.build_params(scope),
            "cycle_id": cycle.id,
            "team_id": cycle.team_id,
            "starts_at": cycle.starts_at,
            "closed_at": cycle.closed_at,
            "now": now,
            "most": MOST_IDS + 1,
        },
    )
    return [id_ for (id_,) in found]


async def list_late_ids(scope: Scope, cycle: ShownCycle) -> Sequence[str]:
    """Return by rank the ids of the items that were put into a cycle that had begun, up to one more than MOST_IDS.

    What Linear carried over from the one before is none of them. Where Linear gave no time, it is not known.
    """
    found = await query(
        f"""
        SELECT i.id FROM backlog_items i
        WHERE i.cycle_id = %(cycle_id)s AND i.added_to_cycle_at > %(begun_at)s AND {visibility.ITEM}
        ORDER BY {_RANKED} LIMIT %(most)s
        """,
        {
            **visibility.build_params(scope),
            "cycle_id": cycle.id,
            "begun_at": cycle.starts_at + _ROLL_OVER,
            "most": MOST_IDS + 1,
        },
    )
    return [id_ for (id_,) in found]
