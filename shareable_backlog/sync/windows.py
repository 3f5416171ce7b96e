"""Read from Linear what has changed since the last run, by windows over `updatedAt` that overlap.

A window is read from its newest change down. What changes meanwhile comes to the front, out of the way, and into the
next window, which begins well before this one was asked for. So no change is lost, whatever shares its millisecond.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shareable_backlog import clock
from shareable_backlog.database.mirror.sync_cursors import StreamCursor
from shareable_backlog.errors import SyncFailed
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import CursorInvalid
from shareable_backlog.linear.paging import IssueCount, NodePage, PageReader, Round
from shareable_backlog.linear.queries import PageRequest
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync.store import Batch, StreamPage

OVERLAP = timedelta(minutes=5)
"""How long after its time a change may become visible and is still found."""

_MOST_RESTARTS = 5
_EXPECTED, _EXPECTED_OF_LARGE = 4, 12  # rows since the last run; Linear counts those that are asked for


@dataclass(slots=True)
class _StreamWindow:
    """The reading of one stream: all that changed from `since` on and, when taken up again, up to `upto`."""

    stream: Stream
    since: datetime | None
    upto: datetime | None = None
    until: datetime | None = None
    """What the stream is complete until once the window has been read; None before its first page."""
    after: str | None = None
    reached: datetime | None = None
    is_done: bool = False

    def build_request(self) -> PageRequest:
        is_small = self.since is not None and self.until is None  # once it fills, whole pages follow
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
        if self.until is None:
            newest = page.nodes[0].updated_at if page.nodes else self.since
            known = source_time or newest
            self.until = max(filter(None, (self.since, known and known - OVERLAP)), default=None)
        nodes = page.nodes
        if page.nodes:
            self.reached = page.nodes[-1].updated_at
        self.after = page.end_cursor
        self.is_done = not page.has_next_page
        if not self.stream.window and self.since:
            nodes = [node for node in nodes if node.updated_at >= self.since]
            self.is_done = self.is_done or len(nodes) < len(page.nodes)
        return StreamPage(self.stream, nodes, page.bad)

    def build_cursor(self, workspace_id: str | None) -> StreamCursor:
        if self.is_done:
            return StreamCursor(self.stream.name, self.until, None, None, workspace_id)
        return StreamCursor(self.stream.name, self.since, self.until, self.reached, workspace_id)

    def restart(self) -> None:
        """Go on without the cursor, from the last change that was read; lists without a filter start anew."""
        self.after = None
        if self.stream.window and self.reached:
            self.upto = self.reached


def _open_window(stream: Stream, cursor: StreamCursor | None) -> _StreamWindow:
    """Take up the window that was under way, or begin the next one."""
    if cursor is None:
        return _StreamWindow(stream, None)
    if cursor.window_until and cursor.window_reached and stream.window:
        return _StreamWindow(stream, cursor.complete_until, upto=cursor.window_reached, until=cursor.window_until)
    return _StreamWindow(stream, cursor.complete_until)


@dataclass(slots=True)
class Windows:
    """One reading of all streams; afterwards `counts` is what Linear counted when it began."""

    client: LinearClient
    reader: PageReader
    cursors: Mapping[str, StreamCursor]
    counts: list[IssueCount] = field(default_factory=list[IssueCount])
    workspace_id: str | None = None

    async def fetch_batches(self) -> AsyncGenerator[Batch]:
        """Fetch what changed, as many lists a request as have more.

        Raises SyncFailed for a key of another workspace, and what `PageReader.fetch_round` raises.
        """
        windows = [_open_window(stream, self.cursors.get(stream.name)) for stream in STREAMS.values()]
        is_first, restarts = True, 0
        while windows:
            seen_at = clock.read_time()
            try:
                fetched = await self.reader.fetch_round(
                    [window.build_request() for window in windows], with_counts=is_first
                )
            except CursorInvalid:
                restarts += 1
                if restarts > _MOST_RESTARTS:
                    raise
                for window in windows:
                    window.restart()
                continue
            if is_first:
                self._accept_first_round(fetched)
            pages = [
                window.take_page(page, self.client.last_date)
                for window, page in zip(windows, fetched.pages, strict=True)
            ]
            yield Batch(pages, seen_at, cursors=[window.build_cursor(self.workspace_id) for window in windows])
            windows = [following for window in windows if (following := _find_next_window(window))]
            is_first = False

    def _accept_first_round(self, fetched: Round) -> None:
        self.counts, self.workspace_id = fetched.counts or [], fetched.workspace_id
        mirrored = {cursor.workspace_id for cursor in self.cursors.values()} - {None}
        if mirrored and mirrored != {self.workspace_id}:
            raise SyncFailed(
                "The key belongs to a different workspace than the mirror. Nothing was changed;"
                " put the old key back, or name an empty database in DATABASE_URL."
            )


def _find_next_window(window: _StreamWindow) -> _StreamWindow | None:
    """Return the window itself while it has more, and after one that was taken up again the next one."""
    if not window.is_done:
        return window
    return _StreamWindow(window.stream, window.until) if window.upto else None
