"""Read lists of Linear so that what it refuses of one of them stops no other.

A list that is named by an error, or found by asking for halves, is asked for alone from then on. If not all of it is
refused, the page is asked for again in halves, or up to where the error stands, down to the one node that can't be
had: that one comes without the field which can't be, or else is skipped and named.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from shareable_backlog.linear import nodes, refusals
from shareable_backlog.linear.checking import BadNode
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import CursorInvalid, Forbidden, PagesEndless, Refused
from shareable_backlog.linear.nodes import Ref
from shareable_backlog.linear.paging import IssueCount, NodePage, PageReader, Round
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.linear.refusals import COUNTS, Cause, RefusedPart
from shareable_backlog.streams.stream import Stream

UNKNOWN_ID = "unknown"
"""The id of a node that has not told its own."""

_WORKSPACE_QUERY = "query Workspace { organization { id } }"
_MOST_SKIPPED = 25  # nodes of one list in one run: each takes some requests
_MOST_NAMED = 100  # nodes of a page with values that can't be stored
_LONGEST_PATH = 200
_SAME_FIELD = 3  # nodes in a row that lack a field, until all are asked for without it
_OF_ALL = frozenset({"id", "updatedAt"})

_WHY: Mapping[Cause, str] = {
    "rights": "may not be read with this key, Linear says",
    "plan": "is not a part of the workspace's plan, Linear says",
    "error": "is answered with an error by Linear",
    "query": "is not understood by Linear",
    "endless": "has no end in Linear's answers",
    "value": "has a value that can't be stored",
}


class ListRound(Struct):
    """A page of each list that was asked for and not refused, by its stream's name, and what was refused.

    `counts` and `workspace_id` are None when they were not asked for, or not given.
    """

    pages: dict[str, NodePage] = field(default_factory=dict[str, NodePage])
    refused: list[RefusedPart] = field(default_factory=list[RefusedPart])
    counts: list[IssueCount] | None = None
    workspace_id: str | None = None

    @property
    def refused_lists(self) -> set[str]:
        """Return the streams that gave nothing."""
        return {refusal.stream for refusal in self.refused if refusal.kind == "list"}

    def take_round(self, asks: Sequence[PageRequest], fetched: Round) -> None:
        """Add what came with one request."""
        self.pages |= {ask.stream.name: page for ask, page in zip(asks, fetched.pages, strict=True)}
        self.counts = self.counts if fetched.counts is None else fetched.counts
        self.workspace_id = fetched.workspace_id or self.workspace_id

    def refuse_list(self, stream: str, error: Refused) -> None:
        """Add that all of a list, or the rest of it, is refused."""
        cause, path = refusals.find_cause(error, stream), refusals.describe_path(error, stream)
        self.refused.append(RefusedPart(stream=stream, kind="list", cause=cause, path=path))

    def refuse_values(self, stream: str, bad: Sequence[BadNode]) -> None:
        """Add the nodes of a page that came with values that can't be stored, the first hundred of them."""
        known = {refused.key for refused in self.refused}
        for one in bad[:_MOST_NAMED]:
            path = ".".join(filter(None, (stream, "nodes", one.field)))[:_LONGEST_PATH]
            refused = RefusedPart(stream=stream, kind="node", name=one.id, cause="value", path=path)
            if one.id != UNKNOWN_ID and refused.key not in known:
                self.refused.append(refused)


