"""Tell how old the mirror is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shareable_backlog.database import mirror, sync_history

_LATE_AFTER = timedelta(minutes=15)  # three times the usual interval between syncs


@dataclass(frozen=True, slots=True)
class Freshness:
    """Tell how old the mirror is: `as_of` is None before the first good run.

    `is_late` when that is longer ago than it should be, `failure` has the reason when the newest run failed;
    `is_sample` when what is shown is the sample backlog, which is never late.
    """

    as_of: datetime | None
    is_late: bool
    failure: str | None
    is_sample: bool


async def now() -> Freshness:
    """Tell how old the mirror is, and whether its newest run failed."""
    last = await sync_history.last_ended()
    as_of = await sync_history.last_good()
    is_sample = mirror.SAMPLE_PREFIX in await mirror.made_prefixes()
    is_late = as_of is not None and not is_sample and datetime.now(UTC) - as_of > _LATE_AFTER
    return Freshness(as_of, is_late, last.error_message if last and last.status == "failed" else None, is_sample)
