"""Fetch pages of several lists with one request each time."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.linear import checking, queries
from shareable_backlog.linear.checking import BadNode
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import (
    CursorInvalid,
    InvalidQuery,
    PagesEndless,
    PartialAnswer,
    Place,
    TooComplex,
)
from shareable_backlog.linear.nodes import Ref, Seen
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.streams.issues import ISSUES

_MOST_PAGES = 20_000  # of one list, of which nobody says how long it is; that is more than a key's budget of a day
_COUNTED_TOO_FEW = 5_000  # issues may come while they are read


class NodePage(Struct, frozen=True):
    """One page: its nodes as `kind`, those that could not be one, and where the next page begins.

    Its nodes were asked for without the fields `without`; `reached` is the last change of one that was set aside.
    """

    nodes: list[Seen]
    bad: list[BadNode]
    end_cursor: str | None
    has_next_page: bool
    without: frozenset[str] = frozenset()
    reached: datetime | None = None


class IssueCount(msgspec.Struct, frozen=True, rename={"all": "issueCount", "team_id": "id"}):
    """How many issues a team has, and how many of these are not archived."""

    team_id: str
    all: int
    unarchived: int


class Round(Struct, frozen=True):
    """A page of each list that was asked for, in that order; the others are None when not asked for."""

    pages: list[NodePage]
    counts: list[IssueCount] | None
    workspace_id: str | None


class PageReader:
    """Fetch rounds; a request that is too much at once is asked for in halves, and so are all after it."""

    def __init__(self, client: LinearClient) -> None:
        self._client = client
        self._largest = LARGEST_PAGE
        self._walks: dict[str, _Walk] = {}
        self._counted: int | None = None

    async def fetch_round(self, asks: Sequence[PageRequest], *, with_counts: bool = False) -> Round:
        """Return the next page of each list.

        Raises PartialAnswer for an answer with holes, PagesEndless for a page that leads nowhere, CursorInvalid when
        a cursor is not taken any more, and what `Client.execute` raises.
        """
        while True:
            firsts = queries.compute_sizes(asks, largest=self._largest)
            text, variables = queries.render_request(asks, firsts, with_counts=with_counts)
            try:
                data = await self._client.execute(text, variables)
            except TooComplex:
                if self._largest == 1:
                    raise
                self._largest //= 2
                continue
            except InvalidQuery as error:
                if any(ask.after for ask in asks) and all(len(place.path) <= 1 for place in error.places):
                    raise CursorInvalid(error.places) from error
                raise
            counts = _decode_counts(data.get("counts")) if with_counts else None
            workspace_id = _decode_workspace_id(data.get("organization")) if with_counts else None
            if counts is not None:
                self._counted = sum(count.all for count in counts)
            pages = _decode_pages(asks, data)
            self._refuse_circles(asks, pages)
            return Round(pages, counts, workspace_id)

    def _refuse_circles(self, asks: Sequence[PageRequest], pages: Sequence[NodePage]) -> None:
        walks = {
            ask.stream.name: self._walks.get(ask.stream.name, _NO_WALK) if ask.after else _NO_WALK for ask in asks
        }
        for ask, page in zip(asks, pages, strict=True):
            name = ask.stream.name
            limit = self._counted if ask.stream is ISSUES else None
            walks[name] = walks[name].follow(page, is_bare=ask.bare)
            if page.has_next_page and not walks[name].has_moved(limit):
                raise PagesEndless([Place((name,))])
        self._walks |= walks  # not before: what is asked for once more is no circle


class _Walk(Struct, frozen=True):
    """The way through one list so far.

    Of its pages one is remembered, the first, second, fourth, eighth … : whatever the length of a circle, a later
    page meets it.
    """

    pages: int = 0
    rows: int = 0
    cursors: frozenset[str | None] = frozenset({None})
    marked: frozenset[str] = frozenset()
    is_moving: bool = True

    def follow(self, page: NodePage, *, is_bare: bool) -> "_Walk":
        """Return the way with one more page; one that brings nothing leads nowhere, unless nothing was asked."""
        ids = frozenset(node.id for node in page.nodes) | {bad.id for bad in page.bad}
        pages = self.pages + 1
        is_mark = pages & self.pages == 0
        return _Walk(
            pages,
            self.rows + len(ids),
            frozenset({page.end_cursor}) if is_mark else self.cursors,
            ids if is_mark else self.marked,
            page.end_cursor not in self.cursors and (is_bare or not ids <= self.marked),
        )

    def has_moved(self, counted: int | None) -> bool:
        """Return whether the last page led on, and there are not more than `counted` by far."""
        is_within = counted is None or self.rows <= 2 * counted + _COUNTED_TOO_FEW
        return self.is_moving and self.pages < _MOST_PAGES and is_within


_NO_WALK = _Walk()


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None


class _NodeConnection(msgspec.Struct, rename="camel"):
    page_info: _PageInfo
    nodes: msgspec.Raw = msgspec.Raw(b"null")


_CONNECTION = msgspec.json.Decoder(_NodeConnection)


def _decode_pages(asks: Sequence[PageRequest], data: Mapping[str, msgspec.Raw]) -> list[NodePage]:
    """Return a page of each list; raises PartialAnswer, which names all that is missing from them."""
    pages: list[NodePage] = []
    missing: list[Place] = []
    for ask in asks:
        name = ask.stream.name
        try:
            pages.append(_decode_page(ask, data.get(name)))
        except PartialAnswer as error:
            missing += [replace(place, path=(name, *place.path)) for place in error.places or [Place()]]
    if missing:
        raise PartialAnswer(missing)
    return pages


def _decode_page(ask: PageRequest, connection: msgspec.Raw | None) -> NodePage:
    try:
        found = _CONNECTION.decode(connection or b"null")
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error
    nodes, bad = ([], []) if ask.bare else checking.decode_nodes(ask.node, found.nodes)
    return NodePage(nodes, bad, found.page_info.end_cursor, found.page_info.has_next_page, ask.without)


class _Counts(msgspec.Struct):
    nodes: list[IssueCount]


_COUNTS = msgspec.json.Decoder(_Counts)


def _decode_counts(connection: msgspec.Raw | None) -> list[IssueCount]:
    try:
        return _COUNTS.decode(connection or b"null").nodes
    except msgspec.MsgspecError as error:
        raise PartialAnswer([Place(("counts",))]) from error


_ORGANIZATION = msgspec.json.Decoder(Ref)


def _decode_workspace_id(organization: msgspec.Raw | None) -> str:
    try:
        return _ORGANIZATION.decode(organization or b"null").id
    except msgspec.MsgspecError as error:
        raise PartialAnswer([Place(("organization",))]) from error
