"""Say which items came or moved since a day, by what the mirror noted of them (migration 038).

What a field had then is what its first change since left behind. Changes that went there and back are none. The
fragments have the parameter `since`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.state_changes import FROM_STATE
from shareable_backlog.vocabulary import MoveKind

_SINCE: LiteralString = "%(since)s::timestamptz"
_DUE_NOW: LiteralString = "to_char(i.due_date, 'YYYY-MM-DD')"
_NOW: LiteralString = f"""CASE c.field WHEN 'state' THEN i.state_id WHEN 'priority' THEN i.priority::text
      WHEN 'due_date' THEN {_DUE_NOW} WHEN 'project' THEN i.project_id ELSE i.estimate::text END"""
# Both have an index, which a condition within another one would not be found by.
_ENDED: LiteralString = f"(i.completed_at >= {_SINCE} OR i.canceled_at >= {_SINCE})"
# What is not shown of an item doesn't move it, nor does where it was while it was not shown.
_TOLD: LiteralString = f"""CASE c.field
      WHEN 'estimate' THEN {visibility.ESTIMATES} AND (
        SELECT t.issue_estimation_type IS DISTINCT FROM 'notUsed' FROM teams t WHERE t.id = i.team_id)
      WHEN 'project' THEN c.from_value IS NULL OR c.from_value <> ALL (ARRAY({visibility.HIDDEN_PROJECTS}))
      WHEN 'state' THEN c.from_value IS NULL OR f.id IS NOT NULL ELSE true END"""

IS_SLIP: LiteralString = f"(c.field = 'due_date' AND c.from_value < {_DUE_NOW}) IS TRUE"
"""Tell whether the change `c` of the item `i` put its due date off."""

IS_TOLD: LiteralString = f"(c.from_value IS DISTINCT FROM {_NOW} AND {_TOLD})"
"""Tell whether the change `c` of the item `i`, which left the state `f`, is one to tell of."""

_IS_MOVE: LiteralString = f"{IS_TOLD} AND NOT {IS_SLIP} AND NOT (c.field = 'state' AND {_ENDED} IS TRUE)"

WAS_THERE: LiteralString = f"i.created_at < {_SINCE}"

WENT: Sequence[LiteralString] = (
    f"i.archived_at >= {_SINCE}",
    f"i.removed_at >= {_SINCE} AND i.archived_at IS NULL",
    f"i.trashed AND i.updated_at >= {_SINCE} AND i.archived_at IS NULL AND i.removed_at IS NULL",
)
"""Tell whether the item `i` is archived, deleted or in the trash since then, each by an index and no two of them."""

MOST_CHANGES = 10_000
"""So many changes since a day are looked at, the newest ones, so that a comparison with any day comes to an end."""

_MOST: LiteralString = "10000"

FIELDS: LiteralString = "'state', 'priority', 'due_date', 'project', 'estimate'"
"""What is compared of an item."""


def render_first_changes(of: LiteralString) -> LiteralString:
    """Return the statement of the first change since, of each item and field; `of` says of which items."""
    return f"""SELECT DISTINCT ON (e.entity_id, e.field) e.entity_id, e.field, e.from_value FROM field_changes e
      WHERE e.field IN ({FIELDS}) AND e.changed_at >= {_SINCE} AND {of}
      ORDER BY e.entity_id, e.field, e.changed_at, e.id"""


_FIRST: LiteralString = f"""SELECT DISTINCT ON (e.entity_id, e.field) e.entity_id, e.field, e.from_value FROM (
          SELECT * FROM field_changes e WHERE e.field IN ({FIELDS}) AND e.changed_at >= {_SINCE}
          ORDER BY e.changed_at DESC, e.entity_id DESC LIMIT {_MOST}) e
        ORDER BY e.entity_id, e.field, e.changed_at, e.id"""
_FIRST_OF_DUE_DATES: LiteralString = f"""SELECT DISTINCT ON (e.entity_id) e.entity_id, e.field, e.from_value FROM (
          SELECT * FROM field_changes e WHERE e.field = 'due_date' AND e.changed_at >= {_SINCE}
          ORDER BY e.changed_at DESC, e.entity_id DESC LIMIT {_MOST}) e
        ORDER BY e.entity_id, e.changed_at, e.id"""

NOTED: Mapping[MoveKind, tuple[LiteralString, LiteralString]] = {
    "slipped": (_FIRST_OF_DUE_DATES, IS_SLIP),
    "moved": (_FIRST, _IS_MOVE),
}
"""The kinds that changes tell of: the first of those that are looked at, and what one has to meet."""


def render_moved(kind: MoveKind, items: LiteralString, where: LiteralString = "true") -> LiteralString:
    """Return the statement of the ids of those of `items` that moved in one of the ways of `NOTED`, and meet `where`.

    Each is looked up by itself and no more of them than are asked for: a join might read all items there are.
    """
    changes, condition = NOTED[kind]
    return f"""SELECT DISTINCT c.entity_id AS id FROM ({changes}) c CROSS JOIN LATERAL (
        SELECT FROM {items} i {FROM_STATE}
        WHERE i.id = c.entity_id AND {WAS_THERE} AND {condition} AND {where} LIMIT 1) i"""


def _find_moved(kind: MoveKind) -> LiteralString:
    return f"i.id = ANY (ARRAY({render_moved(kind, 'backlog_items')}))"


DATED: Mapping[MoveKind, LiteralString] = {
    "new": f"i.created_at >= {_SINCE}",
    "done": f"i.completed_at >= {_SINCE} AND coalesce(i.canceled_at, '-infinity') < i.completed_at",
    "canceled": f"i.canceled_at >= {_SINCE} AND coalesce(i.completed_at, '-infinity') <= i.canceled_at",
}
"""The kinds that an item's own dates tell of: what it has to meet, each by an index.

What was done and canceled is what it became last.
"""

_CONDITIONS: Mapping[MoveKind, LiteralString] = {
    **DATED,
    "slipped": _find_moved("slipped"),
    "moved": _find_moved("moved"),
    "gone": "false",  # what is in a list is there
}


def write_move(kind: MoveKind, since: datetime | None) -> SqlPredicate:
    """Return what an item has to meet that came or moved in this way; without a day nothing did."""
    return SqlPredicate(sql=_CONDITIONS[kind] if since else "false", params={"since": since})
