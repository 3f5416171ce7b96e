"""Tell how old the mirror is."""

from datetime import datetime, timedelta

from msgspec import Struct

from shareable_backlog import clock, database
from shareable_backlog.database.mirror import freshness
from shareable_backlog.database.mirror.freshness import MirrorAge
from shareable_backlog.process_state import ProcessState

_MISSED_RUNS = 3
_LATE_AFTER = ProcessState(lambda: timedelta(minutes=15))


class Freshness(Struct, frozen=True):
    """How old the mirror is: `as_of` is None before the first good run.

    `is_late` when that is longer ago than it should be, `failure` has the reason when the newest run failed, and
    `failure_code` its code;
    `is_sample` when what is shown is the sample backlog, which is never late; `is_read_only` while the database takes
    no changes.
    """

    as_of: datetime | None
    is_late: bool
    failure: str | None
    is_sample: bool
    is_read_only: bool = False
    failure_code: str | None = None


def expect_runs_every(interval_s: float) -> None:
    """Say how long after each other runs should come; the mirror is late after three times that."""
    _LATE_AFTER.value = timedelta(seconds=_MISSED_RUNS * interval_s)


async def read_freshness() -> Freshness:
    """Return how old the mirror is, and whether its newest run failed."""
    return judge_age(await freshness.read_age())


def judge_age(age: MirrorAge) -> Freshness:
    """Return whether that age is more than it should be."""
    late_after = _LATE_AFTER.value
    is_late = age.as_of is not None and not age.is_sample and clock.read_time() - age.as_of > late_after
    test = database.read_last_connection_test()
    is_read_only = bool(test and test.is_read_only)
    return Freshness(age.as_of, is_late, age.failure, age.is_sample, is_read_only, age.failure_code)
