"""Write requests: several lists in one, so that a run with nothing new costs one request.

References are asked for as `{ id }` and labels as `labelIds`, because a nested connection costs 50 points a
row and more. Mail addresses of people are never asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from shareable_backlog.linear import nodes
from shareable_backlog.linear.nodes import Seen
from shareable_backlog.streams.stream import Stream

LARGEST_PAGE = 250
_MOST_POINTS = 9_500  # Linear refuses more than 10,000 in one request; the counts of issues take 326

ListOrder = Literal["updatedAt", "createdAt"]


class PageRequest(Struct, frozen=True):
    """Ask for the next nodes of one list, newest first by `order`.

    `where` is one of Linear's filters; None asks for all, and so does any for a list that takes none.
    `after` is the cursor of the page before. `seen_only` asks for little, to see what is still there, and as it was.
    No more than `expected` nodes are asked for; None: as many as there is room for. The fields `without`, by their
    names in Linear, are left out, and of a `bare` page all nodes: it says only where the next one begins.
    """

    stream: Stream
    where: Mapping[str, Any] | None = None
    after: str | None = None
    order: ListOrder = "updatedAt"
    seen_only: bool = False
    expected: int | None = None
    without: frozenset[str] = frozenset()
    bare: bool = False

    @property
    def node(self) -> type[Seen]:
        """Return the struct of its nodes."""
        return nodes.make_seen_type(self.stream) if self.seen_only else nodes.make_node_type(self.stream)

    @property
    def points(self) -> float:
        """Return what one node costs."""
        return nodes.count_points(self.node)


def compute_sizes(asks: Sequence[PageRequest], *, largest: int = LARGEST_PAGE) -> list[int]:
    """Return how many rows to ask of each list, so that the request stays under Linear's limit of points.

    What is asked for costs points, be it there or not. Large lists get whole pages, of `largest` rows; the others
    share what is left. None gets more than is expected of it.
    """
    wanted = [ask.expected or (largest if ask.stream.large else None) for ask in asks]
    taken = sum(ask.points * min(largest, rows) for ask, rows in zip(asks, wanted, strict=True) if rows)
    others = sum(ask.points for ask, rows in zip(asks, wanted, strict=True) if not rows)
    share = max(1, int((_MOST_POINTS - taken) / others)) if others else largest
    return [min(largest, rows or share) for rows in wanted]


def render_request(
    asks: Sequence[PageRequest], firsts: Sequence[int], *, with_counts: bool
) -> tuple[str, dict[str, Any]]:
    """Return one request for a page of each list, and its variables; each list stands under its stream's name.

    `with_counts` adds `counts`, how many issues each of the first 250 teams has, and `organization`. Equal kinds of
    requests have equal texts.
    """
    declared: list[str] = []
    fields: list[str] = []
    variables: dict[str, Any] = {}
    for ask, first in zip(asks, firsts, strict=True):
        name = ask.stream.name
        declared += [f"${name}_first: Int!", f"${name}_after: String"]
        variables |= {f"{name}_first": first, f"{name}_after": ask.after}
        arguments = f"first: ${name}_first, after: ${name}_after, orderBy: {ask.order}, includeArchived: true"
        if ask.stream.arguments:
            arguments += f", {ask.stream.arguments}"
        if ask.stream.filter_type:
            declared.append(f"${name}_where: {ask.stream.filter_type}")
            variables[f"{name}_where"] = ask.where
            arguments += f", filter: ${name}_where"
        asked = "" if ask.bare else f"nodes {{ {nodes.write_fields(ask.node, ask.without)} }} "
        fields.append(f"{name}: {ask.stream.root}({arguments}) {{ {asked}pageInfo {{ hasNextPage endCursor }} }}")
    if with_counts:
        fields.append(_COUNTS)
    return f"query Mirror({', '.join(declared)}) {{ {' '.join(fields)} }}", variables


_COUNTS = (
    f"counts: teams(first: {LARGEST_PAGE}, includeArchived: true)"
    " { nodes { id issueCount(includeArchived: true) unarchived: issueCount } } organization { id }"
)
