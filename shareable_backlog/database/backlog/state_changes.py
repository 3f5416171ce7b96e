"""Read how items went from state to state, which the database notes by itself (migration 040).

What a state is called is told of teams that are shown: an item may have come from one that is not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query

_MOST = 500


def _render_join(state: LiteralString, column: LiteralString) -> LiteralString:
    return f"""
        LEFT JOIN workflow_states {state} ON {state}.id = {column} AND (
          {state}.team_id IS NULL OR {state}.team_id = i.team_id
          OR (
            {state}.team_id = ANY (ARRAY({visibility.TEAMS}))
            AND (%(viewer_group_ids)s::integer[] IS NULL OR {state}.team_id = ANY (ARRAY({visibility.GROUP_TEAMS})))
          )
        )
    """


FROM_STATE: LiteralString = _render_join("f", "c.from_value")
"""Join the state `f` that the change `c` of the item `i` left, if it may be named."""

JOINED: LiteralString = FROM_STATE + _render_join("t", "c.to_value")
"""Join the state `f` that the change `c` of the item `i` left, and `t` to which it led, if they may be named."""


class StateChange(Struct, frozen=True):
    """One change; a state is None where there is none, or none that may be named.

    `changed_at` is when it happened, as far as the item told when it was mirrored.
    """

    changed_at: datetime
    from_name: str | None
    from_type: str | None
    from_color: str | None
    to_name: str | None
    to_type: str | None
    to_color: str | None


class LatestChange(Struct, frozen=True):
    """The newest change of the item `item_id`; its states as in StateChange."""

    item_id: str
    changed_at: datetime
    from_name: str | None
    to_name: str | None


async def list_state_changes(scope: Scope, item_id: str) -> list[StateChange]:
    """Return the newest 500 changes of an item that the mirror saw, the oldest first; none where it is not shown."""
    return await query(
        f"""
        SELECT c.changed_at, f.name AS from_name, f.type AS from_type, f.color AS from_color,
               t.name AS to_name, t.type AS to_type, t.color AS to_color
        FROM (
          SELECT * FROM field_changes WHERE entity_id = %(item_id)s AND field = 'state'
          ORDER BY changed_at DESC, id DESC LIMIT %(most)s
        ) c
        JOIN backlog_items i ON i.id = c.entity_id {JOINED}
        WHERE {visibility.ITEM}
        ORDER BY c.changed_at, c.id
        """,
        {**visibility.build_params(scope), "item_id": item_id, "most": _MOST},
        row=StateChange,
    )


async def list_latest_changes(scope: Scope, item_ids: Sequence[str]) -> list[LatestChange]:
    """Return the newest change that the mirror saw of each of these items that is shown and has any."""
    return await query(
        f"""
        SELECT c.entity_id AS item_id, c.changed_at, f.name AS from_name, t.name AS to_name
        FROM backlog_items i CROSS JOIN LATERAL (
          SELECT * FROM field_changes s WHERE s.entity_id = i.id AND s.field = 'state'
          ORDER BY s.changed_at DESC, s.id DESC LIMIT 1
        ) c {JOINED}
        WHERE i.id = ANY (%(item_ids)s::text[]) AND {visibility.ITEM}
        """,
        {**visibility.build_params(scope), "item_ids": list(item_ids)},
        row=LatestChange,
    )
