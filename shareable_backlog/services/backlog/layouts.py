"""Read and write how the backlog is laid out, as in an address: `group=state&order=priority&closed=Done`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar, get_args

from shareable_backlog.database.backlog.item_groups import GroupBy
from shareable_backlog.database.backlog.selection.item_orders import OrderName
from shareable_backlog.errors import InvalidInput

__all__ = ["COLUMNS", "GROUPS", "ORDERS", "Column", "GroupBy", "OrderName", "Shape", "build_pairs", "parse_layout"]

Pair = tuple[str, str]
T = TypeVar("T", bound=str)
Column: TypeAlias = Literal[
    "priority", "id", "state", "labels", "milestone", "project", "cycle", "estimate", "due", "assignee", "created",
    "updated",
]  # fmt: skip

GROUPS: Final[tuple[GroupBy, ...]] = get_args(GroupBy)
ORDERS: Final[tuple[OrderName, ...]] = get_args(OrderName)
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
"""The columns of the list, in the order in which they stand; the title stands after the state."""
_MOST_CLOSED = 50


@dataclass(frozen=True, slots=True)
class Shape:
    """How the backlog is laid out; None is what the person or the page has otherwise.

    `group` "none" is one list; `closed` are the names of groups that show no more than their count, "" that of those
    that have nothing there.
    """

    group: GroupBy | Literal["none"] | None = None
    order: OrderName | None = None
    columns: tuple[Column, ...] | None = None
    closed: tuple[str, ...] = ()


def parse_layout(given: Iterable[Pair]) -> Shape:
    """Read the shape among the pairs of an address; empty values are left out. Raises InvalidInput."""
    shape: dict[str, str] = {}
    closed: dict[str, None] = {}
    for name, value in given:
        word = value.replace("\x00", "").strip()[:200]
        if name == "closed":
            closed[word] = None
        elif name == "columns" and word:
            shape[name] = f"{shape[name]},{word.lower()}" if name in shape else word.lower()
        elif name in {"group", "order"} and word:
            shape[name] = word.lower()
    group, order, columns = shape.get("group"), shape.get("order"), shape.get("columns")
    return Shape(
        None if group is None else _require_known((*GROUPS, "none"), group),
        None if order is None else _require_known(ORDERS, order),
        None if columns is None else tuple(_require_known(COLUMNS, one) for one in dict.fromkeys(columns.split(","))),
        tuple(closed)[:_MOST_CLOSED],
    )


def build_pairs(shape: Shape) -> list[Pair]:
    """Write a shape as pairs of an address, always in the same order."""
    written: list[Pair] = []
    written += [("group", shape.group)] if shape.group else []
    written += [("order", shape.order)] if shape.order else []
    written += [("columns", ",".join(shape.columns))] if shape.columns is not None else []
    return written + [("closed", name) for name in shape.closed]


def _require_known(known: Iterable[T], word: str) -> T:
    for one in known:
        if one == word:
            return one
    raise InvalidInput(f"The list can't be laid out by “{word[:40]}”. Take what the page offers.")
