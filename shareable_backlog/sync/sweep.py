"""Look at everything that Linear still has: fetch what the mirror has otherwise, hide what is gone.

Deletions leave no trace in Linear's API, and some changes do not move `updatedAt`. Lists are read by `createdAt`,
which never changes, so that nothing slips past while they are read.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror import sweeps
from shareable_backlog.database.mirror.sweeps import GoneCounts, SweepEntry
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.paging import IssueCount, NodePage, PageReader
from shareable_backlog.linear.queries import LARGEST_PAGE, PageRequest
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync.store import Batch, StreamPage

_WITHIN_S = 300.0
_EXAMPLES = 20
_ALWAYS_BELIEVED = 5  # so few rows may go without a question, however small the stream


@dataclass(slots=True)
class HiddenRows:
    """What a sweep hid: rows by stream; `held` are those of streams where it would have been too many."""

    is_whole: bool
    removed: dict[str, int] = field(default_factory=dict[str, int])
    held: dict[str, GoneCounts] = field(default_factory=dict[str, GoneCounts])


@dataclass(slots=True)
class Sweep:
    """One sweep of `streams`; `began_at` is by the clock of Linear, `counts` are its first and last ones."""

    client: LinearClient
    reader: PageReader
    streams: Sequence[Stream]
    began_at: datetime | None = None
    counts: tuple[list[IssueCount], list[IssueCount]] | None = None

    async def fetch_seen(self) -> AsyncGenerator[Batch]:
        """Fetch what Linear has."""
        async with transaction() as tx:
            await sweeps.clear_entries(tx)
        async for batch in self._fetch_pages():
            yield batch

    async def fetch_differing(self) -> AsyncGenerator[Batch]:
        """Fetch, once all that was seen is stored, what the mirror has otherwise."""
        for stream in self.streams:
            if stream.window:
                async for batch in self._fetch_by_ids(stream, await sweeps.list_differing_ids(stream)):
                    yield batch

    async def fetch_dangling(self) -> AsyncGenerator[Batch]:
        """Fetch, once what is gone is hidden, the rows that still refer to it."""
        for stream in self.streams:
            if stream.window:
                async for batch in self._fetch_by_ids(stream, await sweeps.list_dangling_ids(stream)):
                    yield batch

    async def _fetch_pages(self) -> AsyncGenerator[Batch]:
        asks: dict[Stream, PageRequest] = {
            stream: PageRequest(stream, order="createdAt", seen_only=bool(stream.window)) for stream in self.streams
        }
        while asks:
            seen_at = clock.read_time()
            fetched = await self.reader.fetch_round(list(asks.values()), with_counts=True)
            self.began_at = self.began_at or self.client.last_date or seen_at
            counts = fetched.counts or []
            self.counts = (self.counts[0] if self.counts else counts, counts)
            pages = dict(zip(asks, fetched.pages, strict=True))
            yield Batch(
                [
                    StreamPage(stream, page.nodes, page.bad)
                    for stream, page in pages.items()
                    if not asks[stream].seen_only
                ],
                seen_at,
                swept=[entry for stream, page in pages.items() for entry in _build_entries(stream, page)],
                older_too=True,
            )
            asks = {
                stream: replace(asks[stream], after=page.end_cursor)
                for stream, page in pages.items()
                if page.has_next_page
            }

    async def _fetch_by_ids(self, stream: Stream, ids: Sequence[str]) -> AsyncGenerator[Batch]:
        """Fetch the rows with these ids."""
        for start in range(0, len(ids), LARGEST_PAGE):
            some = ids[start : start + LARGEST_PAGE]
            ask: PageRequest | None = PageRequest(stream, where={"id": {"in": some}}, expected=len(some))
            while ask:
                seen_at = clock.read_time()
                [page] = (await self.reader.fetch_round([ask])).pages
                yield Batch([StreamPage(stream, page.nodes, page.bad)], seen_at, older_too=True)
                ask = replace(ask, after=page.end_cursor) if page.has_next_page else None

    async def hide_gone(self, *, largest_share: float, removed_at: datetime) -> HiddenRows:
        """Mark as removed what Linear has no more.

        Nothing of a stream is when more than `largest_share` of it would be, and nothing at all when the sweep saw
        fewer issues than Linear counts.
        """
        hidden = HiddenRows(is_whole=await self._is_whole())
        if not hidden.is_whole or self.began_at is None:
            return hidden
        async with transaction(within_s=_WITHIN_S) as tx:
            for stream in self.streams:
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
        if self.counts is None or len(self.counts[0]) >= LARGEST_PAGE:
            return True  # more teams than were counted
        least = min(sum(count.all for count in counts) for counts in self.counts)
        return await sweeps.count_seen(ISSUES) >= least


def _build_entries(stream: Stream, page: NodePage) -> list[SweepEntry]:
    """Return what the page proves to be there, be it fit for the mirror or not."""
    seen = [
        SweepEntry(
            stream=stream.name,
            id=node.id,
            updated_at=node.updated_at,
            archived_at=node.archived_at,
            trashed=bool(getattr(node, "trashed", None)),
            parent_id=parent.id if (parent := getattr(node, "parent", None)) else None,
        )
        for node in page.nodes
    ]
    epoch = datetime.fromtimestamp(0, UTC)
    return seen + [
        SweepEntry(stream=stream.name, id=bad.id, updated_at=epoch, archived_at=None, trashed=False, parent_id=None)
        for bad in page.bad
    ]
