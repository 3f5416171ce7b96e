"""Judge the forecasts of plans that are made of real dates, as if each had been said at the end of each week.

The dates are those of commits: FORECAST_CORPUS names a gzipped file with a JSON object a line, of `source`,
`author` and `date`. Of each repository, and of each author with 80 commits, as many commits after one another as
come in 10, 20 and 40 weeks are a plan; what an author left undone never ends. Half of its items or more are there
from the start.
"""

import os
from collections.abc import Generator, Iterable
from datetime import date
from pathlib import Path

from benchmarks.forecast import corpus
from benchmarks.forecast.corpus import RealPlan
from benchmarks.rig import Row, Unavailable
from shareable_backlog.services.projects import backtest
from shareable_backlog.services.projects.backtest import HeldForecasts

_FEWEST, _LOWEST, _HIGHEST = 500, 80, 90
_EVERY = 5
"""Each fifth plan makes some thousand forecasts in a few minutes."""


def measure(*, quick: bool) -> Generator[Row]:
    """Yield how many forecasts there are, and of how many in 100 each line held: of all, and of each kind of plan."""
    path = Path(os.environ.get("FORECAST_CORPUS", ""))
    if not path.is_file():
        raise Unavailable("FORECAST_CORPUS names no file with the dates of commits")
    days = corpus.read_days(path)
    today = max(max(found) for found in days.values())
    for grows in (True, False):
        plans = corpus.build_plans(days, grows=grows)[:: _EVERY * (10 if quick else 1)]
        of_many = _judge_plans((one for one in plans if not one.is_of_one), today)
        of_one = _judge_plans((one for one in plans if one.is_of_one), today)
        yield from _list_rows("plans that grow" if grows else "plans that do not", of_many, of_one)


def _judge_plans(plans: Iterable[RealPlan], today: date) -> HeldForecasts:
    judged = (held for one in plans for held in backtest.judge_past(one.days, one.ended, today))
    return sum(judged, HeldForecasts())


def _list_rows(words: str, of_many: HeldForecasts, of_one: HeldForecasts) -> Generator[Row]:
    held = of_many + of_one
    yield Row(f"{words}: forecasts", f"{held.most_said:,}", f"at least {_FEWEST}", held.most_said >= _FEWEST)
    most = 100 * held.most_held / held.most_said
    yield Row(
        f"{words}: 85 % line held", f"{most:.1f} of 100", f"{_LOWEST} to {_HIGHEST}", _LOWEST <= most <= _HIGHEST
    )
    for kind, one in (("repositories", of_many), ("single authors", of_one)):
        yield Row(f"{words}: the same, {kind}", f"{100 * one.most_held / one.most_said:.1f} of 100")
    yield Row(f"{words}: 50 % line held", f"{100 * held.half_held / held.half_said:.1f} of 100")
