"""Run the mirror once: batches from any source into PostgreSQL, with a row in `sync_history`."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import asdict

from shareable_backlog import clock, database, logs
from shareable_backlog.database import transaction
from shareable_backlog.database.connection import locks
from shareable_backlog.database.mirror import mirror, sync_history, sync_schedule
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.database.mirror.sweeps import GoneCounts
from shareable_backlog.database.mirror.sync_history import RateBudget, RunEnding
from shareable_backlog.database.mirror.sync_refusals import NewRefusal, RefusalKey, StoredRefusal
from shareable_backlog.errors import BacklogError, SyncFailed
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.errors import AuthenticationFailed, RateLimited
from shareable_backlog.process_state import ProcessState
from shareable_backlog.sync.refused import build_refused
from shareable_backlog.sync.store import BadRow, Batch, PreparedBatch, StreamPage, prepare_batch, store_batch
from shareable_backlog.tasks import end_tasks, see_through
from shareable_backlog.tracing import spans

_LOG = logs.get_logger(__name__)

_BAD_ROWS_KEPT = 100
_BATCHES_AHEAD = 2
_TOLD_EVERY_S = 1.0
_STALLED_AFTER_S = 900.0
_REVOKED_KEY_S = 300.0  # a key that Linear refused is not asked with more often than this
_LONGEST_PAUSE_S = 3_600.0  # budgets are by the hour: what says more comes from a clock that is wrong

_REASONS_TOLD = 3
_GOES_ON = "The next run continues where this one stopped."

Trigger = Literal["automatic", "manual", "webhook", "import"]


class RunReport(Struct):
    """What a run did: rows by stream, the nodes that were set aside, and what is left to do.

    `activity` says in words what it is at; `held` counts by stream what it found gone and did not hide. `notes` say
    in plain words why the run is only partial; `next_step` is what a person should do, None for nothing. `refused` is
    what Linear did not give it, `paused` what it did not ask for because Linear refused it before.
    """

    run_id: int
    is_full: bool = False
    activity: str = "Storing rows."
    streams: dict[str, RowCounts] = field(default_factory=dict[str, RowCounts])
    bad_rows: list[BadRow] = field(default_factory=list[BadRow])
    held: dict[str, GoneCounts] = field(default_factory=dict[str, GoneCounts])
    notes: list[str] = field(default_factory=list[str])
    next_step: str | None = None
    refused: dict[RefusalKey, NewRefusal] = field(default_factory=dict[RefusalKey, NewRefusal])
    paused: list[StoredRefusal] = field(default_factory=list[StoredRefusal])
    client: LinearClient | None = None

    @property
    def total(self) -> RowCounts:
        """Return the counts over all streams."""
        return sum(self.streams.values(), RowCounts())

    @property
    def status(self) -> str:
        """Return the status that `sync_history` gets: partial when a row was set aside or something was not done."""
        is_whole = not self.bad_rows and not self.notes and not self.refused and not self.list_paused_lists()
        return "succeeded" if is_whole else "partial"

    def list_paused_lists(self) -> list[StoredRefusal]:
        """Return what it did not ask for but single nodes."""
        return [one for one in self.paused if one.kind in {"list", "field"}]

    def add_counts(self, stream: str, stored: RowCounts) -> None:
        """Count what was stored of a stream."""
        self.streams[stream] = self.streams.get(stream, RowCounts()) + stored


_UNRECORDED = ProcessState(dict[int, RunEnding])
"""How runs ended while nothing could be recorded, by their ids: the next one records it, once that can be."""

OnPage = Callable[[RunReport, StreamPage], None]


@asynccontextmanager
async def record_run(
    trigger: Trigger, *, run_id: int | None = None, is_full: bool = False, interval_s: float = 0.0
) -> AsyncGenerator[RunReport]:
    """Be a run, from its row in `sync_history` to its end, whatever ends it.

    Only one at a time, over all processes: raises SyncUnderWay when another is under way, or, with `interval_s`, when
    the last ended less long ago. `run_id` is that of the pending row that asked for it, None for a run of its own.
    What was stored before an error stays.
    """
    await database.test_connection()  # so that what it writes has the time of the database's clock
    async with locks.hold_lock(locks.SYNC) as ours:
        if not ours:
            raise SyncUnderWay
        report = RunReport(await _start(trigger, run_id, is_full=is_full, interval_s=interval_s), is_full)
        with logs.log_with(run_id=report.run_id), spans.open_span("sync") as span:
            if span is not None:
                span.set_attributes(
                    {"slb.run_id": report.run_id, "slb.trigger": trigger, "slb.is_full": report.is_full}
                )
            try:
                async with _publish_progress(report):
                    yield report
            except BacklogError as error:
                await _finish_run(report, "failed", str(error), error.code, pause_s=_choose_pause_s(error))
                raise
            except asyncio.CancelledError:
                await _finish_run(report, "interrupted", "The program was stopped before the run ended.")
                raise
            except Exception:
                await _finish_run(report, "failed", "An internal error; the log has the details.", BacklogError.code)
                raise
            await _finish_run(report, report.status, _describe_partial(report))


async def _start(trigger: Trigger, run_id: int | None, *, is_full: bool, interval_s: float) -> int:
    """Record a run that begins now and return its id; call it only under the sync lock.

    Raises SyncUnderWay if another process has run meanwhile.
    """
    try:
        async with transaction() as tx:
            if interval_s and not await sync_schedule.is_due(tx, interval_s):
                raise SyncUnderWay
            for ended_id, ending in _UNRECORDED.value.items():
                await sync_history.finish_run(tx, ended_id, ending)
            interrupted = await sync_history.mark_interrupted(tx)
            started = await sync_history.start_run(tx, trigger, run_id=run_id, is_full=is_full)
    except asyncio.CancelledError:
        await see_through(_interrupt())
        raise
    _UNRECORDED.value.clear()
    if interrupted:
        _LOG.warning("sync_found_interrupted_run", runs=interrupted)
    return started


async def _interrupt() -> None:
    """Mark the run as interrupted whose start was broken off, if that was recorded all the same."""
    with contextlib.suppress(BacklogError):  # the next run does it
        async with transaction() as tx:
            await sync_history.mark_interrupted(tx)


@asynccontextmanager
async def _publish_progress(report: RunReport) -> AsyncGenerator[None]:
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
        message = f"Nothing had moved for {_STALLED_AFTER_S / 60:g} minutes, so the run was abandoned."
        raise SyncFailed(f"{message} What was stored is kept.") from None


async def _tell(report: RunReport, limit: asyncio.Timeout) -> None:
    seen: dict[str, Any] = {}
    told: dict[str, Any] = {}
    while True:
        await asyncio.sleep(_TOLD_EVERY_S)
        progress = _build_progress(report)
        if progress != seen and not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time() + _STALLED_AFTER_S)
            seen = progress
        if progress != told:
            with contextlib.suppress(BacklogError):  # the run finds out by itself
                await sync_history.record_progress(report.run_id, **progress)
                told = progress


def _build_progress(report: RunReport) -> dict[str, Any]:
    client, activity = report.client, report.activity
    if client and client.wait:
        error, until = client.wait
        activity = f"Waiting to ask Linear again at {until:%H:%M:%S} UTC: {error}"
    elif client and client.budget.is_used_up and client.budget.available_at:
        activity += f" The key's budget at Linear is used up until {client.budget.available_at:%H:%M} UTC."
    return {
        "activity": activity,
        "streams": _count_streams(report),
        "requests": client and client.requests_sent,
        "points": client and client.points_spent,
        "budget": _read_budget(report),
    }


def _read_budget(report: RunReport) -> RateBudget | None:
    """Return what Linear last said of the key's budget; None when it said nothing."""
    if report.client is None:
        return None
    said = report.client.budget
    budget = RateBudget(**{name: getattr(said, name) for name in RateBudget.__struct_fields__})
    return None if budget == RateBudget() else budget


