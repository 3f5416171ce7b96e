"""Run the mirror once: batches from any source into PostgreSQL, with a row in `sync_history`."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.connection import locks
from shareable_backlog.database.mirror import mirror, sync_history
from shareable_backlog.database.mirror.mirror import Stored
from shareable_backlog.database.mirror.sweeps import Gone
from shareable_backlog.database.mirror.sync_history import Ending, RateBudget
from shareable_backlog.errors import BacklogError, SyncFailed
from shareable_backlog.linear.connection.client import Client
from shareable_backlog.sync.store import BadRow, Batch, Page, Prepared, batch_stored, prepared
from shareable_backlog.tasks import end_tasks, see_through

_LOG = logs.logger(__name__)

_BAD_ROWS_KEPT = 100
_BATCHES_AHEAD = 2
_TOLD_EVERY_S = 1.0
_STALLED_AFTER_S = 900.0

_GOES_ON = "The next run goes on where this one stopped."

Trigger = Literal["automatic", "manual", "webhook", "import"]


@dataclass(slots=True)
class Report:
    """Tell what a run did: rows by stream, the nodes that were set aside, and what is left to do.

    `activity` says in words what it is at; `held` counts by stream what it found gone and did not hide. `notes` say
    in plain words why the run is only partial; `next_step` is what a person should do, None for nothing.
    """

    run_id: int
    is_full: bool = False
    activity: str = "Storing rows."
    streams: dict[str, Stored] = field(default_factory=dict[str, Stored])
    bad_rows: list[BadRow] = field(default_factory=list[BadRow])
    held: dict[str, Gone] = field(default_factory=dict[str, Gone])
    notes: list[str] = field(default_factory=list[str])
    next_step: str | None = None
    client: Client | None = None

    @property
    def total(self) -> Stored:
        """Give the counts over all streams."""
        return sum(self.streams.values(), Stored())

    @property
    def status(self) -> str:
        """Give the status that `sync_history` gets: partial when a row was set aside or something was not done."""
        return "partial" if self.bad_rows or self.notes else "succeeded"

    def add(self, stream: str, stored: Stored) -> None:
        """Count what was stored of a stream."""
        self.streams[stream] = self.streams.get(stream, Stored()) + stored


OnPage = Callable[[Report, Page], None]


@asynccontextmanager
async def recorded(trigger: Trigger, *, run_id: int | None = None, is_full: bool = False) -> AsyncGenerator[Report]:
    """Be a run, from its row in `sync_history` to its end, whatever ends it.

    Only one at a time, over all processes: raises SyncFailed when another is under way. `run_id` is that of the
    pending row that asked for it, None for a run of its own. What was stored before an error stays.
    """
    async with locks.held(locks.SYNC) as ours:
        if not ours:
            raise SyncUnderWay
        report = Report(await _start(trigger, run_id, is_full=is_full), is_full)
        try:
            async with _told(report):
                yield report
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


async def _start(trigger: Trigger, run_id: int | None, *, is_full: bool) -> int:
    """Record a run that begins now and return its id; call it only under the sync lock."""
    try:
        async with transaction() as opened:
            interrupted = await sync_history.interrupt_running(opened)
            started = await sync_history.start(opened, trigger, run_id=run_id, is_full=is_full)
    except asyncio.CancelledError:
        await see_through(_interrupt())
        raise
    if interrupted:
        _LOG.warning("sync_found_interrupted_run", runs=interrupted)
    return started


async def _interrupt() -> None:
    """Mark the run as interrupted whose start was broken off, if that was recorded all the same."""
    with contextlib.suppress(BacklogError):  # the next run does it
        async with transaction() as opened:
            await sync_history.interrupt_running(opened)


@asynccontextmanager
async def _told(report: Report) -> AsyncGenerator[None]:
    """Keep the run's row telling how it gets on, for the pages that show it; raise SyncFailed when it does not.

    Each thing that a run waits for has a time limit of its own: this one is for what nobody foresaw.
    """
    limit = asyncio.timeout(_STALLED_AFTER_S)
    try:
        async with limit:
            telling = asyncio.create_task(_tell(report, limit))
            try:
                yield
            finally:
                await end_tasks(telling)
    except TimeoutError:
        if not limit.expired():
            raise
        message = f"Nothing had moved for {_STALLED_AFTER_S / 60:g} minutes, so the run was given up."
        raise SyncFailed(f"{message} What was stored stays.") from None


async def _tell(report: Report, limit: asyncio.Timeout) -> None:
    seen: dict[str, Any] = {}
    told: dict[str, Any] = {}
    while True:
        await asyncio.sleep(_TOLD_EVERY_S)
        progress = _progress(report)
        if progress != seen and not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time() + _STALLED_AFTER_S)
            seen = progress
        if progress != told:
            with contextlib.suppress(BacklogError):  # the run finds out by itself
                await sync_history.note_progress(report.run_id, **progress)
                told = progress


def _progress(report: Report) -> dict[str, Any]:
    client, activity = report.client, report.activity
    if client and client.budget.used_up and client.budget.available_at:
        activity += f" The key's budget at Linear is used up until {client.budget.available_at:%H:%M} UTC."
    return {
        "activity": activity,
        "streams": _streams(report),
        "requests": client and client.requests_sent,
        "points": client and client.points_spent,
        "budget": _budget(report),
    }


def _budget(report: Report) -> RateBudget | None:
    """Give what Linear last said of the key's budget; None when it said nothing."""
    if report.client is None:
        return None
    said = report.client.budget
    budget = RateBudget(**{name: getattr(said, name) for name in RateBudget.__struct_fields__})
    return None if budget == RateBudget() else budget


