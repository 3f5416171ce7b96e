"""Compare items with a day: how many came, moved and went, what moved of each, and which are gone."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection import item_moves
from shareable_backlog.database.backlog.selection.item_parts import list_parts
from shareable_backlog.database.backlog.selection.item_predicates import SqlPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_statement import Rows, render_rows, render_tables
from shareable_backlog.database.backlog.state_changes import FROM_STATE
from shareable_backlog.database.connection.query import query, query_all
from shareable_backlog.vocabulary import MOVES, MoveKind

MovedField: TypeAlias = Literal["state", "priority", "due_date", "project", "estimate"]


class ItemMove(Struct, frozen=True):
    """What a field of an item had: `before` is a name, a number or an ISO day, None for nothing, or what is not told.

    `is_slip` when a due date was put off. `before_id` is that of the state or project, named or not.
    """

    item_id: str
    field: MovedField
    before: str | None
    is_slip: bool
    before_id: str | None

    @property
    def day(self) -> date | None:
        """The due date that it had."""
        return date.fromisoformat(self.before) if self.before else None

    @property
    def number(self) -> float | None:
        """The estimate that it had."""
        return float(self.before) if self.before else None


class GoneItem(Struct, frozen=True):
    """An item that was there and is archived, or deleted in Linear: then it can't be opened any more."""

    identifier: str
    title: str
    at: datetime
    can_be_opened: bool


class MoveCounts(Struct, frozen=True):
    """Count items by what has become of them; `is_cut` when so much moved that not all changes were looked at."""

    counts: Mapping[MoveKind, int]
    is_cut: bool


class _MoveCount(Struct, frozen=True):
    count: int


_NOTED: LiteralString = f"""
    SELECT count(*) AS count FROM (
      SELECT FROM field_changes WHERE field IN ({item_moves.FIELDS}) AND changed_at >= %(since)s LIMIT %(most)s) c
"""
# Of a project that a group of viewers sees nothing of it is not told what it is called.
_PROJECT: LiteralString = f"""LEFT JOIN projects p ON c.field = 'project' AND p.id = c.from_value
  AND (%(viewer_group_ids)s::integer[] IS NULL OR p.id = ANY (ARRAY({visibility.GROUP_PROJECTS})))"""


async def list_moves(scope: Scope, item_ids: Sequence[str], since: datetime) -> list[ItemMove]:
    """Return what moved `since` of those of these items that were there then and are shown."""
    of: LiteralString = "e.entity_id = ANY (%(item_ids)s::text[])"
    return await query(
        f"""
        SELECT i.id AS item_id, c.field,
               CASE c.field WHEN 'state' THEN f.name WHEN 'project' THEN p.name ELSE c.from_value END AS before,
               {item_moves.IS_SLIP} AS is_slip,
               CASE WHEN c.field IN ('state', 'project') THEN c.from_value END AS before_id
        FROM ({item_moves.render_first_changes(of)}) c JOIN backlog_items i ON i.id = c.entity_id {FROM_STATE}
        {_PROJECT}
        WHERE {item_moves.WAS_THERE} AND {item_moves.IS_TOLD} AND {visibility.ITEM}
        ORDER BY i.id, array_position('{{due_date,state,priority,project,estimate}}'::text[], c.field::text)
        """,
        {**visibility.build_params(scope), "item_ids": list(item_ids), "since": since},
        row=ItemMove,
        plan_anew=True,
        on_standby=True,
    )


async def count_moves(selection: Selection, since: datetime, most: int) -> MoveCounts:
    """Count the items of a selection that came or moved in each way `since`, and those that are gone, up to `most`.

    Of what is searched for it is not known which are gone: their words are no longer kept.
    """
    kinds: list[MoveKind] = [kind for kind in MOVES if kind != "gone"]
    statements: list[tuple[LiteralString, Mapping[str, object]]] = []
    for kind in kinds:
        text = _count_noted(selection, kind) if kind in item_moves.NOTED else _count_dated(selection, kind)
        statements.append((text, {**selection.params, "since": since, "most": most}))
    counted: LiteralString = f"SELECT count(*) AS count FROM ({_render_gone(selection, 'i.id')} LIMIT %(most)s) i"
    statements.append((counted, {**selection.params, "since": since, "most": most}))
    statements.append((_NOTED, {"since": since, "most": item_moves.MOST_CHANGES + 1}))
    *found, [changes] = await query_all(statements, row=_MoveCount, plan_anew=True, on_standby=True)
    counts = {kind: one.count for kind, [one] in zip((*kinds, "gone"), found, strict=True)}
    return MoveCounts({kind: counts[kind] for kind in MOVES}, changes.count > item_moves.MOST_CHANGES)


def _count_noted(selection: Selection, kind: MoveKind) -> LiteralString:
    """Return the statement that counts what changes tell of: they are gone through until enough is found."""
    # With one more condition no other index decides which items there are.
    met = selection.narrow(SqlPredicate(sql=item_moves.WAS_THERE))
    where: LiteralString = "true" if selection.with_archived else "i.archived_at IS NULL"
    found: LiteralString = " UNION ALL ".join(
        [f"({item_moves.render_moved(kind, part.name, where)} LIMIT %(most)s)" for part in list_parts(met)]
    )
    return f"SELECT least(count(*), %(most)s::bigint) AS count FROM ({render_tables(met)}\n{found}) i"


def _count_dated(selection: Selection, kind: MoveKind) -> LiteralString:
    """Return the statement that counts what an item's own dates tell of."""
    narrowed = selection.narrow(SqlPredicate(sql=item_moves.DATED[kind]))
    rows = render_rows(Rows(selection=narrowed, limit="%(most)s", pick="any"))
    return f"SELECT count(*) AS count FROM ({render_tables(narrowed)}\n{rows}) i"


async def has_too_many(since: datetime) -> bool:
    """Return whether so much moved `since` that not all changes are looked at."""
    [(changes,)] = await query(_NOTED, {"since": since, "most": item_moves.MOST_CHANGES + 1})
    return changes > item_moves.MOST_CHANGES


async def list_gone(selection: Selection, since: datetime, limit: int) -> list[GoneItem]:
    """Return up to `limit` items of a selection, but for its search, that are gone `since`, the latest first."""
    columns: LiteralString = f"""
        i.id, i.identifier, i.title, coalesce(i.archived_at, i.removed_at, i.updated_at) AS at,
        {visibility.IN_LINEAR} AS can_be_opened
    """
    return await query(
        f"""SELECT identifier, title, at, can_be_opened FROM ({_render_gone(selection, columns)}) i
        ORDER BY at DESC, id DESC LIMIT %(limit)s""",
        {**selection.params, "since": since, "limit": limit},
        row=GoneItem,
        plan_anew=True,
        on_standby=True,
    )


def _render_gone(selection: Selection, columns: LiteralString) -> LiteralString:
    texts: list[LiteralString] = [one.render() for one in selection.predicates if not one.is_implied]
    searched: list[LiteralString] = ["false"] if selection.match else []
    where: LiteralString = " AND ".join([item_moves.WAS_THERE, visibility.SHARED, *texts, *searched])
    return " UNION ALL ".join(
        [f"SELECT {columns} FROM backlog_items i WHERE {went} AND {where}" for went in item_moves.WENT]
    )