class SyncUnderWay(SyncFailed):
    """Another process writes the mirror just now."""

    def __init__(self) -> None:
        super().__init__("Another sync is running. Wait for it to end, then start this one again.")


async def store_batches(
    report: RunReport, batches: AsyncIterator[Batch], on_page: OnPage, *, is_sample: bool = False
) -> None:
    """Store all `batches`; the next ones are fetched while the last ones are stored.

    `on_page` is called for each page once it is stored. Unless the batches are the sample, they take the place of a
    sample and of what an import made up. Raises BacklogError.
    """
    instead_of = [] if is_sample else await mirror.list_used_prefixes()
    async with contextlib.aclosing(_fetch_ahead(batches)) as fetched:
        async for ready in fetched:
            outcome = await store_batch(ready, report.run_id, instead_of=instead_of)
            instead_of = [prefix for prefix in instead_of if prefix != mirror.SAMPLE_PREFIX]
            for stream, counts in outcome.stored.items():
                report.add_counts(stream, counts)
            report.bad_rows += outcome.bad
            for refusal in build_refused(ready.batch.refused):
                report.refused[refusal.stream, refusal.kind, refusal.name] = refusal
            for page in ready.batch.pages:
                if page.nodes:
                    on_page(report, page)


def _describe_partial(report: RunReport) -> str | None:
    count = len(report.bad_rows)
    refused = [one.reason for one in report.refused.values() if one.kind in {"list", "field"}]
    refused += [f"{one.reason} (asked again from {one.next_at:%H:%M} UTC on)" for one in report.list_paused_lists()]
    notes = [*report.notes]
    if refused:
        more = f" and {len(refused) - _REASONS_TOLD} more" if len(refused) > _REASONS_TOLD else ""
        notes.append(f"{'; '.join(refused[:_REASONS_TOLD])}{more}. All else is up to date.")
    if count:
        first = report.bad_rows[0]
        skipped = "1 row was skipped" if count == 1 else f"{count:,} rows were skipped, the first of them"
        notes.append(f"{skipped}: {first.stream} {first.id}: {first.field or ''} {first.reason}")
    notes = notes or [f"{one.reason}." for one in report.refused.values()][:1]
    return " ".join(notes) or None


