"""Say where a page of the backlog is: which page, narrowed to what, laid out how; and the addresses of its kin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request

from shareable_backlog.services.backlog import filters, layouts
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.layouts import Column, Shape

LIST, BOARD = "/", "/board"


@dataclass(frozen=True, slots=True)
class BacklogUrl:
    """One page of the backlog."""

    path: str
    filters: Filters
    shape: Shape

    def pairs(self) -> list[tuple[str, str]]:
        """Return what its address has after the question mark, always in the same order."""
        return filters.build_pairs(self.filters) + layouts.build_pairs(self.shape)

    def query(self) -> str:
        """Return the same as text."""
        return urlencode(self.pairs(), safe=",")

    def address(self, *more: tuple[str, str]) -> str:
        """Return its address, with what names a page of it."""
        words = urlencode([*self.pairs(), *more], safe=",")
        if words:
            return f"{self.path}?{words}"
        # The bare address of the list leads to the person's default view.
        return "/?all" if self.path == LIST else self.path

    def at(self, path: str) -> str:
        """Return the address of another page about the same items."""
        return replace(self, path=path).address()

    def without(self, condition: Condition) -> str:
        """Return the address without a filter."""
        left = tuple(one for one in self.filters.conditions if one != condition)
        return self._filtered(replace(self.filters, conditions=left))

    def without_text(self) -> str:
        """Return the address without the search."""
        return self._filtered(replace(self.filters, text=None))

    def with_done(self) -> str:
        """Return the address that shows what is done, too."""
        return self._filtered(replace(self.filters, with_done=True))

    def without_archived(self) -> str:
        """Return the address that shows nothing archived."""
        return self._filtered(replace(self.filters, with_archived=False))

    def unfiltered(self) -> str:
        """Return the address of all items, laid out the same."""
        return self._filtered(Filters())

    def within(self, condition: Condition) -> str:
        """Return the address of the list of one group."""
        narrowed = filters.narrow_to(self.filters, condition)
        return BacklogUrl(LIST, narrowed, replace(self.shape, group=None, closed=())).address()

    def turned(self, name: str) -> str:
        """Return the address in which the group `name` is closed if it is open, and open if it is closed."""
        closed = [one for one in self.shape.closed if one.lower() != name.lower()]
        left = (*closed, name) if len(closed) == len(self.shape.closed) else tuple(closed)
        return replace(self, shape=replace(self.shape, closed=left)).address()

    def hidden(self, *names: str) -> Sequence[tuple[str, str]]:
        """Return what a form has to carry along but for what its own fields are called."""
        return [(name, value) for name, value in self.pairs() if name not in names]

    def short(self, columns: tuple[Column, ...]) -> "BacklogUrl":
        """Return the same place without what goes without saying, such as the person's usual `columns`."""
        shape = self.shape
        usual = "relevance" if self.filters.text else "updated"
        return replace(
            self,
            shape=replace(
                shape,
                group=None if shape.group == ("state" if self.path == BOARD else "none") else shape.group,
                order=None if shape.order == usual else shape.order,
                columns=None if shape.columns == columns else shape.columns,
            ),
        )

    def _filtered(self, given: Filters) -> str:
        return replace(self, filters=given).address()


def parse_url(request: Request, path: str) -> BacklogUrl:
    """Return the place that a request asks for. Raises InvalidInput for words that have no meaning."""
    given = request.query_params.multi_items()
    return BacklogUrl(path, filters.parse_filters(given), layouts.parse_layout(given))


def is_of_form(request: Request) -> bool:
    """Return whether a form wrote the query, with empty fields and one pair for each box that is ticked."""
    given = request.query_params.multi_items()
    has_empty = any(not value and name != "closed" and (name != "all" or len(given) > 1) for name, value in given)
    return has_empty or sum(name == "columns" for name, _ in given) > 1
