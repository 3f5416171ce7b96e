"""Fetch pages of several lists with one request each time."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shareable_backlog.linear import checking, queries
from shareable_backlog.linear.checking import BadNode
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import CursorInvalid, InvalidQuery, PartialAnswer, TooComplex
from shareable_backlog.linear.nodes import Ref, Seen
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest


@dataclass(frozen=True, slots=True)
class NodePage:
    """One page: its nodes as `kind`, those that could not be one, and where the next page begins."""

    nodes: list[Seen]
    bad: list[BadNode]
    end_cursor: str | None
    has_next_page: bool


class IssueCount(msgspec.Struct, frozen=True, rename={"all": "issueCount", "team_id": "id"}):
    """How many issues a team has, and how many of these are not archived."""

    team_id: str
    all: int
    unarchived: int


@dataclass(frozen=True, slots=True)
class Round:
    """A page of each list that was asked for, in that order; the others are None when not asked for."""

    pages: list[NodePage]
    counts: list[IssueCount] | None
    workspace_id: str | None


class PageReader:
    """Fetch rounds; a request that is too much at once is asked for in halves, and so are all after it."""

    def __init__(self, client: LinearClient) -> None:
        self._client = client
        self._largest = LARGEST_PAGE
        self._cursors: set[tuple[str, str | None]] = set()

    async def fetch_round(self, asks: Sequence[PageRequest], *, with_counts: bool = False) -> Round:
        """Return the next page of each list.

        Raises PartialAnswer for an answer with holes, CursorInvalid when a cursor is not taken any more, and what
        `Client.execute` raises.
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
                if any(ask.after for ask in asks):
                    raise CursorInvalid from error
                raise
            counts = _decode_counts(data.get("counts")) if with_counts else None
            workspace_id = _decode_workspace_id(data.get("organization")) if with_counts else None
            pages = [_decode_page(ask, data.get(ask.stream.name)) for ask in asks]
            self._refuse_circles(asks, pages)
            return Round(pages, counts, workspace_id)

    def _refuse_circles(self, asks: Sequence[PageRequest], pages: Sequence[NodePage]) -> None:
        for ask, page in zip(asks, pages, strict=True):
            if ask.after is None:
                self._cursors = {cursor for cursor in self._cursors if cursor[0] != ask.stream.name}
            if page.has_next_page:
                cursor = (ask.stream.name, page.end_cursor)
                if page.end_cursor is None or cursor in self._cursors:
                    raise PartialAnswer
                self._cursors.add(cursor)


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool
    end_cursor: str | None


class _NodeConnection(msgspec.Struct, rename="camel"):
    nodes: msgspec.Raw
    page_info: _PageInfo


_CONNECTION = msgspec.json.Decoder(_NodeConnection)


def _decode_page(ask: PageRequest, connection: msgspec.Raw | None) -> NodePage:
    try:
        found = _CONNECTION.decode(connection or b"null")
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error
    nodes, bad = checking.decode_nodes(ask.node, found.nodes)
    return NodePage(nodes, bad, found.page_info.end_cursor, found.page_info.has_next_page)


class _Counts(msgspec.Struct):
    nodes: list[IssueCount]


_COUNTS = msgspec.json.Decoder(_Counts)


def _decode_counts(connection: msgspec.Raw | None) -> list[IssueCount]:
    try:
        return _COUNTS.decode(connection or b"null").nodes
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error


_ORGANIZATION = msgspec.json.Decoder(Ref)


def _decode_workspace_id(organization: msgspec.Raw | None) -> str:
    try:
        return _ORGANIZATION.decode(organization or b"null").id
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error
