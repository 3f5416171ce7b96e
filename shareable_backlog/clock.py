"""Go by the database's clock, whatever this machine's says: several processes share what they write."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple

from shareable_backlog.process_state import ProcessState


class _Reading(NamedTuple):
    """What the database's clock said, and when that was by the clock that nobody sets (`time.monotonic()`)."""

    time: datetime
    at: float


_LAST = ProcessState[_Reading | None](lambda: None)


def set_time(time: datetime) -> None:
    """Go on from what the database's clock says now."""
    _LAST.value = _Reading(time.astimezone(UTC), monotonic())


def read_time() -> datetime:
    """Return the time by the database's clock; by this machine's as long as the database has not answered yet."""
    last = _LAST.value
    return last.time + timedelta(seconds=monotonic() - last.at) if last else datetime.now(UTC)


def measure_difference() -> timedelta:
    """Return how far this machine's clock is ahead of the database's."""
    return datetime.now(UTC) - read_time()
