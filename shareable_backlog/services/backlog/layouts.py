"""Read and write how the backlog is laid out, as in an address: `group=state&order=priority&closed=Done`."""

from collections.abc import Iterable
from typing import Literal, TypeAlias, TypeVar

from msgspec import Struct

from shareable_backlog.errors import InvalidInput
from shareable_backlog.vocabulary import COLUMNS, GROUPS, ORDERS, ColumnName, GroupBy, OrderName

Pair: TypeAlias = tuple[str, str]
T = TypeVar("T", bound=str)
_MOST_CLOSED = 50


class ListLayout(Struct, frozen=True):
    """How the backlog is laid out; None is what the person or the page has otherwise.

    `group` "none" is one list; the items of each group stand in groups by `subgroup`, None for none. `closed` are the
    names of groups that show no more than their count, "" that of those that have nothing there.
    """

    group: GroupBy | Literal["none"] | None = None
    order: OrderName | None = None
    columns: tuple[ColumnName, ...] | None = None
    closed: tuple[str, ...] = ()
    subgroup: GroupBy | None = None


def parse_layout(given: Iterable[Pair]) -> ListLayout:
    """Read the layout among the pairs of an address; empty values are left out. Raises InvalidInput."""
    layout: dict[str, str] = {}
    closed: dict[str, None] = {}
    for name, value in given:
        word = value.replace("\x00", "").strip()[:200]
        if name == "closed":
            closed[word] = None
        elif name == "columns" and word:
            layout[name] = f"{layout[name]},{word.lower()}" if name in layout else word.lower()
        elif name in {"group", "subgroup", "order"} and word:
            layout[name] = word.lower()
    group, order, columns = layout.get("group"), layout.get("order"), layout.get("columns")
    inner = None if (word := layout.get("subgroup")) in {None, group} else _require_known(GROUPS, str(word))
    return ListLayout(
        None if group is None else _require_known((*GROUPS, "none"), group),
        None if order is None else _require_known(ORDERS, order),
        None if columns is None else tuple(_require_known(COLUMNS, one) for one in dict.fromkeys(columns.split(","))),
        tuple(closed)[:_MOST_CLOSED],
        None if group in {None, "none"} else inner,
    )


def build_pairs(layout: ListLayout) -> list[Pair]:
    """Write a layout as pairs of an address, always in the same order."""
    written: list[Pair] = []
    written += [("group", layout.group)] if layout.group else []
    written += [("subgroup", layout.subgroup)] if layout.subgroup else []
    written += [("order", layout.order)] if layout.order else []
    written += [("columns", ",".join(layout.columns))] if layout.columns is not None else []
    return written + [("closed", name) for name in layout.closed]


def _require_known(known: Iterable[T], word: str) -> T:
    for one in known:
        if one == word:
            return one
    raise InvalidInput(f"The list can't be arranged by “{word[:40]}”. Choose from what the page offers.")
