"""What forecasts say, and when they are silent."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from shareable_backlog.database.backlog.counts.work_days import WorkDay
from shareable_backlog.services.projects import simulation
from shareable_backlog.services.projects.simulation import Forecast, WorkPast

TODAY = date(2026, 11, 30)
UNEVEN = (0, 5, 0, 1, 4, 0, 0, 6, 2, 0, 3, 3)


def compute(open_items: int, done: Sequence[int], growth: int = 0) -> Forecast | None:
    """Return what is said of so many open items after weeks in which so many were done, and so many came, each."""
    days = [WorkDay(TODAY - timedelta(weeks=len(done) + 1), open_items + sum(done) - growth * len(done), 0)]
    days += [WorkDay(TODAY - timedelta(weeks=week, days=3), growth, one) for week, one in enumerate(done)][::-1]
    return simulation.compute_forecast(days, TODAY)


def after(**distance: int) -> date:
    return TODAY + timedelta(**distance)


def test_steady_work_ends_on_one_day() -> None:
    assert compute(10, [2] * 12) == Forecast(after(weeks=5), after(weeks=5), 12)
    assert compute(1, [2] * 12) == Forecast(after(days=4), after(days=4), 12)


def test_what_grows_takes_longer_and_growth_fades() -> None:
    found = compute(10, [2] * 8, growth=1)
    assert found is not None
    assert found.half_day == found.most_day
    assert found.half_day is not None
    assert after(weeks=7) < found.half_day < after(weeks=9)


def test_uneven_work_has_a_later_line() -> None:
    found = compute(20, UNEVEN)
    assert found is not None
    assert found.half_day is not None
    assert found.most_day is not None
    assert after(weeks=7) < found.half_day < found.most_day < after(weeks=40)


def test_the_same_past_says_the_same() -> None:
    assert compute(20, UNEVEN) == compute(20, UNEVEN)


def test_only_the_last_twelve_weeks_count() -> None:
    assert compute(10, [*[2] * 12, 500]) == compute(10, [2] * 12)


def test_what_is_not_within_two_years_has_no_day() -> None:
    assert compute(99, [1] * 12, growth=1) == Forecast(None, None, 12)
    assert compute(209, [2] * 12) == Forecast(None, None, 12)
    found = compute(20, [4, *[0] * 11])
    assert found is not None
    assert found.most_day is None


@pytest.mark.parametrize(
    ("open_items", "done"),
    [(10, [2] * 5), (10, []), (10, [0] * 12), (10, [*[0] * 12, 5]), (0, [2] * 12)],
    ids=["five weeks", "nothing", "nothing moves", "nothing moves lately", "nothing to do"],
)
def test_it_is_silent(open_items: int, done: list[int]) -> None:
    assert compute(open_items, done) is None


def test_what_was_done_today_is_open_no_more_and_no_week_counts_it() -> None:
    steady = [WorkDay(TODAY - timedelta(weeks=13), 34, 0)]
    steady += [WorkDay(TODAY - timedelta(weeks=week, days=3), 0, 2) for week in range(12)][::-1]
    assert simulation.compute_forecast(steady, TODAY) == Forecast(after(weeks=5), after(weeks=5), 12)
    half_done = [*steady, WorkDay(TODAY, 0, 6)]
    assert simulation.compute_forecast(half_done, TODAY) == Forecast(after(weeks=2), after(weeks=2), 12)
    assert simulation.compute_forecast([*steady, WorkDay(TODAY, 0, 10)], TODAY) is None


def test_without_any_day_it_is_silent() -> None:
    assert simulation.compute_forecast([], TODAY) is None


def test_weeks_are_counted_back_from_a_day_and_the_first_week_is_no_growth() -> None:
    start = date(2026, 1, 5)
    days = [
        WorkDay(start + timedelta(days=day), growth, done)
        for day, growth, done in ((0, 1, 0), (3, 1, 0), (10, 1, 0), (20, 0, 1), (22, 2, 0), (27, -1, 1), (28, 9, 9))
    ]
    assert simulation.sum_weeks(days, start + timedelta(days=28)) == WorkPast(2, [(1, 1), (1, 0), (0, 1)])
