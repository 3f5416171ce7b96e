"""Read what changed in the backlog: what is new, moved from state to state, was done or canceled, or is gone.

A line is an item on a day, with all that happened to it then, and stands where the last of that happened. Each kind
of change is read from an index, the latest first, and leaves out what is not the last of its item and day. What an
admin hides never appears, also not as gone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import state_changes, visibility
from shareable_backlog.database.backlog.item_names import STATES
from shareable_backlog.database.connection.query import query

ChangeKind: TypeAlias = Literal["new", "moved", "done", "canceled", "gone"]
KINDS: tuple[ChangeKind, ...] = ("new", "moved", "done", "canceled", "gone")

ChangeEvent: TypeAlias = Literal["created", "moved", "completed", "canceled", "archived", "removed"]
"""What can happen to an item; `removed` is to be in Linear's trash, too."""


class ChangesQuery(Struct, frozen=True):
    """Which changes are wanted: those after `since`.

    `days` are the beginnings of the reader's days, ascending, the first one not after `since`. `team_key` None is any
    team.
    """

    kinds: Sequence[ChangeKind]
    since: datetime
    days: Sequence[datetime]
    team_key: str | None = None


class ChangedItem(Struct, frozen=True):
    """One line: what happened to an item on `days[day]`, at `at` for the last time.

    The states before the first and after the last move of that day are None where nothing moved, or where they
    may not be named. `can_be_opened` unless it is gone from Linear.
    """

    id: str
    at: datetime
    day: int
    events: list[ChangeEvent]
    identifier: str
    title: str
    can_be_opened: bool
    state_name: str | None
    state_type: str | None
    state_color: str | None
    state_is_advanced: bool
    from_name: str | None
    to_name: str | None


# Of each kind: when it happened, to which items, and what it is called.
_COLUMNS: Mapping[ChangeKind, Sequence[tuple[LiteralString, LiteralString, LiteralString]]] = {
    "new": (("i.created_at", f"{visibility.IN_LINEAR} AND i.archived_at IS NULL", "'created'"),),
    "done": (("i.completed_at", f"{visibility.IN_LINEAR} AND i.completed_at IS NOT NULL", "'completed'"),),
    "canceled": (("i.canceled_at", f"{visibility.IN_LINEAR} AND i.canceled_at IS NOT NULL", "'canceled'"),),
    # What was put away earlier is not gone a second time when Linear deletes it. The trash has no time of its own.
    "gone": (
        (
            "i.archived_at",
            "i.archived_at IS NOT NULL",
            f"CASE WHEN {visibility.IN_LINEAR} THEN 'archived' ELSE 'removed' END",
        ),
        ("i.removed_at", "i.removed_at IS NOT NULL AND i.archived_at IS NULL", "'removed'"),
        ("i.updated_at", "i.trashed AND i.archived_at IS NULL AND i.removed_at IS NULL", "'removed'"),
    ),
    "moved": (),
}
# The move that made it done is told as such.
_MOVED: LiteralString = f"""
    c.field = 'state' AND {visibility.IN_LINEAR} AND c.changed_at IS DISTINCT FROM i.completed_at
    AND c.changed_at IS DISTINCT FROM i.canceled_at
"""
_OF_TEAM: LiteralString = """
    (%(team_key)s::text IS NULL OR i.team_id = ANY (ARRAY(SELECT t.id FROM teams t WHERE t.key = %(team_key)s)))
"""


def _render_day(at: LiteralString) -> LiteralString:
    return f"width_bucket({at}, %(days)s::timestamptz[])"


def _render_events(kinds: Sequence[ChangeKind]) -> LiteralString:
    """Return the statement of all that happened to the item `i`: `at` and `event`."""
    parts: list[LiteralString] = [
        f"SELECT {at} AS at, {event} AS event WHERE {condition}"
        for kind in kinds
        for at, condition, event in _COLUMNS[kind]
    ]
    if "moved" in kinds:
        parts.append(
            f"SELECT c.changed_at AS at, 'moved' AS event FROM field_changes c WHERE c.entity_id = i.id AND {_MOVED}"
        )
    return " UNION ALL ".join(parts)


