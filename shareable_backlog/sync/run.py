"""Run the mirror once: pages from any source into PostgreSQL, with a row in `sync_history`."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Literal

from shareable_backlog import logs
from shareable_backlog.database import locks, mirror, sync_history, transaction
from shareable_backlog.errors import BacklogError, SyncFailed
from shareable_backlog.sync.store import BadRow, Page, page_stored

_LOG = logs.logger(__name__)

_BAD_ROWS_KEPT = 100
# Stored together they share a staging table, an upsert and a commit; 8 were no faster (benchmarks/README.md).
_PAGES_AHEAD = 4

Trigger = Literal["automatic", "manual", "webhook", "import"]


@dataclass(slots=True)
class Report:
    """Tell what a run did: rows by stream, and the nodes that were set aside."""

    run_id: int
    streams: dict[str, mirror.Stored] = field(default_factory=dict[str, mirror.Stored])
    bad_rows: list[BadRow] = field(default_factory=list[BadRow])

    @property
    def total(self) -> mirror.Stored:
        """Give the counts over all streams."""
        return sum(self.streams.values(), mirror.Stored())

    @property
    def status(self) -> str:
        """Give the status that `sync_history` gets: partial when a row was set aside."""
        return "partial" if self.bad_rows else "succeeded"


OnPage = Callable[[Report, Page], None]


async def run(pages: AsyncIterator[Page], trigger: Trigger, on_page: OnPage, *, sample: bool = False) -> Report:
    """Store all `pages` and give the report; the next ones are fetched while the last ones are stored.

    `on_page` is called after each store; pages of one stream that were stored together come as one. Only one run
    at a time, over all processes: raises SyncFailed when another is under way. Whatever stops it is recorded in
    `sync_history`, and what was stored before stays. Unless the pages are the `sample`, they take the sample's
    place. Raises BacklogError.
    """
    async with locks.held(locks.SYNC) as ours:
        if not ours:
            raise SyncFailed("Another sync is under way. Wait for its end, then start this one again.")
        async with transaction() as opened:
            interrupted = await sync_history.interrupt_running(opened)
            run_id = await sync_history.start(opened, trigger)
        if interrupted:
            _LOG.warning("sync_found_interrupted_run", runs=interrupted)
        report = Report(run_id)
        try:
            replace_sample = not sample and await mirror.holds_sample()
            async with contextlib.aclosing(_ahead(pages)) as fetched:
                async for page in fetched:
                    stored, bad = await page_stored(page, instead_of_sample=replace_sample)
                    replace_sample = False
                    report.streams[page.stream.name] = report.streams.get(page.stream.name, mirror.Stored()) + stored
                    report.bad_rows += bad
                    on_page(report, page)
        except BacklogError as error:
            await _finish(report, "failed", str(error))
            raise
        except asyncio.CancelledError:
            await _finish(report, "interrupted", "The program was stopped before the run had ended.")
            raise
        except Exception:
            await _finish(report, "failed", "An error of the program itself; the log says more.")
            raise
        await _finish(report, report.status, _partial_message(report))
        return report


def _partial_message(report: Report) -> str | None:
    count = len(report.bad_rows)
    if not count:
        return None
    first = report.bad_rows[0]
    return f"{count} rows were set aside, the first is {first.stream} {first.id}: {first.field or ''} {first.reason}"


async def _finish(report: Report, status: str, message: str | None) -> None:
    """Record the end of a run; when even that can't be stored, the log has it."""
    total = report.total
    _LOG.info("sync_ended", status=status, run_id=report.run_id, failed=len(report.bad_rows), **asdict(total))
    details = [asdict(bad) for bad in report.bad_rows[:_BAD_ROWS_KEPT]] or None
    try:
        async with transaction() as opened:
            await sync_history.finish(
                opened,
                report.run_id,
                status=status,
                items_synced=total.created + total.updated + total.unchanged,
                items_failed=len(report.bad_rows),
                error_message=message,
                error_details=details,
            )
    except BacklogError as error:
        _LOG.error("sync_end_not_recorded", run_id=report.run_id, status=status, reason=str(error))


async def _ahead(pages: AsyncIterator[Page]) -> AsyncGenerator[Page]:
    """Fetch pages while the reader is busy; those of one stream that came meanwhile are given as one."""
    fetched: list[Page] = []
    news, room = asyncio.Event(), asyncio.Event()

    async def fetch() -> None:
        async for page in pages:
            fetched.append(page)
            news.set()
            if len(fetched) == _PAGES_AHEAD:
                room.clear()
                await room.wait()

    fetching = asyncio.create_task(fetch())
    fetching.add_done_callback(lambda _task: news.set())
    try:
        while await news.wait() and fetched:
            if not fetching.done():
                news.clear()
            taken = fetched.copy()
            fetched.clear()
            room.set()
            for stream, group in groupby(taken, attrgetter("stream")):
                yield Page(stream, [node for page in group for node in page.nodes])
        await fetching
    finally:
        fetching.cancel()
        with contextlib.suppress(asyncio.CancelledError, BacklogError):
            await fetching
