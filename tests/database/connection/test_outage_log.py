"""One line when a trouble begins, one a minute while it lasts, one when it ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from shareable_backlog.database.connection import outage_log
from shareable_backlog.database.connection.outage_log import OutageLog


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(outage_log, "monotonic", clock)
    return clock


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as logged:
        yield logged


def events(logged: list[Any]) -> list[tuple[str, str]]:
    return [(event["event"], event["log_level"]) for event in logged]


def test_it_is_logged_once_with_its_cause(clock: Clock, logged: list[Any]) -> None:
    gone = OutageLog("gone", "still_gone", "back")
    for _ in range(100):
        gone.record_failure("The cable is cut.")
        clock.now += 0.5
    assert events(logged) == [("gone", "error")]
    assert logged[0]["reason"] == "The cable is cut."


def test_it_is_summed_up_once_a_minute(clock: Clock, logged: list[Any]) -> None:
    gone = OutageLog("gone", "still_gone", "back")
    for _ in range(150):
        gone.record_failure("The cable is cut.")
        gone.refused += 1
        clock.now += 1
    assert events(logged) == [("gone", "error"), ("still_gone", "warning"), ("still_gone", "warning")]
    assert [(event["lasted_s"], event["refused"]) for event in logged[1:]] == [(60, 60), (120, 120)]


def test_its_end_is_logged_and_the_next_one_is_new(clock: Clock, logged: list[Any]) -> None:
    gone = OutageLog("gone", "still_gone", "back")
    for _ in range(2):
        gone.record_failure("The cable is cut.")
        gone.refused += 3
        clock.now += 7
        gone.record_success()
        gone.record_success()
    assert events(logged) == [("gone", "error"), ("back", "info")] * 2
    assert (logged[3]["lasted_s"], logged[3]["refused"]) == (7, 3)


def test_one_that_comes_and_goes_is_one(clock: Clock, logged: list[Any]) -> None:
    full = OutageLog("full", "still_full", "room_again", quiet_s=5)
    for _ in range(10):
        full.record_failure("All are in use.")
        clock.now += 1
        full.record_success()
    assert events(logged) == [("full", "error")]
    clock.now += 5
    full.record_success()
    assert events(logged) == [("full", "error"), ("room_again", "info")]


def test_without_any_trouble_nothing_is_logged(logged: list[Any]) -> None:
    OutageLog("gone", "still_gone", "back").record_success()
    assert logged == []
