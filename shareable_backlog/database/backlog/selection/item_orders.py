"""Name the orders in which items are listed, each with what an index has to have for it."""

from collections.abc import Collection, Mapping
from typing import Literal, LiteralString, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.database.settings import RankOrder
from shareable_backlog.vocabulary import FILTERS, FilterName, OrderName, turn_order

Position: TypeAlias = tuple[str | float, ...]
"""Where a page ends: the order's keys of its last item, as JSON has them, and the item's id."""

Ranking: TypeAlias = Literal["state", "match"]
"""What items are ranked by: how far their work is, or where the words of a search are in them."""


class SortKey(Struct, frozen=True):
    """An expression on an item `i`, and its type."""

    sql: LiteralString
    type: LiteralString


_RANK_TYPE: LiteralString = "float8"
_NAMES: tuple[LiteralString, ...] = ("key_0", "key_1")
_AFTER: tuple[LiteralString, ...] = ("%(after_0)s", "%(after_1)s")


class Order(Struct, frozen=True):
    """How items are sorted: by rank if there is any, then by `keys`, then by id, all in one direction.

    The rank of an item is told by the source that it comes from. Rows that have been read carry the rank and the keys
    as columns `key_0` and `key_1`. Of what is `indexed_by` indexes have the items of each in this order.
    `priority_key` is the key that is the place of a priority, and -1 of what is done.
    """

    keys: tuple[SortKey, ...]
    is_descending: bool = True
    ranking: Ranking | None = None
    indexed_by: Collection[FilterName] = ()
    priority_key: LiteralString = ""

    def turn(self) -> "Order":
        """Return the same order the other way round, in which an index is read from its end."""
        return replace(self, is_descending=not self.is_descending)

    @property
    def types(self) -> tuple[LiteralString, ...]:
        """The types of the keys of a position."""
        return (*((_RANK_TYPE,) if self.ranking else ()), *(key.type for key in self.keys))

    def render_columns(self) -> LiteralString:
        """Return the keys of an item `i` as columns, but for its rank."""
        names = _NAMES[1:] if self.ranking else _NAMES
        return ", ".join([f"{key.sql} AS {name}" for key, name in zip(self.keys, names, strict=False)])

    def render_sort(self) -> LiteralString:
        """Return the ORDER BY of items `i` of one rank, just as an index has it."""
        return self._render_sort([*(key.sql for key in self.keys), "i.id"])

    def render_final_sort(self, alias: LiteralString) -> LiteralString:
        """Return the ORDER BY of rows that carry their keys."""
        return self._render_sort([*self._name_columns(alias), f"{alias}.id"])

    def render_position(self, alias: LiteralString) -> LiteralString:
        """Return as JSON the position of rows that carry their keys."""
        columns: LiteralString = ", ".join([*self._name_columns(alias), f"{alias}.id"])
        return f"json_build_array({columns})"

    def render_after(self, rank_sql: LiteralString = "") -> LiteralString:
        """Return the condition that an item `i` stands after a position, whose parameters `name_position` returns.

        Without its rank it is one that has the position's.
        """
        row: LiteralString = ", ".join([*(key.sql for key in self.keys), "i.id"])
        sign: LiteralString = "<" if self.is_descending else ">"
        start: LiteralString = "'infinity'" if self.is_descending else "'-infinity'"
        names = _AFTER[1:] if self.ranking else _AFTER
        keys: list[LiteralString] = [f"{name}::{key.type}" for key, name in zip(self.keys, names, strict=False)]
        if rank_sql:
            # What is of a later rank begins at its start, by a condition that an index can take.
            is_ranked: LiteralString = f"{rank_sql} = %(after_0)s::{_RANK_TYPE}"
            keys = [f"CASE WHEN {is_ranked} THEN {key} ELSE {start} END" for key in keys]
        last: LiteralString = ", ".join([*keys, "%(after_id)s::text"])
        text: LiteralString = f"({row}) {sign} ({last})"
        return f"{rank_sql} {sign}= %(after_0)s::{_RANK_TYPE} AND {text}" if rank_sql else text

    def _name_columns(self, alias: LiteralString) -> list[LiteralString]:
        return [f"{alias}.{name}" for name, _ in zip(_NAMES, self.types, strict=False)]

    def _render_sort(self, keys: list[LiteralString]) -> LiteralString:
        direction: LiteralString = "DESC" if self.is_descending else "ASC"
        return "ORDER BY " + ", ".join([f"{key} {direction}" for key in keys])


def name_position(position: Position | None) -> Mapping[str, object]:
    """Return the parameters of `Order.render_after`; none for the beginning."""
    if position is None:
        return {}
    *keys, last_id = position
    return {f"after_{at}": key for at, key in enumerate(keys)} | {"after_id": last_id}


_UPDATED = SortKey("i.updated_at", "timestamptz")

# No more than people mostly narrow the list to: each index makes a sync slower to store.
_MOST_USED: Collection[FilterName] = ("team", "state", "priority", "project", "assignee")

_ORDERS: dict[OrderName, Order] = {
    # Linear's priority and its order within it, as migration 043 says; what is done comes last.
    "rank": Order(
        (SortKey("i.rank_level", "integer"), SortKey("i.rank_place", "float8")),
        indexed_by=_MOST_USED,
        priority_key="i.rank_level",
    ),
    "updated": Order((_UPDATED,), indexed_by=tuple(FILTERS)),
    "created": Order((SortKey("i.created_at", "timestamptz"),)),
    # Urgent (1) comes first and none (0) last.
    "priority": Order((SortKey("mod(5 - i.priority, 5)", "integer"), _UPDATED)),
    "due": Order((SortKey("coalesce(i.due_date, '9999-12-31')", "date"),), is_descending=False),
    "manual": Order((SortKey("coalesce(i.sort_order, 'Infinity')", "float8"),), is_descending=False),
    "state": Order((_UPDATED,), ranking="state"),
    "relevance": Order((_UPDATED,), ranking="match"),
}

# Without a due date items are last both ways.
_LATEST_DUE = Order((SortKey("coalesce(i.due_date, '0001-01-01')", "date"),))

ORDERS: Mapping[OrderName, Order] = {
    **_ORDERS,
    **{turned: one.turn() for name, one in _ORDERS.items() if (turned := turn_order(name))},
    "-due": _LATEST_DUE,
}

# Linear's order over all, whatever the priority: the other way to rank that an admin may choose.
_BY_HAND = Order((SortKey("least(i.rank_level, 0)", "integer"), SortKey("i.manual_place", "float8")))


def find_order(name: OrderName, rank_order: RankOrder) -> Order:
    """Return an order by its name; that of rank goes by what an admin chose."""
    if rank_order == "manual" and name in {"rank", "-rank"}:
        return _BY_HAND if name == "rank" else _BY_HAND.turn()
    return ORDERS[name]
