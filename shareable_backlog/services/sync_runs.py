"""Tell how the mirror is: its age, its size, its last runs."""

from dataclasses import dataclass
from datetime import datetime

from shareable_backlog.database import mirror, sync_history
from shareable_backlog.database.sync_history import SyncRun

_RUNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class MirrorState:
    """Hold the mirror's state; `as_of` is the end of the last good run, None when there was none."""

    as_of: datetime | None
    items: int
    runs: list[SyncRun]


async def state() -> MirrorState:
    """Give the mirror's state; `items` counts what has not gone from Linear, archived ones too."""
    return MirrorState(
        await sync_history.last_good(), await mirror.count_items(), await sync_history.latest(_RUNS_SHOWN)
    )
