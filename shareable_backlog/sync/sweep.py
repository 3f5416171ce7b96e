"""Look at everything that Linear still has: fetch what the mirror has otherwise, hide what is gone.

Deletions leave no trace in Linear's API, and some changes do not move `updatedAt`. Lists are read by `createdAt`,
which never changes, so that nothing slips past while they are read.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror import sweeps, sync_refusals
from shareable_backlog.database.mirror.sweeps import GoneCounts, SweepEntry
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import CursorInvalid
from shareable_backlog.linear.lists import UNKNOWN_ID, ListReader, ListRound
from shareable_backlog.linear.paging import IssueCount, NodePage
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.linear.refusals import COUNTS
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync import by_ids
from shareable_backlog.sync.refused import KnownRefusals
from shareable_backlog.sync.store import Batch, StreamPage

_NEXT = timedelta(milliseconds=1)  # Linear's times are no more exact
_MOST_RESTARTS = 2
_WITHIN_S = 300.0
_EXAMPLES = 20
_ALWAYS_BELIEVED = 5  # so few rows may go without a question, however small the stream


class HiddenRows(Struct):
    """What a sweep hid: rows by stream; `held` are those of streams where it would have been too many."""

    is_whole: bool
    removed: dict[str, int] = field(default_factory=dict[str, int])
    held: dict[str, GoneCounts] = field(default_factory=dict[str, GoneCounts])


class Sweep(Struct):
    """One sweep of `streams`; `began_at` is by the clock of Linear, `counts` are its first and last ones.

    `known_until` is when the newest row was created that the mirror had when it began.

    Nothing of the streams in `unread` is compared or hidden: Linear refuses some of them, or did so before, as in
    `known`.
    """

    client: LinearClient
    reader: ListReader
    streams: Sequence[Stream]
    known: KnownRefusals = field(default_factory=KnownRefusals)
    unread: set[str] = field(default_factory=set[str])
    began_at: datetime | None = None
    known_until: datetime | None = None
    counts: tuple[list[IssueCount], list[IssueCount]] | None = None

    async def fetch_seen(self) -> AsyncGenerator[Batch]:
        """Fetch what Linear has."""
        async with transaction() as tx:
            await sweeps.clear_entries(tx)
        self.known_until = await sweeps.find_latest_creation(self.streams)
        async for batch in self._fetch_pages():
            yield batch

    async def fetch_differing(self) -> AsyncGenerator[Batch]:
        """Fetch, once all that was seen is stored, what the mirror has otherwise."""
        for stream in self.streams:
            if stream.window:
                ids = await sweeps.list_differing_ids(stream, without=self._list_left_out(stream))
                async for batch in by_ids.fetch_by_ids(self.reader, stream, ids, self.known):
                    yield batch

    async def fetch_dangling(self) -> AsyncGenerator[Batch]:
        """Fetch, once what is gone is hidden, the rows that still refer to it."""
        for stream in self.streams:
            if stream.window and stream.name not in self.unread:
                ids = await sweeps.list_dangling_ids(stream)
                async for batch in by_ids.fetch_by_ids(self.reader, stream, ids, self.known):
                    yield batch

    def _list_left_out(self, stream: Stream) -> frozenset[str]:
        """Return the columns of the fields that Linear refuses, of which nothing is known."""
        left_out = self.reader.left_out.get(stream.name, frozenset())
        return frozenset(column.name for column in stream.columns if column.key in left_out)

    async def _fetch_pages(self) -> AsyncGenerator[Batch]:
        asks: dict[Stream, PageRequest] = {
            stream: PageRequest(stream, order="createdAt", seen_only=not stream.is_swept_whole)
            for stream in self.streams
            if stream.name not in self.unread
        }
        with_counts, restarts = not self.known.is_paused(COUNTS), 0
        while asks:
            seen_at = clock.read_time()
            try:
                fetched = await self.reader.fetch_round(list(asks.values()), with_counts=with_counts)
            except CursorInvalid:
                restarts += 1
                self.reader.doubts_cursors = restarts <= _MOST_RESTARTS
                asks = {stream: replace(ask, after=None) for stream, ask in asks.items()}
                continue
            self.began_at = self.began_at or self._find_beginning(seen_at)
            if fetched.counts is None:
                with_counts = False
            else:
                self.counts = (self.counts[0] if self.counts else fetched.counts, fetched.counts)
            pages = {stream: page for stream in asks if (page := fetched.pages.get(stream.name))}
            self._mark_unread(fetched)
            yield self._build_batch(pages, fetched, seen_at)
            asks = {
                stream: replace(asks[stream], after=page.end_cursor)
                for stream, page in pages.items()
                if page.has_next_page
            }

    def _find_beginning(self, seen_at: datetime) -> datetime:
        """Return the time by Linear's clock before which rows were there when the sweep began, whatever it says."""
        told = min(filter(None, (self.client.last_date, seen_at)))
        return max(told, self.known_until + _NEXT) if self.known_until else told

    def _mark_unread(self, fetched: ListRound) -> None:
        refused = {refusal.stream for refusal in fetched.refused if refusal.kind in {"list", "hole"}}
        self.unread |= refused - {COUNTS}

    def _build_batch(self, pages: Mapping[Stream, NodePage], fetched: ListRound, seen_at: datetime) -> Batch:
        # What is only looked at is fetched afterwards, if it differs, and may be refused then.
        whole = {stream.name: stream for stream in pages if stream.is_swept_whole}
        return Batch(
            [
                StreamPage(stream, page.nodes, page.bad, page.without)
                for stream, page in pages.items()
                if stream.is_swept_whole
            ],
            seen_at,
            swept=[entry for stream, page in pages.items() for entry in _build_entries(stream, page)],
            older_too=True,
            refused=[one for one in fetched.refused if one.kind != "hole" or one.stream in whole],
            recovered=[
                key
                for name, stream in whole.items()
                for key in self.known.list_recovered(stream, fetched.pages[name], fetched.refused)
            ],
        )

    async def hide_gone(self, *, largest_share: float, removed_at: datetime) -> HiddenRows:
        """Mark as removed what Linear has no more.

        Nothing of a stream is when more than `largest_share` of it would be, and nothing at all when the sweep saw
        fewer issues than Linear counts.
        """
        hidden = HiddenRows(is_whole=await self._is_whole())
        if not hidden.is_whole or self.began_at is None:
            return hidden
        async with transaction(within_s=_WITHIN_S) as tx:
            seen = [stream for stream in self.streams if stream.name not in self.unread]
            await sync_refusals.delete_gone(tx, [stream.name for stream in seen])
            for stream in seen:
                found = await sweeps.count_gone(tx, stream, created_before=self.began_at)
                if found.gone > max(_ALWAYS_BELIEVED, largest_share * found.live):
                    hidden.held[stream.name] = await self._add_examples(tx, stream, found)
                elif found.gone:
                    hidden.removed[stream.name] = await sweeps.hide_gone(
                        tx, stream, created_before=self.began_at, removed_at=removed_at
                    )
        return hidden

    async def _add_examples(self, tx: Transaction, stream: Stream, found: GoneCounts) -> GoneCounts:
        """Name some of what is gone, for whoever is to decide whether it may be hidden."""
        if stream is not ISSUES or self.began_at is None:
            return found
        return replace(
            found, examples=await sweeps.list_gone_identifiers(tx, _EXAMPLES, created_before=self.began_at)
        )

    async def _is_whole(self) -> bool:
        """Return whether the sweep saw as many issues as Linear counted, when it began or when it ended."""
        if self.counts is None or len(self.counts[0]) >= LARGEST_PAGE or ISSUES.name in self.unread:
            return True  # not counted, more teams than were counted, or known not to be whole
        least = min(sum(count.all for count in counts) for counts in self.counts)
        return await sweeps.count_seen(ISSUES) >= least


def _build_entries(stream: Stream, page: NodePage) -> list[SweepEntry]:
    """Return what the page proves to be there, be it fit for the mirror or not."""
    compared = [column for column in stream.columns if column.name in stream.compared]
    seen = [
        SweepEntry(
            stream=stream.name,
            id=node.id,
            updated_at=node.updated_at,
            archived_at=node.archived_at,
            **{column.name: column.read_value(node) for column in compared},
        )
        for node in page.nodes
    ]
    epoch = datetime.fromtimestamp(0, UTC)
    return seen + [
        SweepEntry(stream=stream.name, id=bad.id, updated_at=epoch) for bad in page.bad if bad.id != UNKNOWN_ID
    ]
