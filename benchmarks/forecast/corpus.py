"""Make plans of the dates of commits: what was done when is real, what came when is made up."""

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from shareable_backlog.database.backlog.counts.work_days import WorkDay

_FEWEST_COMMITS = 80
_FEWEST_ITEMS = 8
_LENGTHS_WEEKS = (10, 20, 40)
_SEED = 1


@dataclass(frozen=True, slots=True)
class RealPlan:
    """What came and was done when; `ended` is None for a plan that never came to its end."""

    is_of_one: bool
    """Whether all is one author's work, which comes less evenly."""
    ended: date | None
    days: Sequence[WorkDay]


def read_days(path: Path) -> Mapping[tuple[str, str], Sequence[date]]:
    """Return the days of commits in their order, by repository (and "") and by repository and author."""
    days = defaultdict[tuple[str, str], list[date]](list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            commit = json.loads(line)
            for author in ("", commit["author"]):
                days[commit["source"], author].append(datetime.fromisoformat(commit["date"]).date())
    return {key: sorted(found) for key, found in sorted(days.items()) if len(found) >= _FEWEST_COMMITS}


def build_plans(days: Mapping[tuple[str, str], Sequence[date]], *, grows: bool) -> list[RealPlan]:
    """Return the plans, each of which has its items from the start unless it `grows`."""
    rng = random.Random(_SEED)  # noqa: S311 (the same plans each time)
    return [
        _build_plan(rng, done[at : at + size], size, is_of_one=bool(author), grows=grows)
        for (_, author), done in days.items()
        for size in _list_sizes(done)
        for at in range(0, len(done), size)
    ]


def _list_sizes(done: Sequence[date]) -> Iterator[int]:
    per_week = len(done) / max(1, (done[-1] - done[0]).days / 7)
    yield from (max(_FEWEST_ITEMS, round(per_week * weeks)) for weeks in _LENGTHS_WEEKS)


def _build_plan(rng: random.Random, done: Sequence[date], size: int, *, is_of_one: bool, grows: bool) -> RealPlan:
    """Return the plan of `size` items, of which some may be left undone; what is known later came any time before."""
    start, known = done[0], rng.uniform(0.5, 1) if grows else 1
    came = Counter({start: size - len(done)})
    for day in done:
        came[start if rng.random() < known else start + timedelta(days=rng.randint(0, (day - start).days))] += 1
    ends = Counter(done)
    days = [WorkDay(day, came[day], ends[day]) for day in sorted({*came, *ends})]
    return RealPlan(is_of_one, done[-1] if len(done) == size else None, days)
