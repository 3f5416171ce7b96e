"""Find which items stand before and after one in a list."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.item_list import PlacedItem, list_selected
from shareable_backlog.database.backlog.selection.item_orders import Position
from shareable_backlog.database.backlog.selection.item_query import ItemQuery, Selection, select_items
from shareable_backlog.database.connection.query import query

_MOST_LOOKED_THROUGH = 200
"""Of what is ranked by the statement itself, so many of the first items are looked through."""


class Neighbors(Struct, frozen=True):
    """The items before and after one, as far as they may be shown; None at the ends, and where it isn't known."""

    previous: PlacedItem | None = None
    following: PlacedItem | None = None


async def find_neighbors(scope: Scope, item_query: ItemQuery, item_id: str) -> Neighbors:
    """Return what stands beside an item in a list, also when the item itself has left it meanwhile.

    Each is the first one after its position, in the order or the other way round. What is ranked by how far its work
    is, or by how well it matches, is looked for among the first 200.
    """
    selection = await select_items(scope, item_query)
    if selection.order.ranking:
        return _find_among(await list_selected(selection, None, _MOST_LOOKED_THROUGH), item_id)
    position = await _read_position(selection, item_id)
    if position is None:
        return Neighbors()
    before = await list_selected(replace(selection, order=selection.order.turn()), position, 1)
    after = await list_selected(selection, position, 1)
    return Neighbors(before[0] if before else None, after[0] if after else None)


async def _read_position(selection: Selection, item_id: str) -> Position | None:
    order = selection.order
    found = await query(
        f"""
        SELECT {order.render_position("k")}
        FROM (SELECT i.id, {order.render_columns()} FROM backlog_items i WHERE i.id = %(item_id)s) k
        """,
        {"item_id": item_id},
        plan_anew=True,
        on_standby=True,
    )
    return tuple(found[0][0]) if found else None


def _find_among(items: Sequence[PlacedItem], item_id: str) -> Neighbors:
    at = next((at for at, one in enumerate(items) if one.id == item_id), None)
    if at is None:
        return Neighbors()
    return Neighbors(items[at - 1] if at else None, items[at + 1] if at + 1 < len(items) else None)
