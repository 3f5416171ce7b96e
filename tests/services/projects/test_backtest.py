"""What would have been said, and whether it came so."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from shareable_backlog.database.backlog.counts.work_days import WorkDay
from shareable_backlog.services.projects import backtest, simulation
from shareable_backlog.services.projects.backtest import HeldForecasts

START = date(2026, 1, 5)


def at(days: int) -> date:
    return START + timedelta(days=days)


def make_steady_days(count: int, more: int = 0) -> list[WorkDay]:
    """Return the days of items that are there from the start: one is done each week, `more` of them never are."""
    return [WorkDay(START, count + more, 0), *(WorkDay(at(7 * week + 3), 0, 1) for week in range(count))]


def sum_judged(days: list[WorkDay], ended: date | None, today: date) -> HeldForecasts:
    return sum(backtest.judge_past(days, ended, today), HeldForecasts())


def test_what_comes_later_is_not_known_yet() -> None:
    days = make_steady_days(20)
    assert simulation.compute_forecast(days, at(70)) == simulation.compute_forecast(days[:11], at(70))


def test_steady_work_held_each_week_from_the_sixth_on() -> None:
    judged = list(backtest.judge_past(make_steady_days(20), at(136), at(400)))
    assert sum(judged, HeldForecasts()) == HeldForecasts(13, 13, 13, 13)
    assert judged[:6] == [HeldForecasts()] * 6


def test_what_never_ends_did_not_hold_once_its_day_has_come() -> None:
    days = make_steady_days(20, more=1)
    assert sum_judged(days, None, at(136)) == HeldForecasts()
    held = sum_judged(days, None, at(300))
    assert held.most_said > 10
    assert (held.half_held, held.most_held) == (0, 0)


def test_nothing_is_judged_of_nothing() -> None:
    assert list(backtest.judge_past([], None, START)) == []


def test_a_plan_ends_when_nothing_is_left() -> None:
    assert backtest.find_end(make_steady_days(20)) == at(136)
    assert backtest.find_end(make_steady_days(20, more=1)) is None
    assert backtest.find_end([]) is None


def iterate_plans(rng: random.Random, count: int) -> Iterator[list[WorkDay]]:
    """Yield plans whose pace changes every few weeks, as that of people with other work does."""
    for _ in range(count):
        pace, known, day, until, now = rng.uniform(0.1, 0.6), rng.uniform(0.5, 1), 0, 0, 0.0
        came, done = Counter[int](), Counter[int]()
        for _ in range(rng.randint(20, 80)):
            if day >= until:
                now, until = pace * rng.choice((0.3, 0.6, 1, 1.5, 2)), day + rng.randint(60, 200)
            day += round(rng.expovariate(now))
            done[day] += 1
            came[0 if rng.random() < known else rng.randint(0, day)] += 1
        yield [WorkDay(at(one), came[one], done[one]) for one in sorted({*came, *done})]


def test_the_later_line_holds_in_17_of_20() -> None:
    judged = HeldForecasts()
    for days in iterate_plans(random.Random(15), 60):  # noqa: S311 (plans that come again)
        judged += sum_judged(days, backtest.find_end(days), at(5_000))
    assert judged.most_said >= 500
    assert 0.8 <= judged.most_held / judged.most_said <= 0.9
    assert 0.5 <= judged.half_held / judged.half_said <= 0.75
