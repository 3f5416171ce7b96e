"""Read the backlog's items: the list page by page, and one item whole.

What may be shown is stated in `database/shown.py`; an archived item is not in the list but has its page.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from shareable_backlog.database import chosen_items, shown
from shareable_backlog.database.query import query
from shareable_backlog.database.sharing import Scope


@dataclass(frozen=True, slots=True)
class ListedItem:
    """Hold one line of the list; `labels` are pairs of name and colour (or None), by name.

    `state_is_advanced` when its team has a state of the same type before it: In Review comes after In Progress.
    """

    id: str
    identifier: str
    title: str
    priority: int
    due_date: date | None
    updated_at: datetime
    state_name: str | None
    state_type: str | None
    state_color: str | None
    state_is_advanced: bool
    assignee: str | None
    project: str | None
    labels: list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Item:
    """Hold one item with the names of all that it refers to; a reference to what isn't mirrored is None."""

    id: str
    identifier: str
    title: str
    description: str | None
    url: str | None
    priority: int
    estimate: float | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    canceled_at: datetime | None
    archived_at: datetime | None
    parent_id: str | None
    team_key: str | None
    team: str | None
    state_name: str | None
    state_type: str | None
    state_color: str | None
    state_is_advanced: bool
    assignee: str | None
    creator: str | None
    project: str | None
    milestone: str | None
    cycle_number: int | None
    cycle_name: str | None
    labels: list[tuple[str, str | None]]
    shows_description: bool
    """Whether a description of None means that there is none, and not that descriptions are not shown."""
    shows_people: bool
    """The same for the assignee and the creator."""


# Fragments are joined by f-strings of literals alone, which the type checker holds to be a LiteralString.
_LABELS: LiteralString = """
    (SELECT coalesce(json_agg(json_build_array(l.name, l.color) ORDER BY lower(l.name)), '[]')
     FROM labels l WHERE l.id = ANY (i.label_ids) AND l.removed_at IS NULL) AS labels
"""
_STATE: LiteralString = """
    s.name AS state_name, s.type AS state_type, s.color AS state_color,
    EXISTS (
      SELECT FROM workflow_states e
      WHERE e.team_id = s.team_id AND e.type = s.type AND e.position < s.position AND e.removed_at IS NULL
    ) AS state_is_advanced
"""
_ASSIGNEE: LiteralString = f"CASE WHEN {shown.ASSIGNEES} THEN a.name END AS assignee"
_LISTED: LiteralString = f"""
    SELECT i.id, i.identifier, i.title, i.priority, i.due_date, i.updated_at,
           {_ASSIGNEE}, p.name AS project, {_STATE}, {_LABELS}
"""
_JOINED: LiteralString = """
    LEFT JOIN workflow_states s ON s.id = i.state_id
    LEFT JOIN people a ON a.id = i.assignee_id
    LEFT JOIN projects p ON p.id = i.project_id
"""


async def listed(
    scope: Scope,
    *,
    team_key: str | None,
    state_type: str | None,
    text: str | None,
    is_open: bool,
    identifier: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[ListedItem]:
    """Give up to `limit` items, newest update first, archived ones left out; None leaves a filter out.

    `text` is what a person typed to search for, its last word a beginning if `is_open`; `identifier` is the same
    as an identifier if it looks like one. `after` is (`updated_at`, `id`) of the last item seen.
    """
    chosen, params = await chosen_items.statement(scope, state_type=state_type, text=text, identifier=identifier)
    return await query(
        f"{_LISTED} FROM ({chosen}) i {_JOINED} {chosen_items.NEWEST_FIRST}",
        {
            **params,
            "team_key": team_key,
            "state_type": state_type,
            "text": text,
            "is_open": is_open,
            "identifier": identifier,
            "after_at": after and after[0],
            "after_id": after and after[1],
            "limit": limit,
        },
        row=ListedItem,
    )


async def by_identifier(scope: Scope, identifier: str) -> Item | None:
    """Give the item that has `identifier` now; None when there is none to show."""
    found = await query(
        f"""
        SELECT i.id, i.identifier, i.title, i.url, i.priority, i.due_date,
               i.created_at, i.updated_at, i.completed_at, i.canceled_at, i.archived_at, i.parent_id,
               CASE WHEN {shown.DESCRIPTIONS} THEN i.description END AS description,
               CASE WHEN {shown.ESTIMATES} THEN i.estimate END AS estimate,
               CASE WHEN {shown.ASSIGNEES} THEN c.name END AS creator, {_ASSIGNEE},
               {shown.DESCRIPTIONS} AS shows_description, {shown.ASSIGNEES} AS shows_people,
               t.key AS team_key, t.name AS team, p.name AS project, m.name AS milestone,
               y.number AS cycle_number, y.name AS cycle_name, {_STATE}, {_LABELS}
        FROM backlog_items i {_JOINED}
        LEFT JOIN teams t ON t.id = i.team_id
        LEFT JOIN people c ON c.id = i.creator_id
        LEFT JOIN project_milestones m ON m.id = i.project_milestone_id
        LEFT JOIN cycles y ON y.id = i.cycle_id
        WHERE i.identifier = %(identifier)s AND {shown.ITEM}
        ORDER BY i.updated_at DESC LIMIT 1
        """,
        {**shown.params(scope), "identifier": identifier},
        row=Item,
    )
    return found[0] if found else None


async def current_identifier(scope: Scope, previous: str) -> str | None:
    """Give the identifier that an item has now which once had `previous`; None when there is none to show."""
    found = await query(
        "SELECT i.identifier FROM backlog_items i WHERE i.previous_identifiers <> '{}'"
        " AND i.previous_identifiers @> ARRAY[%(previous)s]::text[] AND "
        + shown.ITEM
        + " ORDER BY i.updated_at DESC LIMIT 1",
        {**shown.params(scope), "previous": previous},
    )
    return found[0][0] if found else None


async def by_id(scope: Scope, item_id: str) -> ListedItem | None:
    """Give one item as a line of a list, archived or not; None when there is none to show."""
    found = await query(
        _LISTED + " FROM backlog_items i " + _JOINED + " WHERE i.id = %(item_id)s AND " + shown.ITEM,
        {**shown.params(scope), "item_id": item_id},
        row=ListedItem,
    )
    return found[0] if found else None


async def sub_items(scope: Scope, parent_id: str, limit: int) -> list[ListedItem]:
    """Give up to `limit` items below `parent_id` in Linear's order, archived ones too."""
    return await query(
        _LISTED
        + " FROM backlog_items i "
        + _JOINED
        + " WHERE i.parent_id = %(parent_id)s AND "
        + shown.ITEM
        + " ORDER BY i.sub_issue_sort_order NULLS LAST, i.number LIMIT %(limit)s",
        {**shown.params(scope), "parent_id": parent_id, "limit": limit},
        row=ListedItem,
    )