class SyncUnderWay(SyncFailed):
    """Say that another process writes the mirror just now."""

    def __init__(self) -> None:
        super().__init__("Another sync is under way. Wait for its end, then start this one again.")


async def stored(report: Report, batches: AsyncIterator[Batch], on_page: OnPage, *, is_sample: bool = False) -> None:
    """Store all `batches`; the next ones are fetched while the last ones are stored.

    `on_page` is called for each page once it is stored. Unless the batches are the sample, they take the place of a
    sample and of what an import made up. Raises BacklogError.
    """
    instead_of = [] if is_sample else await mirror.made_prefixes()
    async with contextlib.aclosing(_ahead(batches)) as fetched:
        async for ready in fetched:
            outcome = await batch_stored(ready, report.run_id, instead_of=instead_of)
            instead_of = [prefix for prefix in instead_of if prefix != mirror.SAMPLE_PREFIX]
            for stream, counts in outcome.stored.items():
                report.add(stream, counts)
            report.bad_rows += outcome.bad
            for page in ready.batch.pages:
                if page.nodes:
                    on_page(report, page)


def _partial_message(report: Report) -> str | None:
    count = len(report.bad_rows)
    notes = [*report.notes]
    if count:
        first = report.bad_rows[0]
        notes.append(
            f"{count} rows were set aside, the first is {first.stream} {first.id}: {first.field or ''} {first.reason}"
        )
    return " ".join(notes) or None


async def _finish(report: Report, status: str, message: str | None) -> None:
    """Record the end of a run, also while it is stopped; when even that can't be stored, the log has it."""
    _LOG.info("sync_ended", status=status, run_id=report.run_id, failed=len(report.bad_rows), **asdict(report.total))
    total = report.total
    ending = Ending(
        status=status,
        is_full=report.is_full,
        items_synced=total.created + total.updated + total.unchanged,
        items_failed=len(report.bad_rows),
        error_message=message,
        error_details=[asdict(bad) for bad in report.bad_rows[:_BAD_ROWS_KEPT]] or None,
        streams=_streams(report),
        requests=report.client.requests_sent if report.client else None,
        points=report.client.points_spent if report.client else None,
        budget=_budget(report),
        held=report.held or None,
        next_step=_GOES_ON if status in {"failed", "interrupted"} else report.next_step,
    )
    await see_through(_record_end(report.run_id, ending))


async def _record_end(run_id: int, ending: Ending) -> None:
    try:
        async with transaction() as opened:
            await sync_history.finish(opened, run_id, ending)
    except BacklogError as error:
        _LOG.error("sync_end_not_recorded", run_id=run_id, status=ending.status, reason=str(error))


def _streams(report: Report) -> dict[str, dict[str, int]]:
    failed = dict.fromkeys(report.streams, 0)
    for bad in report.bad_rows:
        failed[bad.stream] = failed.get(bad.stream, 0) + 1
    return {
        name: asdict(counts)
        | {"failed": failed[name], "fetched": counts.created + counts.updated + counts.unchanged + failed[name]}
        for name in failed
        for counts in [report.streams.get(name, Stored())]
    }


async def _ahead(batches: AsyncIterator[Batch]) -> AsyncGenerator[Prepared]:
    """Fetch and prepare batches while the reader is busy; what ends the fetching reaches the reader in its turn."""
    fetched: asyncio.Queue[Prepared | Exception | None] = asyncio.Queue(_BATCHES_AHEAD)

    async def fetch() -> None:
        try:
            async for batch in batches:
                await fetched.put(prepared(batch))
        except Exception as error:  # noqa: BLE001 (raised again below)
            await fetched.put(error)
        else:
            await fetched.put(None)

    fetching = asyncio.create_task(fetch())
    try:
        while ready := await fetched.get():
            if isinstance(ready, Exception):
                raise ready
            yield ready
    finally:
        await end_tasks(fetching)