def _render_lines(kinds: Sequence[ChangeKind]) -> LiteralString:
    """Return the statement of places of lines, `at` and `id`, of which the latest `%(limit)s` are among them."""
    parts: list[LiteralString] = [
        _render_source("backlog_items i", at, "i.id", condition, kinds)
        for kind in kinds
        for at, condition, _ in _COLUMNS[kind]
    ]
    if "moved" in kinds:
        # Each item is looked up by itself: a join might read all items there are.
        item: LiteralString = "SELECT * FROM backlog_items WHERE id = c.entity_id LIMIT 1"
        moved: LiteralString = f"field_changes c CROSS JOIN LATERAL ({item}) i"
        parts.append(_render_source(moved, "c.changed_at", "c.entity_id", _MOVED, kinds))
    return " UNION ".join(parts)


def _render_source(
    tables: LiteralString,
    at: LiteralString,
    id_: LiteralString,
    condition: LiteralString,
    kinds: Sequence[ChangeKind],
) -> LiteralString:
    return f"""
        (SELECT {at} AS at, {id_} AS id FROM {tables}
        WHERE {at} > %(since)s AND ({at}, {id_}) < (%(after_at)s::timestamptz, %(after_id)s)
          AND {condition} AND {_OF_TEAM} AND {visibility.SHARED}
          AND NOT EXISTS (
            SELECT FROM ({_render_events(kinds)}) e WHERE e.at > {at} AND {_render_day("e.at")} = {_render_day(at)}
          )
        ORDER BY {at} DESC, {id_} DESC LIMIT %(limit)s)
    """


async def list_changes(
    scope: Scope, wanted: ChangesQuery, after: tuple[datetime, str] | None, limit: int
) -> list[ChangedItem]:
    """Return up to `limit` lines, the latest first; `after` is (`at`, `id`) of the last one before."""
    return await query(
        f"""
        SELECT l.id, l.at, {_render_day("l.at")} - 1 AS day, i.identifier, i.title,
               {visibility.IN_LINEAR} AS can_be_opened,
               s.name AS state_name, s.type AS state_type, s.color AS state_color,
               s.is_advanced IS TRUE AS state_is_advanced, f.name AS from_name, t.name AS to_name,
               ARRAY(
                 SELECT DISTINCT e.event FROM ({_render_events(wanted.kinds)}) e
                 WHERE e.at > %(since)s AND {_render_day("e.at")} = {_render_day("l.at")}
               ) AS events
        FROM (SELECT at, id FROM ({_render_lines(wanted.kinds)}) u ORDER BY at DESC, id DESC LIMIT %(limit)s) l
        JOIN backlog_items i ON i.id = l.id
        LEFT JOIN {STATES} s ON s.id = i.state_id
        LEFT JOIN LATERAL (
          SELECT (array_agg(c.from_value ORDER BY c.changed_at, c.id))[1] AS from_value,
                 (array_agg(c.to_value ORDER BY c.changed_at DESC, c.id DESC))[1] AS to_value
          FROM field_changes c
          WHERE c.entity_id = i.id AND c.field = 'state' AND c.changed_at > %(since)s
            AND {_render_day("c.changed_at")} = {_render_day("l.at")}
        ) c ON TRUE
        {state_changes.JOINED}
        ORDER BY l.at DESC, l.id DESC
        """,
        {**_build_params(scope, wanted, after), "limit": limit},
        row=ChangedItem,
    )


async def count_changes(scope: Scope, wanted: ChangesQuery, limit: int) -> dict[ChangeKind, int]:
    """Count the lines of each kind by itself, as if no other were wanted, up to `limit`."""
    counts: list[LiteralString] = [
        f"(SELECT count(*) FROM (SELECT FROM ({_render_lines((kind,))}) u LIMIT %(limit)s) c)" for kind in KINDS
    ]
    columns: LiteralString = ", ".join(counts)
    [found] = await query(f"SELECT {columns}", {**_build_params(scope, wanted, None), "limit": limit})
    return dict(zip(KINDS, found, strict=True))


def _build_params(scope: Scope, wanted: ChangesQuery, after: tuple[datetime, str] | None) -> Mapping[str, object]:
    after_at, after_id = after or ("infinity", "")
    return {
        **visibility.build_params(scope),
        "since": wanted.since,
        "days": list(wanted.days),
        "team_key": wanted.team_key,
        "after_at": after_at,
        "after_id": after_id,
    }