class _Apart(Struct):
    """How a list is read that is asked for alone: what Linear can't give is among the next `suspect` nodes."""

    size: int
    suspect: int = 0
    is_known: bool = False
    """Not all of the list is refused: a page of it came, or at least its end."""
    skipped: int = 0
    without: tuple[str, int] = ("", 0)
    """The field that the last nodes came without, and how many they were."""

    def narrow(self, size: int, positions: Sequence[int]) -> None:
        """Ask for less, after a page of `size` nodes that failed at `positions`, where these are known."""
        first = positions[0] if positions and positions[0] < size else None
        self.suspect = size if first is None else first + 1
        self.size = max(1, size // 2 if first is None else first)

    def go_on(self, count: int) -> None:
        """Go on after a page of `count` nodes."""
        self.is_known = True
        self.suspect = max(0, self.suspect - count)
        self.size = max(1, self.suspect // 2) if self.suspect else LARGEST_PAGE


class ListReader:
    """Fetch rounds of pages in which nothing that Linear refuses stops anything else.

    `left_out` are the fields that lists are asked for without. Unless it `doubts_cursors`, a request with cursors
    that is refused without a reason counts as refused.
    """

    def __init__(self, client: LinearClient) -> None:
        self._client = client
        self._pages = PageReader(client)
        self._apart: dict[str, _Apart] = {}
        self._is_key_good = False
        self._has_read = False
        self.left_out: dict[str, frozenset[str]] = {}
        self.doubts_cursors = True

    async def fetch_round(self, asks: Sequence[PageRequest], *, with_counts: bool = False) -> ListRound:
        """Return the next page of each list, or why there is none.

        A page may be short, or without any node, and yet not be the last. Raises CursorInvalid when a cursor is not
        taken any more, and LinearFailed for what concerns the whole key.
        """
        found = ListRound()
        last = await self._fetch_together(
            [ask for ask in asks if ask.stream.name not in self._apart], found, with_counts=with_counts
        )
        for ask in asks:
            if ask.stream.name in self._apart:
                await self._fetch_apart(ask, found)
        for ask in asks:
            if not ask.seen_only and (page := found.pages.get(ask.stream.name)):
                found.refuse_values(ask.stream.name, page.bad)
        self._has_read |= bool(found.pages)
        if last and not self._has_read and len(asks) > 1:
            raise last
        return found

    def _prepare(self, ask: PageRequest) -> PageRequest:
        left_out = self.left_out.get(ask.stream.name, frozenset()) & _list_optional(ask)
        return replace(ask, without=left_out) if left_out else ask

    async def _fetch_together(
        self, asks: Sequence[PageRequest], found: ListRound, *, with_counts: bool
    ) -> Refused | None:
        """Fetch lists with one request; those that are refused are to be asked for apart."""
        if not asks:
            return None
        asks = [self._prepare(ask) for ask in asks]
        try:
            found.take_round(asks, await self._pages.fetch_round(asks, with_counts=with_counts))
        except Refused as error:
            if isinstance(error, CursorInvalid) and self.doubts_cursors:
                raise
            await self._split_round(asks, found, error, with_counts=with_counts)
            return error
        return None

    async def _split_round(
        self, asks: Sequence[PageRequest], found: ListRound, error: Refused, *, with_counts: bool
    ) -> None:
        """Fetch lists after an error: those that it names apart, or if it names none, by halves."""
        named = refusals.list_names(error)
        named |= {ask.stream.name for ask in asks if refusals.find_unknown_field(error, ask.stream.node)}
        blamed = [ask for ask in asks if ask.stream.name in named]
        for ask in blamed:
            self._set_apart(ask, error)
        rest = [ask for ask in asks if ask not in blamed]
        if with_counts and named & {"counts", "organization"}:
            cause = refusals.find_cause(error)
            found.refused.append(RefusedPart(stream=COUNTS, kind="list", cause=cause, path=COUNTS))
            await self._fetch_together(rest, found, with_counts=False)
        elif blamed:
            await self._fetch_together(rest, found, with_counts=with_counts)
        elif len(asks) > 1:
            await self._check_key(error)
            middle = len(asks) // 2
            await self._fetch_together(asks[:middle], found, with_counts=with_counts)
            await self._fetch_together(asks[middle:], found, with_counts=False)
        elif with_counts:
            await self._fetch_together(asks, found, with_counts=False)
            if asks[0].stream.name in found.pages:
                cause = refusals.find_cause(error)
                found.refused.append(RefusedPart(stream=COUNTS, kind="list", cause=cause, path=COUNTS))
        else:
            self._set_apart(asks[0], error)

    async def _check_key(self, error: Refused) -> None:
        """Raise `error` when the key may not even ask for its workspace: then it is no matter of lists."""
        if not self._is_key_good and await self.fetch_workspace_id() is None:
            raise error from None
        self._is_key_good = True

    async def fetch_workspace_id(self) -> str | None:
        """Return the id of the key's workspace, by a request of its own; None when that is refused."""
        try:
            data = await self._client.execute(_WORKSPACE_QUERY, {})
            return msgspec.json.decode(data["organization"], type=Ref).id
        except (Refused, KeyError, msgspec.MsgspecError):
            return None

    async def try_field(self, stream: Stream, name: str) -> RefusedPart | None:
        """Ask one node for a field that was refused, and return why it still is; None when it is there."""
        without = self.left_out.get(stream.name, frozenset()) - {name}
        ask = PageRequest(stream, expected=1, without=without)
        answer = await self._fetch_page(ask)
        if isinstance(answer, NodePage):
            self.left_out[stream.name] = without
            return None
        return _build_field_refusal(stream, name, answer)

    def _set_apart(self, ask: PageRequest, error: Refused) -> None:
        apart = self._apart[ask.stream.name] = _Apart(ask.expected or LARGEST_PAGE)
        if positions := refusals.list_positions(error, ask.stream.name):
            apart.is_known = True
            apart.narrow(LARGEST_PAGE, positions)

    async def _fetch_apart(self, ask: PageRequest, found: ListRound) -> None:
        """Fetch the next page of one list, of as many nodes as can be had, or skip the node that can't be."""
        name = ask.stream.name
        apart = self._apart[name]
        while True:
            size = min(apart.size, ask.expected or LARGEST_PAGE)
            asked = replace(self._prepare(ask), expected=size)
            answer = await self._fetch_page(asked)
            if isinstance(answer, NodePage):
                apart.without = ("", 0)
                apart.go_on(size)
                found.pages[name] = answer
                return
            if self._leave_out_field(asked, answer, found):
                continue
            positions = refusals.list_positions(answer, name)
            if not await self._is_in_nodes(asked, answer, apart, positions):
                found.refuse_list(name, answer)
                return
            if size > 1:
                apart.narrow(size, positions)
                continue
            if page := await self._skip_node(asked, answer, apart, found):
                apart.suspect = 0
                apart.go_on(1)
                found.pages[name] = page
            else:
                found.refuse_list(name, answer)
            return

    async def _fetch_page(self, ask: PageRequest) -> NodePage | Refused:
        """Return a page, or the error why there is none; raises CursorInvalid as long as cursors are doubted."""
        try:
            [page] = (await self._pages.fetch_round([ask])).pages
        except Refused as error:
            if isinstance(error, CursorInvalid) and self.doubts_cursors:
                raise
            return error
        return page

    async def _try_page(self, ask: PageRequest) -> NodePage | None:
        answer = await self._fetch_page(ask)
        return answer if isinstance(answer, NodePage) else None

    def _leave_out_field(self, ask: PageRequest, error: Refused, found: ListRound) -> bool:
        """Ask no more for a field that Linear does not know, or that the first nodes all lack; False for no such."""
        name = ask.stream.name
        lacking = refusals.find_unknown_field(error, ask.stream.node)
        positions = refusals.list_positions(error, name)
        if lacking is None and positions[:_SAME_FIELD] == list(range(_SAME_FIELD)):
            lacking = refusals.find_field(error, name)
        return self._leave_out(ask, lacking, error, found)

    def _leave_out(self, ask: PageRequest, lacking: str | None, error: Refused, found: ListRound) -> bool:
        name = ask.stream.name
        if lacking is None or lacking in ask.without or lacking not in _list_optional(ask):
            return False
        self.left_out[name] = self.left_out.get(name, frozenset()) | {lacking}
        found.refused.append(_build_field_refusal(ask.stream, lacking, error))
        return True

    async def _is_in_nodes(self, ask: PageRequest, error: Refused, apart: _Apart, positions: Sequence[int]) -> bool:
        """Return whether it is nodes of the list that can't be had, and not all of it."""
        if isinstance(error, PagesEndless) or refusals.find_unknown_field(error, ask.stream.node):
            return False
        if positions or apart.is_known:
            return True
        if isinstance(error, Forbidden):
            return False
        apart.is_known = await self._try_page(replace(ask, bare=True, expected=1)) is not None
        return apart.is_known

    async def _skip_node(self, ask: PageRequest, error: Refused, apart: _Apart, found: ListRound) -> NodePage | None:
        """Return a page of the one node without the field that can't be had, or else with nothing but its name.

        None: not even that can be had, or too many nodes were skipped.
        """
        apart.skipped += 1
        if apart.skipped > _MOST_SKIPPED:
            return None
        lacking = refusals.find_field(error, ask.stream.name)
        if lacking and lacking in _list_optional(ask) and lacking not in ask.without:
            with_less = replace(ask, without=ask.without | {lacking})
            if (page := await self._try_page(with_less)) and page.nodes:
                in_row = apart.without[1] + 1 if apart.without[0] == lacking else 1
                apart.without = (lacking, in_row)
                is_left_out = in_row >= _SAME_FIELD and self._leave_out(ask, lacking, error, found)
                return page if is_left_out else _name_node(ask, page, error, found)
        seen = replace(ask, seen_only=True, without=_list_optional(replace(ask, seen_only=True)))
        if (page := await self._try_page(seen)) and page.nodes:
            named = _name_node(ask, page, error, found)
            return named if ask.seen_only else replace(named, nodes=[], reached=page.nodes[0].updated_at)
        page = await self._try_page(replace(ask, bare=True))
        return page and _name_node(ask, page, error, found)


def _name_node(ask: PageRequest, page: NodePage, error: Refused, found: ListRound) -> NodePage:
    """Return a page of one node with it set aside, by name if that is known, or in a sweep, if it is, as it is."""
    if ask.seen_only and page.nodes:
        return page
    stream = ask.stream.name
    node_id = page.nodes[0].id if page.nodes else ""
    path, cause = refusals.describe_path(error, stream), refusals.find_cause(error, stream)
    kind = "node" if node_id else "hole"
    found.refused.append(RefusedPart(stream=stream, kind=kind, name=node_id, cause=cause, path=path))
    why = f"{_WHY[cause]} ({path})"
    return replace(page, bad=[BadNode(node_id or UNKNOWN_ID, refusals.find_field(error, stream), why)])


def _build_field_refusal(stream: Stream, name: str, error: Refused) -> RefusedPart:
    cause = refusals.find_cause(error, stream.name)
    return RefusedPart(stream=stream.name, kind="field", name=name, cause=cause, path=f"{stream.name}.nodes.{name}")


def _list_optional(ask: PageRequest) -> frozenset[str]:
    """Return the fields without which a node can still be used."""
    if ask.seen_only:
        return nodes.list_fields(ask.node) - _OF_ALL
    return nodes.list_optional_fields(ask.stream)
