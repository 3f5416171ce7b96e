"""Fetch pages of several lists with one request each time."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shareable_backlog.linear import checking, queries
from shareable_backlog.linear.checking import BadNode
from shareable_backlog.linear.connection.client import Client
from shareable_backlog.linear.errors import CursorInvalid, InvalidQuery, PartialAnswer, TooComplex
from shareable_backlog.linear.nodes import Ref, Seen
from shareable_backlog.linear.queries import LARGEST_PAGE, Ask


@dataclass(frozen=True, slots=True)
class Page:
    """Hold one page: its nodes as `kind`, those that could not be one, and where the next page begins."""

    nodes: list[Seen]
    bad: list[BadNode]
    end_cursor: str | None
    has_next_page: bool


class IssueCount(msgspec.Struct, frozen=True, rename={"all": "issueCount", "team_id": "id"}):
    """Say how many issues a team has, and how many of these are not archived."""

    team_id: str
    all: int
    unarchived: int


@dataclass(frozen=True, slots=True)
class Round:
    """Hold a page of each list that was asked for, in that order; the others are None when not asked for."""

    pages: list[Page]
    counts: list[IssueCount] | None
    workspace_id: str | None


class Reader:
    """Fetch rounds; a request that is too much at once is asked for in halves, and so are all after it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._largest = LARGEST_PAGE
        self._cursors: set[tuple[str, str | None]] = set()

    async def fetched(self, asks: Sequence[Ask], *, with_counts: bool = False) -> Round:
        """Give the next page of each list.

        Raises PartialAnswer for an answer with holes, CursorInvalid when a cursor is not taken any more, and what
        `Client.execute` raises.
        """
        while True:
            firsts = queries.sizes(asks, largest=self._largest)
            text, variables = queries.request(asks, firsts, with_counts=with_counts)
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
            counts = _counts(data.get("counts")) if with_counts else None
            workspace_id = _workspace_id(data.get("organization")) if with_counts else None
            pages = [_page(ask, data.get(ask.stream.name)) for ask in asks]
            self._refuse_circles(asks, pages)
            return Round(pages, counts, workspace_id)

    def _refuse_circles(self, asks: Sequence[Ask], pages: Sequence[Page]) -> None:
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


class _Connection(msgspec.Struct, rename="camel"):
    nodes: msgspec.Raw
    page_info: _PageInfo


_CONNECTION = msgspec.json.Decoder(_Connection)


def _page(ask: Ask, connection: msgspec.Raw | None) -> Page:
    try:
        found = _CONNECTION.decode(connection or b"null")
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error
    nodes, bad = checking.decoded(ask.node, found.nodes)
    return Page(nodes, bad, found.page_info.end_cursor, found.page_info.has_next_page)


class _Counts(msgspec.Struct):
    nodes: list[IssueCount]


_COUNTS = msgspec.json.Decoder(_Counts)


def _counts(connection: msgspec.Raw | None) -> list[IssueCount]:
    try:
        return _COUNTS.decode(connection or b"null").nodes
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error


_ORGANIZATION = msgspec.json.Decoder(Ref)


def _workspace_id(organization: msgspec.Raw | None) -> str:
    try:
        return _ORGANIZATION.decode(organization or b"null").id
    except msgspec.MsgspecError as error:
        raise PartialAnswer from error
