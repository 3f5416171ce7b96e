"""Draw from past weeks how long what is open may take: Monte Carlo that says the same each time for the same past."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

from shareable_backlog.database.backlog.counts.work_days import WorkDay

FEWEST_WEEKS = 6
"""Of fewer weeks nothing is said."""
MOST_WEEKS = 12
"""No more weeks are drawn from: what was before tells less of what comes."""
HORIZON_WEEKS = 104
"""What would take longer is only said to take longer."""
_RUNS = 200
_SEED = 15
_HALF, _MOST = 0.5, 0.85
_FADE = 0.9
"""What is left of the growth from one week to the next: half after seven, as no plan grows for ever."""


class Forecast(Struct, frozen=True):
    """By which day half of the runs are done, and by which 17 of 20; None: not within two years.

    It goes by the last `weeks` weeks.
    """

    half_day: date | None
    most_day: date | None
    weeks: int


class WorkPast(Struct, frozen=True):
    """How many items are open, and of each week, the latest first, how many were done and how many came."""

    open_items: int
    weeks: Sequence[tuple[int, int]]


def compute_forecast(days: Sequence[WorkDay], today: date) -> Forecast | None:
    """Return when all may be done if work goes on as in the last weeks before `today`; later days are not looked at.

    None without anything to do, for fewer than six weeks, and where nothing was done in the last twelve.
    """
    past = sum_weeks(days, today)
    if past.open_items <= 0 or len(past.weeks) < FEWEST_WEEKS or not any(done for done, _ in past.weeks):
        return None
    rng = random.Random(_SEED)  # noqa: S311 (nobody has to guess it, and it has to be the same again)
    lengths = _draw_lengths(rng, past)
    half, most = (lengths[at] if at < len(lengths) else None for at in (_find_place(_HALF), _find_place(_MOST)))
    return Forecast(_find_day(today, half), _find_day(today, most), len(past.weeks))


def sum_weeks(days: Sequence[WorkDay], today: date) -> WorkPast:
    """Return what is open on a day, and the up to twelve weeks before it; `days` are in their order.

    The first week of all is left out, as what a plan begins with is no growth.
    """
    count = max(0, min(MOST_WEEKS, (today - days[0].day).days // 7 - 1)) if days else 0
    done, came, open_items = [0] * count, [0] * count, 0
    for one in days:
        if one.day > today:
            break
        open_items += one.growth - one.done
        week = ((today - one.day).days - 1) // 7
        if 0 <= week < count:
            done[week] += one.done
            came[week] += one.growth
    return WorkPast(open_items, list(zip(done, came, strict=True)))


def _find_place(share: float) -> int:
    return math.ceil(share * _RUNS) - 1


def _draw_lengths(rng: random.Random, past: WorkPast) -> list[float]:
    """Return how many weeks the runs take that are done within the horizon, the shortest first.

    Once more than half are not, no more are drawn, as neither line has a day then.
    """
    lengths, late = list[float](), 0
    for _ in range(_RUNS):
        length = _draw_length(rng, past)
        if length is not None:
            lengths.append(length)
        elif (late := late + 1) > _RUNS - _find_place(_HALF):
            return []
    return sorted(lengths)


def _draw_length(rng: random.Random, past: WorkPast) -> float | None:
    """Return after how many weeks one run is done, None for one that is not within the horizon.

    The run draws from weeks that are drawn from those of the past first, with repetition: what the weeks to come are
    like is as uncertain as which of them comes when. Drawn from the past itself, the 85 % line held in too few cases.
    """
    kinds = rng.choices(past.weeks, k=len(past.weeks))
    left, count, fade = float(past.open_items), len(kinds), 1.0
    best = max(done - min(came, 0) for done, came in kinds)
    for week in range(HORIZON_WEEKS):
        done, came = kinds[int(rng.random() * count)]
        after = left + fade * came - done
        if after <= 0:
            return week + left / (left - after)
        left, fade = after, fade * _FADE
        if left > best * (HORIZON_WEEKS - week):
            return None  # not even by the best week each week
    return None


def _find_day(today: date, weeks: float | None) -> date | None:
    return None if weeks is None else today + timedelta(days=math.ceil(weeks * 7))
