"""Bring the mirror up to date with Linear."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.config import Settings
from shareable_backlog.database import transaction
from shareable_backlog.database.mirror import (
    issue_counts,
    item_indexes,
    mirror,
    sweeps,
    sync_cursors,
    sync_history,
    sync_refusals,
    sync_schedule,
)
from shareable_backlog.database.mirror.issue_counts import TeamCount
from shareable_backlog.database.projects import teams
from shareable_backlog.database.search import search_entries, update_entries
from shareable_backlog.linear.connection import client as linear
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.lists import ListReader
from shareable_backlog.linear.paging import IssueCount
from shareable_backlog.linear.queries import LARGEST_PAGE
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.streams.stream import Stream
from shareable_backlog.streams.workspace import TEAMS
from shareable_backlog.sync import runs
from shareable_backlog.sync.refused import KnownRefusals
from shareable_backlog.sync.runs import OnPage, RunReport, Trigger
from shareable_backlog.sync.store import Batch
from shareable_backlog.sync.sweep import HiddenRows, Sweep
from shareable_backlog.sync.views import view_checks
from shareable_backlog.sync.windows import Windows
from shareable_backlog.tasks import end_tasks

_WITHIN_S = 300.0
_READ_LATER = timedelta(minutes=1)  # so far apart Linear's clock and ours may be
_WITHOUT_INDEXES_S = 60.0  # however long Linear takes over a first fill
_INDEXED_AT_ONCE = 1_000  # more is left to `slb serve`, so that a sync takes no longer than fetching and storing


class SyncRequest(Struct, frozen=True):
    """What a run is to do: `is_full` also looks for what is gone, `removals_allowed` however much that is.

    `run_id` is the pending row of `sync_history` that asks for it, None without one. With `interval_s` it is left out
    unless the last run ended so long ago. `request_id` is that of the browser's request that asked for it.
    """

    trigger: Trigger
    is_full: bool = False
    removals_allowed: bool = False
    run_id: int | None = None
    interval_s: float = 0.0
    request_id: str | None = None


async def run_sync(
    settings: Settings,
    request: SyncRequest,
    on_page: OnPage,
    *,
    retries: Retries = Retries(),  # noqa: B008 (frozen)
) -> RunReport:
    """Fetch and store what has changed, and when it is due or wanted, find what is gone; give the report.

    See `sync.run` for `on_page` and errors. Raises ConfigurationInvalid without a way into Linear, and LinearFailed.
    """
    began_at = clock.read_time()
    async with (
        linear.open_configured_client(settings, retries=retries) as client,
        runs.record_run(
            request.trigger, run_id=request.run_id, is_full=request.is_full, interval_s=request.interval_s
        ) as report,
    ):
        report.client = client
        report.activity = "Reading what has changed in Linear."
        reader = ListReader(client)
        cursors = await sync_cursors.list_by_stream()
        made = await mirror.list_used_prefixes()
        known = KnownRefusals(await sync_refusals.list_refusals(), all_due=request.trigger == "manual")
        report.paused = known.list_paused()
        windows = Windows(client, reader, cursors, known)
        async with _set_indexes_aside(report):
            await _store_batches(report, windows.fetch_batches(), on_page)
        if mirror.IMPORT_PREFIX in made:
            async with transaction(within_s=_WITHIN_S) as tx:
                await mirror.delete_by_prefix(tx, mirror.IMPORT_PREFIX)
        is_first = not any(cursor.complete_until for cursor in cursors.values())
        report.is_full = is_first and not made  # then it has seen everything
        if not report.is_full and (streams := await _list_swept(settings, request, windows)):
            report.is_full = len(streams) == len(STREAMS)
            await _run_sweep(
                report, Sweep(client, reader, streams, known, windows.unread), settings, request, on_page
            )
        report.activity = "Adding the new words to the search."
        if windows.counts is not None:
            async with transaction() as tx:
                await issue_counts.store_counts(tx, _build_team_counts(windows.counts))
        await search_entries.refresh_entries(_INDEXED_AT_ONCE)
        await update_entries.refresh_entries(_INDEXED_AT_ONCE)
        report.activity = "Comparing views made in Linear."
        await view_checks.check_views(client, began_at - _READ_LATER)
        return report


@asynccontextmanager
async def _set_indexes_aside(report: RunReport) -> AsyncGenerator[None]:
    """Fill an empty mirror without the indexes of items for up to a minute; they are back when the context ends.

    One that is cancelled leaves them to the next run, as building them takes a while.
    """
    await item_indexes.restore()  # what a run that was killed has left
    if not await item_indexes.set_aside():
        yield
        return
    is_filled = asyncio.Event()
    restoring = asyncio.create_task(_restore_indexes(is_filled))
    try:
        yield
    finally:
        report.activity = "Building the indexes."
        if (own := asyncio.current_task()) and own.cancelling():
            await end_tasks(restoring)
        else:
            is_filled.set()
            await restoring


async def _restore_indexes(is_filled: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_WITHOUT_INDEXES_S):
            await is_filled.wait()
    await item_indexes.restore()


async def _store_batches(report: RunReport, batches: AsyncIterator[Batch], on_page: OnPage) -> None:
    async with aclosing(batches):  # pyright: ignore[reportArgumentType] (every source is a generator)
        await runs.store_batches(report, batches, on_page)


async def _list_swept(settings: Settings, request: SyncRequest, windows: Windows) -> Sequence[Stream]:
    """Return the streams that the run is to look at whole: all, issues alone, or none."""
    if request.is_full or await _is_full_due(settings) or await _has_other_teams(windows):
        return list(STREAMS.values())
    return [ISSUES] if await _has_other_counts(windows) else []


async def _is_full_due(settings: Settings) -> bool:
    return await sync_schedule.is_full_run_older_than(timedelta(seconds=settings.sync_full_interval_s))


async def _has_other_teams(windows: Windows) -> bool:
    """Return whether the key sees a team no more, or once more: neither moves anything that a window would show."""
    counts = windows.counts
    refusals = [one for one in windows.known.stored if one.stream == TEAMS.name]
    if counts is None or TEAMS.name in windows.unread or any(one.kind == "hole" for one in refusals):
        return False  # which teams can't be had is not known
    refused = {one.name for one in refusals}
    async with transaction() as tx:
        shown = await teams.list_ids(tx)
    return len(counts) < LARGEST_PAGE and shown - refused != {count.team_id for count in counts} - refused


async def _has_other_counts(windows: Windows) -> bool:
    """Return whether Linear counts issues otherwise than the mirror, and has not always done so."""
    if windows.counts is None or ISSUES.name in windows.unread:
        return False
    moved = await issue_counts.list_changed(_build_team_counts(windows.counts))
    return bool(moved) and set(await issue_counts.count_mirrored([count.team_id for count in moved])) != set(moved)


def _build_team_counts(counts: list[IssueCount]) -> list[TeamCount]:
    return [TeamCount(count.team_id, count.all, count.unarchived) for count in counts]


async def _run_sweep(
    report: RunReport, sweep: Sweep, settings: Settings, request: SyncRequest, on_page: OnPage
) -> None:
    began_at, before = clock.read_time(), set(sweep.unread)
    report.activity = "Checking everything that Linear lists."
    await _store_batches(report, sweep.fetch_seen(), on_page)
    report.activity = "Fetching what differs from the mirror."
    await _store_batches(report, sweep.fetch_differing(), on_page)
    report.activity = "Hiding what is gone from Linear."
    share = 1.0 if request.removals_allowed else settings.sync_max_removal_share
    hidden = await sweep.hide_gone(largest_share=share, removed_at=began_at)
    report.held = hidden.held
    for stream, removed in hidden.removed.items():
        report.add_counts(stream, mirror.RowCounts(removed=removed))
    await _store_batches(report, sweep.fetch_dangling(), on_page)
    _report_hidden(report, hidden)
    if holed := [name.replace("_", " ") for name in sorted(sweep.unread - before)]:
        report.notes.append(f"Linear did not list all of {', '.join(holed)}, so nothing of them was removed.")
    if report.is_full:
        async with transaction(within_s=_WITHIN_S) as tx:
            await sweeps.delete_expired(tx, timedelta(days=settings.retention_days))
            await sync_history.delete_older(tx, timedelta(days=settings.retention_days))


def _report_hidden(report: RunReport, hidden: HiddenRows) -> None:
    if not hidden.is_whole:
        report.notes.append("Linear listed fewer issues than it counts, so nothing was removed.")
        report.next_step = "Nothing to do: the next full run will look again."
    elif hidden.held:
        held = ", ".join(
            f"{found.gone:,} of {found.live:,} {stream.replace('_', ' ')}" for stream, found in hidden.held.items()
        )
        report.notes.append(f"Linear no longer lists {held}. That is so much that nothing was removed.")
        report.next_step = (
            "Check in Linear that they are gone, and that the key may still read all teams."
            " Then confirm it on the Sync page, or with: slb sync --full --allow-removals"
        )
