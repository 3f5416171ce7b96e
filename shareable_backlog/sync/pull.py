"""Bring the mirror up to date with Linear."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shareable_backlog.config import Settings
from shareable_backlog.database import transaction
from shareable_backlog.database.mirror import issue_counts, mirror, sweeps, sync_cursors, sync_history
from shareable_backlog.database.mirror.issue_counts import TeamCount
from shareable_backlog.database.projects import teams
from shareable_backlog.database.search import search_entries
from shareable_backlog.linear.connection import client as linear
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.paging import IssueCount, Reader
from shareable_backlog.linear.queries import LARGEST_PAGE
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.sync import run as running
from shareable_backlog.sync.run import OnPage, Report, Trigger
from shareable_backlog.sync.store import Batch
from shareable_backlog.sync.sweep import Hidden, Sweep
from shareable_backlog.sync.windows import Windows

_WITHIN_S = 300.0
_INDEXED_AT_ONCE = 1_000  # more is left to `slb serve`, so that a sync takes no longer than fetching and storing


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say what a run is to do: `is_full` also looks for what is gone, `removals_allowed` however much that is.

    `run_id` is the pending row of `sync_history` that asks for it, None without one.
    """

    trigger: Trigger
    is_full: bool = False
    removals_allowed: bool = False
    run_id: int | None = None


async def run(
    settings: Settings,
    wanted: Wanted,
    on_page: OnPage,
    *,
    retries: Retries = Retries(),  # noqa: B008 (frozen)
) -> Report:
    """Fetch and store what has changed, and when it is due or wanted, find what is gone; give the report.

    See `sync.run` for `on_page` and errors. Raises ConfigurationInvalid without a way into Linear, and LinearFailed.
    """
    async with (
        linear.of(settings, retries=retries) as client,
        running.recorded(wanted.trigger, run_id=wanted.run_id, is_full=wanted.is_full) as report,
    ):
        report.client = client
        report.activity = "Reading what has changed in Linear."
        reader = Reader(client)
        cursors = await sync_cursors.by_stream()
        made = await mirror.made_prefixes()
        windows = Windows(client, reader, cursors)
        await _store(report, windows.batches(), on_page)
        if mirror.IMPORT_PREFIX in made:
            async with transaction(within_s=_WITHIN_S) as opened:
                await mirror.remove_made(opened, mirror.IMPORT_PREFIX)
        is_first = not any(cursor.complete_until for cursor in cursors.values())
        if is_first and not made:
            report.is_full = True  # it has seen everything
        elif wanted.is_full or await _is_full_due(settings) or await _sees_other_teams(windows.counts):
            report.is_full = True
            await _sweep(report, Sweep(client, reader, list(STREAMS.values())), settings, wanted, on_page)
        elif await _disagrees(windows.counts):
            await _sweep(report, Sweep(client, reader, [ISSUES]), settings, wanted, on_page)
        report.activity = "Taking the new words into the search."
        async with transaction() as opened:
            await issue_counts.keep(opened, _as_kept(windows.counts))
        await search_entries.refresh(_INDEXED_AT_ONCE)
        return report


async def _store(report: Report, batches: AsyncIterator[Batch], on_page: OnPage) -> None:
    async with aclosing(batches):  # pyright: ignore[reportArgumentType] (every source is a generator)
        await running.stored(report, batches, on_page)


async def _is_full_due(settings: Settings) -> bool:
    last = await sync_history.last_full()
    return last is None or datetime.now(UTC) - last >= timedelta(seconds=settings.sync_full_interval_s)


async def _sees_other_teams(counts: list[IssueCount]) -> bool:
    """Tell whether the key sees a team no more, or once more: neither moves anything that a window would show."""
    async with transaction() as opened:
        shown = await teams.ids(opened)
    return len(counts) < LARGEST_PAGE and shown != {count.team_id for count in counts}


async def _disagrees(counts: list[IssueCount]) -> bool:
    """Tell whether Linear counts issues otherwise than the mirror, and has not always done so."""
    moved = await issue_counts.moved(_as_kept(counts))
    return bool(moved) and set(await issue_counts.mirrored([count.team_id for count in moved])) != set(moved)


def _as_kept(counts: list[IssueCount]) -> list[TeamCount]:
    return [TeamCount(count.team_id, count.all, count.unarchived) for count in counts]


async def _sweep(report: Report, sweep: Sweep, settings: Settings, wanted: Wanted, on_page: OnPage) -> None:
    began_at = datetime.now(UTC)
    report.activity = "Looking through everything that Linear lists."
    await _store(report, sweep.seen(), on_page)
    report.activity = "Fetching what the mirror has otherwise."
    await _store(report, sweep.different(), on_page)
    report.activity = "Hiding what is gone from Linear."
    share = 1.0 if wanted.removals_allowed else settings.sync_max_removal_share
    hidden = await sweep.hide_gone(largest_share=share, removed_at=began_at)
    report.held = hidden.held
    for stream, removed in hidden.removed.items():
        report.add(stream, mirror.Stored(removed=removed))
    await _store(report, sweep.touched(), on_page)
    _tell(report, hidden)
    if report.is_full:
        async with transaction(within_s=_WITHIN_S) as opened:
            await sweeps.delete_expired(opened, timedelta(days=settings.retention_days))


def _tell(report: Report, hidden: Hidden) -> None:
    if not hidden.is_whole:
        report.notes.append("Linear listed fewer issues than it counts, so nothing was removed.")
        report.next_step = "Nothing to do: the next full run looks again."
    elif hidden.held:
        held = ", ".join(
            f"{found.gone:,} of {found.live:,} {stream.replace('_', ' ')}" for stream, found in hidden.held.items()
        )
        report.notes.append(f"Linear no longer lists {held}. That is so much that nothing of it was removed.")
        report.next_step = (
            "Check in Linear that they are gone, and that the key may still read all teams."
            " Then confirm it on the page Sync, or by: slb sync --full --allow-removals"
        )
