"""Read items as lines of a list, with the names of all that they refer to.

What may be shown is stated in `visibility.py` beside this file; which rows a page has is said in `selection/`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from shareable_backlog import vocabulary
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection.item_orders import Position, name_position
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import query


class EstimatedItem:
    """What an item has whose estimate is said as its team says it."""

    __slots__ = ()
    estimate: float | None
    issue_estimation_type: str | None

    def __post_init__(self) -> None:
        """Forget the estimate of a team that uses none any more: Linear keeps it, and shows it nowhere."""
        if self.issue_estimation_type == "notUsed":
            object.__setattr__(self, "estimate", None)

    @property
    def size(self) -> str | None:
        """Return the estimate of a team that estimates in sizes of T-shirts."""
        return vocabulary.find_size(self.estimate, self.issue_estimation_type)


@dataclass(frozen=True, slots=True)
class ListedItem(EstimatedItem):
    """One line of a list; `labels` are pairs of name and colour (or None), by name.

    `state_is_advanced` when its team has a state of the same type before it: In Review comes after In Progress. The
    assignee and the estimate are None also where they are not shown. `issue_estimation_type` is its team's.
    """

    id: str
    identifier: str
    title: str
    team: str | None
    priority: int
    estimate: float | None
    issue_estimation_type: str | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    is_open: bool
    state_name: str | None
    state_type: str | None
    state_color: str | None
    state_is_advanced: bool
    assignee: str | None
    project: str | None
    milestone: str | None
    cycle_number: int | None
    labels: list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class PlacedItem(ListedItem):
    """One line of a page; `position` is where it stands in the order."""

    position: list[str | float]


# Fragments are joined by f-strings of literals alone, which the type checker holds to be a LiteralString.
LABELS: LiteralString = """to_json(ARRAY(
  SELECT json_build_array(name, color) FROM unnest(i.label_ids) u (id) JOIN labels USING (id)
  WHERE removed_at IS NULL AND is_offered ORDER BY lower(name)
)) AS labels"""
STATE: LiteralString = """s.name AS state_name, s.type AS state_type, s.color AS state_color,
  s.later IS TRUE AS state_is_advanced"""
ASSIGNEE: LiteralString = f"CASE WHEN {visibility.ASSIGNEES} THEN a.name END AS assignee"
ESTIMATE: LiteralString = f"CASE WHEN {visibility.ESTIMATES} THEN i.estimate END AS estimate, t.issue_estimation_type"
# All are looked at once, instead of their table once for each line.
STATES: LiteralString = """(
  SELECT id, name, type, color, position > min(position) FILTER (WHERE removed_at IS NULL)
    OVER (PARTITION BY team_id, type) AS later FROM workflow_states)"""
JOINED: LiteralString = f"""LEFT JOIN {STATES} s ON s.id = i.state_id
LEFT JOIN teams t ON t.id = i.team_id LEFT JOIN people a ON a.id = i.assignee_id
LEFT JOIN projects p ON p.id = i.project_id
LEFT JOIN project_milestones m ON m.id = i.project_milestone_id
LEFT JOIN cycles y ON y.id = i.cycle_id"""
LISTED: LiteralString = f"""i.id, i.identifier, i.title, t.name AS team, i.priority, i.due_date,
  i.created_at, i.updated_at, i.archived_at, (i.completed_at, i.canceled_at) IS NULL AS is_open,
  p.name AS project, m.name AS milestone, y.number AS cycle_number, {ESTIMATE},
  {ASSIGNEE}, {STATE},
  {LABELS}"""


async def list_items(scope: Scope, item_query: ItemQuery, after: Position | None, limit: int) -> list[PlacedItem]:
    """Return up to `limit` of the items that are asked for, in their order, from after the position `after`."""
    return await list_selected(await select_items(scope, item_query), after, limit)


async def list_selected(selection: Selection, after: Position | None, limit: int) -> list[PlacedItem]:
    """Return up to `limit` items of a selection, in their order, from after the position `after`.

    What may be shown no more since the selection was made is not among them.
    """
    return await query(
        render_list(selection, after),
        {**selection.params, **name_position(after), "limit": limit},
        row=PlacedItem,
    )


def render_list(selection: Selection, after: Position | None) -> LiteralString:
    """Return the statement of `list_selected`, from after the position `after`."""
    rows = Rows(selection=selection, limit="%(limit)s", after=after)
    order = selection.order
    return f"""SELECT {LISTED},
  {order.render_position("c")} AS position
FROM (
{render_tables(selection)}
{render_rows(rows)}
) c JOIN backlog_items i ON i.id = c.id
{JOINED}
{order.render_final_sort("c")}"""


async def read_items(scope: Scope, ids: Sequence[str]) -> dict[str, ListedItem]:
    """Return the items of these ids as lines of a list, archived or not, as far as they may be shown."""
    found = await query(
        f"SELECT {LISTED} FROM backlog_items i {JOINED} WHERE i.id = ANY (%(ids)s::text[]) AND {visibility.ITEM}",
        {**visibility.build_params(scope), "ids": list(ids)},
        row=ListedItem,
    )
    return {one.id: one for one in found}


async def list_sub_items(scope: Scope, parent_id: str, limit: int) -> list[ListedItem]:
    """Return up to `limit` items below `parent_id` in Linear's order, archived ones too."""
    return await query(
        f"""
        SELECT {LISTED} FROM backlog_items i {JOINED} WHERE i.parent_id = %(parent_id)s AND {visibility.ITEM}
        ORDER BY i.sub_issue_sort_order NULLS LAST, i.number LIMIT %(limit)s
        """,
        {**visibility.build_params(scope), "parent_id": parent_id, "limit": limit},
        row=ListedItem,
    )
