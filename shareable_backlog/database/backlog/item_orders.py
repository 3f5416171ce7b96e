"""Name the orders in which items are listed, each with what an index has to have for it."""

from dataclasses import dataclass
from typing import Literal, LiteralString, TypeAlias

OrderName: TypeAlias = Literal["updated", "created", "priority", "due", "state", "manual", "relevance"]

Position: TypeAlias = tuple[str | float, ...]
"""Where a page ends: the order's keys of its last item, as JSON has them, and the item's id."""


@dataclass(frozen=True, slots=True)
class Order:
    """How rows `i` are sorted: by `keys`, each with its type, then by id, all in one direction.

    With `is_ranked` they are sorted by `d.rank` before that, which comes from the source of the row.
    """

    keys: tuple[tuple[LiteralString, LiteralString], ...]
    is_descending: bool = True
    is_ranked: bool = False

    def columns(self) -> LiteralString:
        """Return the keys as columns `key_0`, `key_1` of the rows."""
        names: tuple[LiteralString, ...] = (" AS key_0", " AS key_1")
        return ", ".join([text + name for text, name in zip(self._texts(), names, strict=False)])

    def sorting(self) -> LiteralString:
        """Return the sort clause within one source, as an index has it."""
        return self._sorted([text for text, _ in self.keys])

    def resorting(self) -> LiteralString:
        """Return the sort clause of rows `i` that have the `columns`."""
        return self._sorted(self._named())

    def position(self) -> LiteralString:
        """Return the position of rows `i` that have the `columns`, as JSON."""
        return ", ".join([*self._named(), "i.id"])

    def after(self) -> LiteralString:
        """Return the condition that a row stands after the position in the parameters, if there is one."""
        row = ", ".join([*(text for text, _ in self.keys), "i.id"])
        sign: LiteralString = "<" if self.is_descending else ">"
        if self.is_ranked:
            # A source of a later rank begins at its start, by a condition that an index can take.
            return f"""
                (%(after_id)s::text IS NULL OR (d.rank <= %(after_0)s::float8 AND ({row}) {sign}
                 (CASE WHEN d.rank = %(after_0)s::float8 THEN %(after_1)s::timestamptz ELSE 'infinity' END,
                  %(after_id)s::text)))
            """
        names: tuple[LiteralString, ...] = ("%(after_0)s::", "%(after_1)s::")
        last = ", ".join([name + type_ for name, (_, type_) in zip(names, self.keys, strict=False)])
        return f"(%(after_id)s::text IS NULL OR ({row}) {sign} ({last}, %(after_id)s::text))"

    def params(self, position: Position | None) -> dict[str, object]:
        """Return the parameters of `after`."""
        named: dict[str, object] = {"after_0": None, "after_1": None, "after_id": None}
        if position:
            named |= {f"after_{at}": key for at, key in enumerate(position[:-1])} | {"after_id": position[-1]}
        return named

    def types(self) -> tuple[LiteralString, ...]:
        """Return the types of a position's keys."""
        return (*(("float8",) if self.is_ranked else ()), *(type_ for _, type_ in self.keys))

    def _texts(self) -> tuple[LiteralString, ...]:
        return (*(("d.rank",) if self.is_ranked else ()), *(text for text, _ in self.keys))

    def _named(self) -> list[LiteralString]:
        named: list[LiteralString] = ["i.key_0", "i.key_1"]
        return named[: len(self._texts())]

    def _sorted(self, keys: list[LiteralString]) -> LiteralString:
        direction: LiteralString = " DESC" if self.is_descending else " ASC"
        separator: LiteralString = direction + ", "
        return "ORDER BY " + separator.join([*keys, "i.id"]) + direction


_UPDATED: tuple[LiteralString, LiteralString] = ("i.updated_at", "timestamptz")
RANKED = Order((_UPDATED,), is_ranked=True)

ORDERS: dict[OrderName, Order] = {
    "updated": Order((_UPDATED,)),
    "created": Order((("i.created_at", "timestamptz"),)),
    # Urgent (1) comes first and none (0) last.
    "priority": Order((("mod(5 - i.priority, 5)", "integer"), _UPDATED)),
    "due": Order((("coalesce(i.due_date, '9999-12-31')", "date"),), is_descending=False),
    "manual": Order((("coalesce(i.sort_order, 'Infinity')", "float8"),), is_descending=False),
    "state": RANKED,
    "relevance": RANKED,
}
