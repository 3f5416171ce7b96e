"""Times are the database's, whatever this machine's clock says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest
from structlog.testing import capture_logs

from shareable_backlog import clock, database
from shareable_backlog.database import query
from shareable_backlog.services.mirror import freshness

MOMENT = timedelta(seconds=20)


@pytest.fixture
def set_this_machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Return what puts the clock of this machine ahead."""

    def set_ahead(by: timedelta) -> None:
        class Ahead(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return super().now(tz) + by

        monkeypatch.setattr(clock, "datetime", Ahead)

    return set_ahead


def is_about(time: datetime, expected: datetime) -> bool:
    return abs(time - expected) < MOMENT


def test_before_the_database_has_answered_it_is_this_machines() -> None:
    assert is_about(clock.read_time(), datetime.now(UTC))


def test_it_goes_on_from_what_the_database_said() -> None:
    clock.set_time(datetime(2026, 2, 6, 12, tzinfo=UTC))
    first, second = clock.read_time(), clock.read_time()
    assert is_about(first, datetime(2026, 2, 6, 12, tzinfo=UTC))
    assert first <= second


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_a_machine_an_hour_ahead_is_told_once_and_the_databases_time_counts(
    set_this_machine: Callable[[timedelta], None],
) -> None:
    set_this_machine(timedelta(hours=1))
    with capture_logs() as logged:
        for _ in range(3):
            await database.test_connection()
    assert is_about(clock.read_time(), datetime.now(UTC))
    assert [entry["this_machine_is_ahead_s"] for entry in logged if entry["event"] == "clocks_differ"] == [3600]


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_mirror_that_was_just_brought_up_to_date_is_not_late_whatever_this_machines_clock_says(
    set_this_machine: Callable[[timedelta], None], ahead: timedelta
) -> None:
    await query(
        "INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'automatic', now())"
    )
    set_this_machine(ahead)
    await database.test_connection()
    assert not (await freshness.read_freshness()).is_late
    await query("UPDATE sync_history SET completed_at = now() - interval '16 minutes'")
    assert (await freshness.read_freshness()).is_late
