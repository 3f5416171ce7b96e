"""Read items as lines of a list, with the names of all that they refer to.

What may be shown is stated in `visibility.py` beside this file; which rows a page has is said in `selection/`. What
things are called is kept in `item_names.py`: rows come with ids.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, LiteralString, TypeVar

import msgspec

from shareable_backlog import vocabulary
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import item_names, visibility
from shareable_backlog.database.backlog.counts.item_totals import SHOWN_ESTIMATE
from shareable_backlog.database.backlog.item_names import Names, Query
from shareable_backlog.database.backlog.selection.item_orders import Position, name_position
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.connection.query import Params, query
from shareable_backlog.database.connection.transaction import transaction


class LineRow(msgspec.Struct, frozen=True):
    """The columns of `LISTED`, with ids for names; `position` stands after them where the rows have an order.

    `version` is that of the mirror and of what is shared.
    """

    id: str
    identifier: str
    title: str
    priority: int
    estimate: float | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    is_open: bool
    team_id: str | None
    state_id: str | None
    assignee_id: str | None
    project_id: str | None
    milestone_id: str | None
    cycle_id: str | None
    label_ids: Sequence[str]
    version: str
    position: str = ""


class ListedItem(msgspec.Struct, frozen=True):
    """One line of a list; `labels` are pairs of name and color (or None), by name.

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

    @property
    def size(self) -> str | None:
        """Return the estimate of a team that estimates in sizes of T-shirts."""
        return vocabulary.find_size(self.estimate, self.issue_estimation_type)


class PlacedItem(ListedItem, frozen=True):
    """One line of a page; `position` is where it stands in the order, as JSON: few are asked for it."""

    position: str

    def read_position(self) -> Position:
        """Return the position after which the list goes on."""
        return tuple(msgspec.json.decode(self.position))


L = TypeVar("L", bound=ListedItem)

# Fragments are joined by f-strings of literals alone, which the type checker holds to be a LiteralString.
LISTED: LiteralString = f"""i.id, i.identifier, i.title, i.priority, {SHOWN_ESTIMATE} AS estimate, i.due_date,
  i.created_at, i.updated_at, i.archived_at, (i.completed_at, i.canceled_at) IS NULL AS is_open,
  i.team_id, i.state_id, CASE WHEN {visibility.ASSIGNEES} THEN i.assignee_id END AS assignee_id,
  i.project_id, i.project_milestone_id, i.cycle_id, i.label_ids,
  (SELECT version::text FROM mirror_versions) AS version"""
_USUAL_LIMIT = 51
"""A page of 50, and one more to know that there is another."""


async def list_items(scope: Scope, item_query: ItemQuery, after: Position | None, limit: int) -> list[PlacedItem]:
    """Return up to `limit` of the items that are asked for, in their order, from after the position `after`."""
    return await list_selected(await select_items(scope, item_query), after, limit)


async def list_selected(selection: Selection, after: Position | None, limit: int) -> list[PlacedItem]:
    """Return up to `limit` items of a selection, in their order, from after the position `after`.

    What may be shown no more since the selection was made is not among them.
    """
    # Of any number of rows the planner thinks very many, and makes another plan each time.
    is_usual = limit == _USUAL_LIMIT and selection.is_whole
    params = {**selection.params, **name_position(after), "limit": limit}
    sql = render_list(selection, after, "51" if is_usual else "%(limit)s")
    rows, names = await read_rows(sql, params, plan_anew=not is_usual)
    return [name_item(PlacedItem, row, names, row.position) for row in rows]


def render_list(selection: Selection, after: Position | None, limit: LiteralString = "%(limit)s") -> LiteralString:
    """Return the statement of `list_selected`, from after the position `after`; `limit` is an expression."""
    rows = Rows(selection=selection, limit=limit, after=after)
    order = selection.order
    return f"""SELECT {LISTED},
  {order.render_position("c")}::text AS position
FROM (
{render_tables(selection)}
{render_rows(rows)}
) c JOIN backlog_items i ON i.id = c.id
{order.render_final_sort("c")}"""


async def read_items(scope: Scope, ids: Sequence[str]) -> dict[str, ListedItem]:
    """Return the items of these ids as lines of a list, archived or not, as far as they may be shown."""
    rows, names = await read_rows_of(scope, ids)
    return {row.id: name_item(ListedItem, row, names) for row in rows}


async def read_rows_of(scope: Scope, ids: Sequence[str]) -> tuple[list[LineRow], Names]:
    """Return the rows of the items of these ids, as far as they may be shown, and the names in them."""
    return await read_rows(
        f"SELECT {LISTED} FROM backlog_items i WHERE i.id = ANY (%(ids)s::text[]) AND {visibility.ITEM}",
        {**visibility.build_params(scope), "ids": list(ids)},
    )


async def list_sub_items(scope: Scope, parent_id: str, limit: int) -> list[ListedItem]:
    """Return up to `limit` items below `parent_id` in Linear's order, archived ones too."""
    rows, names = await read_rows(
        f"""
        SELECT {LISTED} FROM backlog_items i WHERE i.parent_id = %(parent_id)s AND {visibility.ITEM}
        ORDER BY i.sub_issue_sort_order NULLS LAST, i.number LIMIT %(limit)s
        """,
        {**visibility.build_params(scope), "parent_id": parent_id, "limit": limit},
    )
    return [name_item(ListedItem, row, names) for row in rows]


async def read_rows(sql: LiteralString, params: Params, *, plan_anew: bool = False) -> tuple[list[LineRow], Names]:
    """Return the rows of a statement whose columns begin with `LISTED`, and the names in them, of the same moment.

    With `plan_anew` it is planned for its values each time.
    """
    rows = await query(sql, params, plan_anew=plan_anew, on_standby=True)
    if (found := await _name_rows(rows, query)) is None:
        # The mirror has changed between the two, and here it can't.
        async with transaction(is_snapshot=True) as tx:
            found = await _name_rows(await tx.query(sql, params), tx.query)
    if found is None:
        raise RuntimeError("a snapshot has two versions of the mirror")
    return found


async def _name_rows(found: list[tuple[Any, ...]], ask: Query) -> tuple[list[LineRow], Names] | None:
    rows = [LineRow(*one) for one in found]
    if not rows:
        return rows, Names()
    names = await item_names.find_names(
        rows[0].version,
        {
            "teams": {row.team_id for row in rows},
            "states": {row.state_id for row in rows},
            "people": {row.assignee_id for row in rows},
            "projects": {row.project_id for row in rows},
            "milestones": {row.milestone_id for row in rows},
            "cycles": {row.cycle_id for row in rows},
            "labels": {id_ for row in rows for id_ in row.label_ids},
        },
        ask,
    )
    return names and (rows, names)


_UNNAMED = (None, None, None, False)


def name_item(line: Callable[..., L], row: LineRow, names: Names, *more: object) -> L:
    """Return a row with its names as a line; `more` are the fields that a kind of `line` has beyond the others."""
    of = names.of
    team, estimation_type = of["teams"][row.team_id] or (None, None)
    labels = sorted(found for id_ in row.label_ids if (found := of["labels"][id_]))
    return line(
        row.id,
        row.identifier,
        row.title,
        team,
        row.priority,
        row.estimate,
        estimation_type,
        row.due_date,
        row.created_at,
        row.updated_at,
        row.archived_at,
        row.is_open,
        *(of["states"][row.state_id] or _UNNAMED),
        of["people"][row.assignee_id],
        of["projects"][row.project_id],
        of["milestones"][row.milestone_id],
        of["cycles"][row.cycle_id],
        [(name, color) for _, name, color in labels],
        *more,
    )
