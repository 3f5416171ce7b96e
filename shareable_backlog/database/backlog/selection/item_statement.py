"""Write the SQL of a selection, once: what is put together here is not touched again."""

from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.selection.item_orders import Position
from shareable_backlog.database.backlog.selection.item_parts import render_parts
from shareable_backlog.database.backlog.selection.item_predicates import IdPredicate
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.backlog.selection.item_sources import Source, choose_sources

Pick: TypeAlias = Literal["first", "each", "some", "any", "apart"]
"""Which rows: the first of all; of each id the first and of other sources any, of each up to the limit; the first of
each source; any; or any that no index of the whole list finds."""


class Rows(Struct, frozen=True, kw_only=True):
    """Up to `limit` rows of a selection, from after a position; each has `id`, the order's keys and more `columns`.

    `limit` is an expression; the position's parameters are those of `item_orders.name_position`. A selection with
    what is archived has that in a source of its own, as most indexes are, unless the rows are of one that
    `mixes_archived`. `where` is one more condition on an item `i`.
    """

    selection: Selection
    limit: LiteralString
    pick: Pick = "first"
    after: Position | None = None
    columns: LiteralString = ""
    mixes_archived: bool = False
    where: LiteralString = ""


def render_tables(selection: Selection) -> LiteralString:
    """Return the WITH in front of `render_rows`: what may be shown, and the parts in which items are found."""
    return "WITH " + ",\n".join([visibility.render_shown(selection.scope), *render_parts(selection)])


def render_rows(rows: Rows) -> LiteralString:
    """Return the statement of rows, which stands after `render_tables`."""
    blocks = choose_sources(rows.selection, wants_first=rows.pick == "first", after=rows.after)
    if rows.mixes_archived:
        blocks = [[replace(one, is_archived=None) for one in block if one.driver != "archived"] for block in blocks]
    if rows.pick == "each":
        return _join(rows, [one for block in blocks for one in block])
    if rows.pick != "first":
        return _limit(rows, _join(rows, [one for block in blocks for one in block]))
    if len(blocks) == 1:
        return _render_block(rows, blocks[0])
    # What stands in the first of these is enough most of the time, and the others are looked through only then.
    joined: LiteralString = ")\nUNION ALL (".join([_render_block(rows, block) for block in blocks])
    return _limit(rows, f"({joined})")


def _render_block(rows: Rows, sources: list[Source]) -> LiteralString:
    if len(sources) == 1 and not sources[0].ids:
        return _render_source(rows, sources[0])
    sort: LiteralString = f"{rows.selection.order.render_final_sort('i')} "
    return _limit(rows, _join(rows, sources), sort)


def _join(rows: Rows, sources: list[Source]) -> LiteralString:
    # The first of what a group sees by several of its rules come from each of them.
    is_doubled = rows.selection.in_group and rows.pick == "first"
    union: LiteralString = ")\nUNION (" if is_doubled else ")\nUNION ALL ("
    return f"({union.join([_render_source(rows, one) for one in sources])})"


def _limit(rows: Rows, text: LiteralString, sort: LiteralString = "") -> LiteralString:
    return f"SELECT i.* FROM ({text}) i {sort}LIMIT {rows.limit}"


def _render_source(rows: Rows, source: Source) -> LiteralString:
    order = rows.selection.order
    conditions: list[LiteralString] = [
        *([source.matched] if source.matched else []),
        *source.conditions,
        *([rows.where] if rows.where else []),
        *_list_archived(rows, source),
        *([order.render_after(source.rank_sql if order.ranking == "state" else "")] if source.is_continued else []),
    ]
    where: LiteralString = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    rank: LiteralString = f"{source.rank_sql} AS key_0, " if source.rank_sql else ""
    more: LiteralString = f", {rows.columns}" if rows.columns else ""
    columns: LiteralString = f"i.id, {order.render_columns()}{more}"
    sort: LiteralString = f"{order.render_sort()} " if _is_sorted(rows, source) else ""
    text: LiteralString = f"""SELECT {"" if source.ids else rank}{columns} FROM {source.tables}
  {where}{sort}LIMIT {rows.limit}"""
    if not source.ids:
        return text
    of_each: LiteralString = f"SELECT {rank}i.* FROM {source.ids} d CROSS JOIN LATERAL ({text}) i"
    if order.ranking == "state" and rows.pick == "first":
        # Sorted by itself, it reads no more states than are needed.
        return _limit(rows, of_each, f"{order.render_final_sort('i')} ")
    return of_each


def _is_sorted(rows: Rows, source: Source) -> bool:
    """Return whether the order leads to rows: to count some of few, the planner would sort all of them first.

    And of what a group sees by one of its rules, as it takes what meets two conditions on the same for much rarer.
    """
    if rows.selection.in_group and rows.pick == "some":
        return False
    is_few = not source.ids and any(
        isinstance(one, IdPredicate) and one.is_one_of and one.column.has_many_values
        for one in rows.selection.predicates
    )
    return rows.pick == "first" or (rows.pick == "each" and bool(source.ids)) or (rows.pick == "some" and not is_few)


def _list_archived(rows: Rows, source: Source) -> list[LiteralString]:
    if source.is_archived is None:
        return []
    if source.is_archived:
        return ["i.archived_at IS NOT NULL"]
    # Both mean the same and look as rare, but indexes of what is not archived are not taken for the latter.
    return ["(i.archived_at IS NULL) IS NOT FALSE" if rows.pick == "apart" else "i.archived_at IS NULL"]