def _choose_pause_s(error: BacklogError) -> float:
    """Return how long Linear is left alone: until a spent budget is back, and with a refused key for five minutes."""
    if isinstance(error, AuthenticationFailed):
        return _REVOKED_KEY_S
    if isinstance(error, RateLimited) and error.retry_at:
        return min(max(0.0, (error.retry_at - clock.read_time()).total_seconds()), _LONGEST_PAUSE_S)
    return 0.0


def _find_next_step(report: RunReport) -> str | None:
    """Return what a person should do: who can mend what Linear refuses, unless there is something more urgent."""
    remedies = dict.fromkeys(one.remedy for one in [*report.refused.values(), *report.list_paused_lists()])
    return report.next_step or " ".join(remedies) or None


async def _finish_run(
    report: RunReport, status: str, message: str | None, code: str | None = None, *, pause_s: float = 0.0
) -> None:
    """Record the end of a run, also while it is stopped; when even that can't be stored, the log has it."""
    _LOG.info("sync_ended", status=status, run_id=report.run_id, failed=len(report.bad_rows), **asdict(report.total))
    total = report.total
    ending = RunEnding(
        status=status,
        is_full=report.is_full,
        items_synced=total.created + total.updated + total.unchanged,
        items_failed=len(report.bad_rows),
        error_message=message,
        error_code=code,
        error_details=[asdict(bad) for bad in report.bad_rows[:_BAD_ROWS_KEPT]] or None,
        streams=_count_streams(report),
        requests=report.client.requests_sent if report.client else None,
        points=report.client.points_spent if report.client else None,
        budget=_read_budget(report),
        held=report.held or None,
        next_step=_GOES_ON if status in {"failed", "interrupted"} else _find_next_step(report),
        pause_s=pause_s,
    )
    await see_through(_record_end(report.run_id, ending))


async def _record_end(run_id: int, ending: RunEnding) -> None:
    try:
        async with transaction() as tx:
            await sync_history.finish_run(tx, run_id, ending)
    except BacklogError as error:
        _UNRECORDED.value[run_id] = ending
        _LOG.error("sync_end_not_recorded", run_id=run_id, status=ending.status, reason=str(error))


def _count_streams(report: RunReport) -> dict[str, dict[str, int]]:
    failed = dict.fromkeys(report.streams, 0)
    for bad in report.bad_rows:
        failed[bad.stream] = failed.get(bad.stream, 0) + 1
    return {
        name: asdict(counts)
        | {"failed": failed[name], "fetched": counts.created + counts.updated + counts.unchanged + failed[name]}
        for name in failed
        for counts in [report.streams.get(name, RowCounts())]
    }


async def _fetch_ahead(batches: AsyncIterator[Batch]) -> AsyncGenerator[PreparedBatch]:
    """Fetch and prepare batches while the reader is busy; what ends the fetching reaches the reader in its turn."""
    fetched: asyncio.Queue[PreparedBatch | Exception | None] = asyncio.Queue(_BATCHES_AHEAD)

    async def fetch() -> None:
        try:
            async for batch in batches:
                await fetched.put(prepare_batch(batch))
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
