"""Read from Linear what has changed since the last run, by windows over `updatedAt` that overlap.

A window is read from its newest change down. What changes meanwhile comes to the front, out of the way, and into the
next window, which begins well before this one was asked for. So no change is lost, whatever shares its millisecond.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from shareable_backlog import clock, logs
from shareable_backlog.database.mirror.sync_cursors import StreamCursor
from shareable_backlog.database.mirror.sync_refusals import RefusalKey
from shareable_backlog.errors import SyncFailed
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import CursorInvalid
from shareable_backlog.linear.lists import ListReader, ListRound
from shareable_backlog.linear.paging import IssueCount, NodePage
from shareable_backlog.linear.queries import PageRequest
from shareable_backlog.linear.refusals import COUNTS, RefusedPart
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync import by_ids
from shareable_backlog.sync.refused import KnownRefusals
from shareable_backlog.sync.store import Batch, StreamPage

_LOG = logs.get_logger(__name__)

OVERLAP = timedelta(minutes=5)
"""How long after its time a change may become visible and is still found."""

_NEXT = timedelta(milliseconds=1)  # Linear's times are no more exact
_CLOCKS_AGREE = timedelta(minutes=1)
_MOST_RESTARTS = 5
_EXPECTED, _EXPECTED_OF_LARGE = 3, 12  # rows since the last run; Linear counts those that are asked for


class _StreamWindow(Struct):
    """The reading of one stream: all that changed from `since` on and, when taken up again, up to `upto`."""

    stream: Stream
    since: datetime | None
    was_read: bool = False
    upto: datetime | None = None
    until: datetime | None = None
    """What the stream is complete until once the window has been read; None before its first page."""
    latest: datetime | None = None
    """What changed before this is visible by now, and so in the window."""
    after: str | None = None
    reached: datetime | None = None
    is_done: bool = False
    settles: Sequence[RefusalKey] = ()
    """The nodes that were refused before and that it looks for."""
    met: set[RefusalKey] = field(default_factory=set[RefusalKey])
    """What was refused in it."""

    def build_request(self) -> PageRequest:
        is_small = self.was_read and self.until is None  # once it fills, whole pages follow
        expected = (_EXPECTED_OF_LARGE if self.stream.large else _EXPECTED) if is_small else None
        return PageRequest(self.stream, where=self._build_filter(), after=self.after, expected=expected)

    def _build_filter(self) -> Mapping[str, Any] | None:
        conditions: list[Mapping[str, Any]] = []
        if self.since:
            either = [{time: {"gte": self.since.isoformat()}} for time in self.stream.window]
            conditions += [{"or": either}] if len(either) > 1 else either
        if self.upto:
            conditions.append({"updatedAt": {"lte": self.upto.isoformat()}})
        return {"and": conditions} if conditions else None

    def take_page(self, page: NodePage, source_time: datetime | None) -> StreamPage:
        """Move on by one page and return what is new in it."""
        self._move_end(page, source_time)
        nodes = page.nodes
        self.reached = page.nodes[-1].updated_at if page.nodes else page.reached or self.reached
        self.after = page.end_cursor
        self.is_done = not page.has_next_page
        if not self.stream.window and self.since:
            nodes = [node for node in nodes if node.updated_at >= self.since]
            self.is_done = self.is_done or len(nodes) < len(page.nodes)
        return StreamPage(self.stream, nodes, page.bad, page.without)

    def _move_end(self, page: NodePage, source_time: datetime | None) -> None:
        """Say what the stream is complete until: never later than what it has seen last, whatever any clock says.

        What is archived keeps its place among older ones, so later pages may have what came last. Of nodes that are
        set aside the times need not be known.
        """
        changes = (max(node.updated_at, node.archived_at or node.updated_at) for node in page.nodes)
        newest = max(changes, default=page.reached)
        if self.until is None:
            known = source_time or newest
            self.latest = known and known - OVERLAP
            self.until = self.since
        if self.latest and (newest or page.bad):
            end = min(self.latest, newest + _NEXT) if newest else self.latest
            self.until = max(self.until, end) if self.until else end

    def mark_refused(self, refusal: RefusedPart) -> RefusedPart:
        """Return a refusal with from where on to look for it once more, if that takes the list."""
        self.met.add(refusal.key)
        is_looked_for = refusal.kind == "hole" or (refusal.kind == "node" and not self.stream.window)
        return replace(refusal, retry_from=self.since) if is_looked_for else refusal

    def list_settled(self) -> list[RefusalKey]:
        """Return, once it has been read to its end, what is no longer refused."""
        return [key for key in self.settles if key not in self.met] if self.is_done else []

    def build_cursor(self, workspace_id: str | None) -> StreamCursor:
        if self.is_done:
            return StreamCursor(self.stream.name, self.until, None, None, workspace_id)
        return StreamCursor(self.stream.name, self.since, self.until, self.reached, workspace_id)

    def restart(self) -> None:
        """Go on without the cursor, from the last change that was read; lists without a filter start anew."""
        self.after = None
        if self.stream.window and self.reached:
            self.upto = self.reached


class Windows(Struct):
    """One reading of all streams but for those that Linear refuses.

    Afterwards `counts` is what Linear counted when it began, None when it did not tell, and `unread` are the streams
    that were not read to their end.
    """

    client: LinearClient
    reader: ListReader
    cursors: Mapping[str, StreamCursor]
    known: KnownRefusals = field(default_factory=KnownRefusals)
    counts: list[IssueCount] | None = None
    workspace_id: str | None = None
    unread: set[str] = field(default_factory=set[str])

    async def fetch_batches(self) -> AsyncGenerator[Batch]:
        """Fetch what changed, as many lists a request as have more, and what was refused before and is due again.

        Raises SyncFailed for a key of another workspace, and what `ListReader.fetch_round` raises.
        """
        self.unread |= {name for name in STREAMS if self.known.is_paused(name)}
        tried = await self._try_fields()
        windows = [self._open_window(stream) for stream in STREAMS.values() if stream.name not in self.unread]
        is_first, restarts = True, 0
        while windows:
            seen_at = clock.read_time()
            with_counts = is_first and not self.known.is_paused(COUNTS)
            asks = [window.build_request() for window in windows]
            try:
                fetched = await self.reader.fetch_round(asks, with_counts=with_counts)
            except CursorInvalid:
                restarts += 1
                self.reader.doubts_cursors = restarts <= _MOST_RESTARTS
                for window in windows:
                    window.restart()
                continue
            if is_first:
                await self._accept_first_round(fetched)
            if is_first and tried:
                yield tried
            self.unread |= fetched.refused_lists
            windows = [window for window in windows if window.stream.name in fetched.pages]
            yield self._build_batch(windows, fetched, seen_at)
            windows = [following for window in windows if (following := self._find_next_window(window))]
            is_first = False
        async for batch in self._fetch_due_nodes():
            yield batch

    def _open_window(self, stream: Stream) -> _StreamWindow:
        """Take up the window that was under way, or begin the next one."""
        cursor = self.cursors.get(stream.name)
        if cursor and cursor.window_until and cursor.window_reached and stream.window:
            return _StreamWindow(stream, cursor.complete_until, upto=cursor.window_reached, until=cursor.window_until)
        return self._begin_window(stream, cursor and cursor.complete_until)

    def _begin_window(self, stream: Stream, since: datetime | None) -> _StreamWindow:
        """Begin at `since`, or earlier where a node is to be looked for that was refused then."""
        rereads = self.known.list_rereads(stream)
        times = [since, *(one.retry_from for one in rereads)]
        earliest = None if None in times else min(filter(None, times))
        settles = [one.key for one in rereads]
        return _StreamWindow(stream, earliest, was_read=stream.name in self.cursors, settles=settles)

    def _find_next_window(self, window: _StreamWindow) -> _StreamWindow | None:
        """Return the window itself while it has more, and after one that was taken up again the next one."""
        if not window.is_done:
            return window
        return self._begin_window(window.stream, window.until) if window.upto else None

    def _build_batch(self, windows: Sequence[_StreamWindow], fetched: ListRound, seen_at: datetime) -> Batch:
        by_name = {window.stream.name: window for window in windows}
        refused = [
            by_name[refusal.stream].mark_refused(refusal) if refusal.stream in by_name else refusal
            for refusal in fetched.refused
        ]
        pages: list[StreamPage] = []
        recovered: list[RefusalKey] = []
        for window in windows:
            page = fetched.pages[window.stream.name]
            pages.append(window.take_page(page, self.client.last_date))
            recovered += self.known.list_recovered(window.stream, page, refused)
            if window.is_done and not window.upto:
                recovered += [*window.list_settled(), (window.stream.name, "list", "")]
        if fetched.counts is not None:
            recovered.append((COUNTS, "list", ""))
        cursors = [window.build_cursor(self.workspace_id) for window in windows]
        known = [key for key in recovered if self.known.has(key)]
        return Batch(pages, seen_at, cursors=cursors, refused=refused, recovered=known)

    async def _try_fields(self) -> Batch | None:
        """Ask for fields that were refused and are due again; a list that has one back is read from its beginning."""
        refused: list[RefusedPart] = []
        recovered: list[RefusalKey] = []
        for stream in STREAMS.values():
            self.reader.left_out[stream.name] = self.known.list_fields(stream.name)
            for one in self.known.list_due(stream.name, "field") if stream.name not in self.unread else ():
                if refusal := await self.reader.try_field(stream, one.name):
                    refused.append(refusal)
                else:
                    recovered.append(one.key)
        whole = {stream for stream, _, _ in recovered} & self.cursors.keys()
        anew = [StreamCursor(name, None, None, None, self.cursors[name].workspace_id) for name in sorted(whole)]
        self.cursors = {**self.cursors, **{cursor.stream: cursor for cursor in anew}}
        if not refused and not recovered:
            return None
        return Batch([], clock.read_time(), cursors=anew, refused=refused, recovered=recovered)

    async def _fetch_due_nodes(self) -> AsyncGenerator[Batch]:
        """Fetch nodes that were refused and are due again."""
        for stream in STREAMS.values():
            due = self.known.list_due(stream.name, "node") if stream.window else []
            if due and stream.name not in self.unread:
                ids = [one.name for one in due]
                async for batch in by_ids.fetch_by_ids(self.reader, stream, ids, self.known):
                    yield batch

    async def _accept_first_round(self, fetched: ListRound) -> None:
        ahead = self.client.last_date and self.client.last_date - clock.read_time()
        if ahead and ahead > _CLOCKS_AGREE:
            _LOG.warning("linears_clock_is_ahead", seconds=round(ahead.total_seconds()))
        self.counts = fetched.counts
        told = fetched.workspace_id or await self.reader.fetch_workspace_id()
        mirrored = {cursor.workspace_id for cursor in self.cursors.values()} - {None}
        self.workspace_id = told or next(iter(mirrored), None)
        if told and mirrored and mirrored != {told}:
            raise SyncFailed(
                "The key belongs to a different workspace than the mirror. Nothing was changed;"
                " put the old key back, or name an empty database in DATABASE_URL."
            )
