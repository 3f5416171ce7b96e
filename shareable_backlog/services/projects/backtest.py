"""Look back: what would have been said at the end of each past week, and whether it came so."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from msgspec import Struct

from shareable_backlog.database.backlog.counts.work_days import WorkDay
from shareable_backlog.services.projects import simulation
from shareable_backlog.services.projects.simulation import Forecast

_WEEK = timedelta(days=7)


class HeldForecasts(Struct, frozen=True):
    """How many forecasts' days have come, of both lines, and how often all was done by then."""

    half_said: int = 0
    half_held: int = 0
    most_said: int = 0
    most_held: int = 0

    def __add__(self, other: "HeldForecasts") -> "HeldForecasts":
        """Return the sums of both."""
        return HeldForecasts(
            self.half_said + other.half_said,
            self.half_held + other.half_held,
            self.most_said + other.most_said,
            self.most_held + other.most_held,
        )


def judge_past(days: Sequence[WorkDay], ended: date | None, today: date) -> Iterator[HeldForecasts]:
    """Yield for the end of each week before a plan `ended` (None: it goes on) how what would have been said came out.

    Only days that have come are judged: of those to come nothing is known but early ends, which would flatter.
    """
    if not days:
        return
    last = min(ended or today, today)
    day = days[0].day
    while (day := day + _WEEK) <= last:
        said = simulation.compute_forecast(days, day)
        yield _judge_forecast(said, ended, today) if said else HeldForecasts()


def _judge_forecast(said: Forecast, ended: date | None, today: date) -> HeldForecasts:
    half, most = (day is not None and day <= today for day in (said.half_day, said.most_day))
    return HeldForecasts(half, half and _is_held(said.half_day, ended), most, most and _is_held(said.most_day, ended))


def _is_held(said: date | None, ended: date | None) -> bool:
    return said is not None and ended is not None and ended <= said


def find_end(days: Sequence[WorkDay]) -> date | None:
    """Return the day on which nothing was left to do; None while something is."""
    left = sum(one.growth - one.done for one in days)
    return days[-1].day if days and left <= 0 else None
