"""Tell how the mirror is, and ask for its runs: its age, its size, what its runs did."""

import asyncio
import math
from datetime import datetime
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror import mirror, sync_history, sync_refusals
from shareable_backlog.database.mirror.sync_history import FailedRow, RateBudget, SyncRun
from shareable_backlog.database.mirror.sync_refusals import StoredRefusal
from shareable_backlog.database.search import search_entries
from shareable_backlog.errors import Conflict, NotFound
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

PAGE_SIZE = 25
_RUNS_SHOWN = 10
_MOST_COUNTED = 10_000
_LOOK_AGAIN_S = 0.5


class MirrorState(Struct, frozen=True):
    """The mirror's state; `as_of` is the end of the last good run, None when there was none.

    `unsearchable` counts, up to 10,000, the items whose latest words the search does not know yet. `refused` is what
    Linear did not give when it was last asked.
    """

    as_of: datetime | None
    items: int
    unsearchable: int
    runs: list[SyncRun]
    refused: list[StoredRefusal]


class SyncProgress(Struct, frozen=True):
    """What changes while somebody looks: the runs under way or asked for, and the one that ended last."""

    current: list[SyncRun]
    last: SyncRun | None


class RunsPage(Struct, frozen=True):
    """One page of runs, the newest first; `next_after` leads to the next page and is None on the last."""

    runs: list[SyncRun]
    next_after: tuple[datetime, int] | None


class ReportedBudget(Struct, frozen=True):
    """What Linear said, at `as_of`, of what is left of the key's budget."""

    as_of: datetime
    left: RateBudget


async def read_state(runs: int = _RUNS_SHOWN) -> MirrorState:
    """Return the mirror's state with its last `runs`; `items` are all that Linear still has, archived ones too."""
    return MirrorState(
        await sync_history.find_last_good_at(),
        await mirror.count_items(),
        await search_entries.count_stale(_MOST_COUNTED),
        await sync_history.list_latest_runs(runs),
        await sync_refusals.list_refusals(),
    )


async def request_run(actor: Actor, *, is_full: bool = False, removals_allowed: bool = False) -> int:
    """Ask `slb serve` for a run and return its id; a run under way, or waiting, that does as much is joined.

    `removals_allowed` confirms what an earlier run held back. The audit log tells who asked, in the same transaction.
    """
    under_way = await sync_history.find_current_run()
    async with transaction() as tx:
        if under_way and not is_full:
            run_id = under_way.id
        else:
            run_id = await _request_run(tx, actor, is_full=is_full, removals_allowed=removals_allowed)
        await audit_actions.record(
            tx,
            actor,
            Action.SYNC_REQUESTED,
            resource="sync_run",
            resource_id=str(run_id),
            details={"full": is_full, "removals_allowed": removals_allowed},
        )
    return run_id


async def confirm_removals(actor: Actor, gone: int) -> int:
    """Ask for a full run that hides whatever is gone, and return its id; `gone` is the number that was confirmed.

    Raises Conflict when the newest full run found another number gone, and nothing is asked for then.
    """
    swept = await sync_history.find_last_sweep()
    if swept is None or not swept.held or swept.gone != gone:
        raise Conflict(
            "That isn't the number of rows the last full sync found gone, so nothing was confirmed."
            " Reload the page and type the number it shows."
        )
    async with transaction() as tx:
        run_id = await _request_run(tx, actor, is_full=True, removals_allowed=True)
        await audit_actions.record(
            tx,
            actor,
            Action.SYNC_REMOVALS_CONFIRMED,
            resource="sync_run",
            resource_id=str(run_id),
            details={"gone": gone, "found_by_run": swept.id},
        )
    return run_id


async def _request_run(tx: Transaction, actor: Actor, *, is_full: bool, removals_allowed: bool) -> int:
    return await sync_history.request_run(
        tx,
        "manual",
        triggered_by=actor.user_id,
        request_id=logs.get_request_id(),
        is_full=is_full,
        removals_allowed=removals_allowed,
    )


async def record_own_run(actor: Actor, *, is_full: bool, removals_allowed: bool) -> None:
    """Record in the audit log that whoever calls runs a sync by itself, without a request."""
    action = Action.SYNC_REMOVALS_CONFIRMED if removals_allowed else Action.SYNC_REQUESTED
    await audit_actions.record(
        None, actor, action, resource="sync_run", details={"full": is_full, "removals_allowed": removals_allowed}
    )


async def wait_for_end(run_id: int, within_s: float = math.inf) -> SyncRun | None:
    """Wait for the end of a run and return it; None when it has not ended in time, or its row is gone.

    The row of a process that was killed goes on saying that it runs: whoever waits has to look for themselves.
    """
    until = monotonic() + within_s
    while run := await sync_history.find_run(run_id):
        if run.completed_at:
            return run
        if monotonic() >= until:
            return None
        await asyncio.sleep(_LOOK_AGAIN_S)
    return None


async def find_current_run() -> SyncRun | None:
    """Return the run that another process is at just now; None when it is only about to begin or to end."""
    return await sync_history.find_current_run()


async def read_progress() -> SyncProgress:
    """Return what the mirror's runs are at just now."""
    return SyncProgress(await sync_history.list_unfinished_runs(), await sync_history.find_last_ended_run())


async def list_runs(after: tuple[datetime, int] | None) -> RunsPage:
    """Return the 25 runs that come after the position `after` (None: the first), newest first."""
    found = await (
        sync_history.list_runs_before(*after, PAGE_SIZE + 1)
        if after
        else sync_history.list_latest_runs(PAGE_SIZE + 1)
    )
    runs = found[:PAGE_SIZE]
    return RunsPage(runs, (runs[-1].started_at, runs[-1].id) if len(found) > PAGE_SIZE else None)


async def read_run(run_id: int) -> tuple[SyncRun, list[FailedRow]]:
    """Return one run and the rows that it had to set aside, at most a hundred. Raises NotFound."""
    run = await sync_history.find_run(run_id)
    if run is None:
        raise NotFound("There is no such run. Look for it in the list of runs.")
    # The Node service noted whole errors here, with whatever stood in them.
    return run, [
        replace(row, reason=logs.mask_text(row.reason)) for row in await sync_history.list_failed_rows(run_id)
    ]


async def find_held_back() -> SyncRun | None:
    """Return the newest full run when it found more gone than it may hide by itself; None when it did not."""
    swept = await sync_history.find_last_sweep()
    return swept if swept and swept.held else None


async def find_budget() -> ReportedBudget | None:
    """Return what Linear last said of the key's budget; None when it never said anything."""
    said = await sync_history.find_last_budget()
    return said and ReportedBudget(*said)
