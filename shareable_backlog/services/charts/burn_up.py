"""Tell how the scope of a part of the plan grew, and how much of it was done by when: of items that may be seen."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.counts import plan_events
from shareable_backlog.database.backlog.counts.plan_events import PlanDay, PlanPart

__all__ = ["PlanPart"]

_MOST_POINTS = 105  # two years of weeks
_DAY = timedelta(days=1)


class BurnUp(Struct, frozen=True, kw_only=True):
    """How many items there were in all by the end of each of `days`, and how many of them were begun or done.

    What is done was begun, too. No days at all stand for more items than are counted. `changes` are the days on
    which a sum changed, of a cycle also those before and after it.
    """

    days: tuple[date, ...]
    total: tuple[float, ...]
    done: tuple[float, ...]
    started: tuple[float, ...] | None
    unit: Literal["items", "points"] = "items"
    changes: Sequence[PlanDay] = ()


async def read_burn_up(scope: Scope, part: PlanPart, today: date) -> BurnUp | None:
    """Return the sums of each week up to `today`, or to when all was done; of a cycle those of each of its days.

    None where nothing of it may be seen, or nothing has begun.
    """
    found = await plan_events.list_plan_days(scope, part)
    if found is None:
        return BurnUp(days=(), total=(), done=(), started=None)
    if part.kind == "cycle":
        span = await plan_events.read_cycle_span(part.id)
        days = _list_days(*span, today) if span else []
    else:
        days = _list_weeks(found, today)
    if not found or not days:
        return None
    return BurnUp(
        days=tuple(days),
        total=_sum_up(found, [one.total for one in found], days),
        done=_sum_up(found, [one.done for one in found], days),
        started=_sum_up(found, [one.started for one in found], days),
        changes=found,
    )


def _list_days(first: date, last: date, today: date) -> list[date]:
    """Return the days of a cycle that have been; a single one has no line, so it comes with the one before."""
    days = [first + at * _DAY for at in range((min(last, today) - first).days + 1)]
    return [first - _DAY, first] if len(days) == 1 else days


def _list_weeks(found: Sequence[PlanDay], today: date) -> list[date]:
    """Return the days from before the first change on, a week or several apart, so that they are not too many."""
    if not found or found[0].day > today:
        return []
    is_all_done = sum(one.total for one in found) == sum(one.done for one in found)
    last = min(found[-1].day, today) if is_all_done else today
    before = found[0].day - _DAY
    weeks = -(-(last - before).days // 7)
    step = timedelta(weeks=-(-weeks // _MOST_POINTS))
    count = -(-(last - before).days // step.days)
    return [before, *(last - at * step for at in range(count - 1, -1, -1))]


def _sum_up(found: Sequence[PlanDay], grown: Sequence[int], days: Sequence[date]) -> tuple[float, ...]:
    sums = [0, *accumulate(grown)]
    at, result = 0, list[float]()
    for day in days:
        while at < len(found) and found[at].day <= day:
            at += 1
        result.append(float(sums[at]))
    return tuple(result)
