"""Tell how the mirror is, and ask for its runs: its age, its size, what its runs did."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from shareable_backlog.database import mirror, search_entries, sync_history, transaction
from shareable_backlog.database.sync_history import SyncRun

_RUNS_SHOWN = 10
_MOST_COUNTED = 10_000
_LOOK_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class MirrorState:
    """Hold the mirror's state; `as_of` is the end of the last good run, None when there was none.

    `unsearchable` counts, up to 10,000, the items whose latest words the search does not know yet.
    """

    as_of: datetime | None
    items: int
    unsearchable: int
    runs: list[SyncRun]


async def state(runs: int = _RUNS_SHOWN) -> MirrorState:
    """Give the mirror's state with its last `runs`; `items` are all that have not gone from Linear, archived too."""
    return MirrorState(
        await sync_history.last_good(),
        await mirror.count_items(),
        await search_entries.count_stale(_MOST_COUNTED),
        await sync_history.latest(runs),
    )


async def request(*, is_full: bool = False, removals_allowed: bool = False, triggered_by: int | None = None) -> int:
    """Ask `slb serve` for a run and give its id; a run under way, or waiting, that does as much is joined.

    `triggered_by` is the user who asks, None for the operator. `removals_allowed` confirms what an earlier run held
    back.
    """
    under_way = await sync_history.running()
    if under_way and not is_full:
        return under_way.id
    async with transaction() as opened:
        return await sync_history.request(
            opened, "manual", triggered_by=triggered_by, is_full=is_full, removals_allowed=removals_allowed
        )


async def ended(run_id: int) -> SyncRun | None:
    """Wait for the end of a run and give it; None when its row is gone."""
    while True:
        run = await sync_history.by_id(run_id)
        if run is None or run.completed_at:
            return run
        await asyncio.sleep(_LOOK_AGAIN_S)


async def under_way() -> SyncRun | None:
    """Give the run that another process is at just now; None when it is only about to begin or to end."""
    return await sync_history.running()
