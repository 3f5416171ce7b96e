"""Say where a page of the backlog is: which page, narrowed to what, laid out how; and the addresses of its kin."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.services.backlog import filters, layouts
from shareable_backlog.services.backlog.filters import Condition, Filters
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.vocabulary import ColumnName, MoveKind, OrderName
from shareable_backlog.web import params
from shareable_backlog.web.fields import Pair, Spread

LIST, BOARD, MATRIX, TIMELINE, TRENDS = "/", "/board", "/matrix", "/timeline", "/trends"
PAGE_NAMES = {LIST: "Backlog", BOARD: "Board", MATRIX: "Matrix", TIMELINE: "Timeline", TRENDS: "Trends"}
"""The pages that show what the filters leave."""


_FiltersField: TypeAlias = Annotated[Filters, Spread(filters.parse_filters, filters.build_pairs)]
_LayoutField: TypeAlias = Annotated[ListLayout, Spread(layouts.parse_layout, layouts.build_pairs)]


class BacklogQuery(Struct, frozen=True):
    """What the address of any page of the backlog asks for."""

    filters: _FiltersField = Filters()
    layout: _LayoutField = ListLayout()


class BacklogUrl(Struct, frozen=True):
    """One page of the backlog."""

    path: str
    filters: Filters
    layout: ListLayout

    @property
    def pairs(self) -> list[Pair]:
        """What its address has after the question mark, always in the same order."""
        return params.write(BacklogQuery(self.filters, self.layout))

    @property
    def query(self) -> str:
        """The same as text."""
        return urlencode(self.pairs, safe=",")

    @property
    def url(self) -> str:
        """Its address."""
        return self.build_page_url()

    def build_page_url(self, *more: Pair) -> str:
        """Return its address, with what names a page of it."""
        words = urlencode([*self.pairs, *more], safe=",")
        if words:
            return f"{self.path}?{words}"
        # The bare address of the list leads to the person's default view.
        return "/?all" if self.path == LIST else self.path

    def build_url_at(self, path: str) -> str:
        """Return the address of another page about the same items; trends are compared with no day."""
        return replace(self, path=path).url_without_since if path == TRENDS else replace(self, path=path).url

    def build_url_without(self, condition: Condition) -> str:
        """Return the address without a filter."""
        left = tuple(one for one in self.filters.conditions if one != condition)
        return self._build_filtered_url(replace(self.filters, conditions=left))

    @property
    def url_without_text(self) -> str:
        """The address without the search."""
        return self._build_filtered_url(replace(self.filters, text=None))

    @property
    def url_with_done(self) -> str:
        """The address that shows what is done, too."""
        return self._build_filtered_url(replace(self.filters, with_done=True))

    @property
    def url_without_archived(self) -> str:
        """The address that shows nothing archived."""
        return self._build_filtered_url(replace(self.filters, with_archived=False))

    @property
    def url_without_since(self) -> str:
        """The address that compares with no day."""
        return self._build_filtered_url(replace(self.filters, since=None, moved=None))

    @property
    def url_without_move(self) -> str:
        """The address of all that moved or did not."""
        return self._build_filtered_url(replace(self.filters, moved=None))

    def build_move_url(self, kind: MoveKind) -> str:
        """Return the address of what has become so since the day to compare with; pictures lead to a list of it."""
        path = BOARD if self.path == BOARD and kind != "gone" else LIST
        return replace(self, path=path, filters=replace(self.filters, moved=kind)).url

    @property
    def url_without_filters(self) -> str:
        """The address of all items, laid out the same."""
        return self._build_filtered_url(Filters())

    @property
    def list_url(self) -> str:
        """The address of the same items as one list."""
        return BacklogUrl(LIST, self.filters, self._flat_layout).url

    def build_group_url(self, condition: Condition) -> str:
        """Return the address of the list of one group."""
        return self.build_list_url(filters.narrow_to(self.filters, condition))

    def build_list_url(self, narrowed: Filters) -> str:
        """Return the address of the list of what other filters leave."""
        return BacklogUrl(LIST, narrowed, self._flat_layout).url

    def narrow(self, condition: Condition) -> "BacklogUrl":
        """Return the same page of the items of one group."""
        return replace(self, filters=filters.narrow_to(self.filters, condition))

    def build_subgroups_url(self, skip: int) -> str:
        """Return the address of the list of what are groups within groups here, from after `skip` of them."""
        layout = replace(self._flat_layout, group=self.layout.subgroup)
        return BacklogUrl(LIST, self.filters, layout).build_page_url(("skip", str(skip)))

    @property
    def _flat_layout(self) -> ListLayout:
        return replace(self.layout, group=None, subgroup=None, closed=())

    def build_order_url(self, order: OrderName) -> str:
        """Return the address of the same in another order."""
        return replace(self, layout=replace(self.layout, order=order)).url

    def build_fold_url(self, name: str) -> str:
        """Return the address in which the group `name` is closed if it is open, and open if it is closed."""
        closed = [one for one in self.layout.closed if one.lower() != name.lower()]
        left = (*closed, name) if len(closed) == len(self.layout.closed) else tuple(closed)
        return replace(self, layout=replace(self.layout, closed=left)).url

    def list_other_pairs(self, *names: str) -> Sequence[Pair]:
        """Return what a form has to carry along but for what its own fields are called."""
        return [(name, value) for name, value in self.pairs if name not in names]

    def shorten(self, columns: tuple[ColumnName, ...]) -> "BacklogUrl":
        """Return the same without what goes without saying, such as the person's usual `columns`."""
        layout = self.layout
        usual = "relevance" if self.filters.text else "rank"
        return replace(
            self,
            layout=replace(
                layout,
                group=None if layout.group == ("state" if self.path == BOARD else "none") else layout.group,
                subgroup=None if self.path == BOARD else layout.subgroup,
                order=None if layout.order == usual else layout.order,
                columns=None if layout.columns == columns else layout.columns,
            ),
        )

    def _build_filtered_url(self, narrowed: Filters) -> str:
        return replace(self, filters=narrowed).url


def build_backlog_url(path: str, query: BacklogQuery) -> BacklogUrl:
    """Return where a page at `path` is that shows what `query` asks for."""
    return BacklogUrl(path, query.filters, query.layout)


def build_present_url(path: str, query: Struct) -> str:
    """Return the address that shows in large type what the page at `path` is asked for by `query`."""
    return params.build_url(f"/present{'/list' if path == LIST else path}", query)
