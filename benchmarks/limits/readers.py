"""Simulate how many readers so many processes and PostgreSQL's processors bear, for sizes beyond this machine.

Readers look at a page, think for 20 s on average, and look at the next. Half of the pages are among 20 that all look
at, the others anybody's own. A page is kept by its process for a minute, or until a sync changes the mirror. What a
page costs was measured by `pages` and `lists`; processes and PostgreSQL's processors take one page after another.
Nothing else is in the model: no network, no disk, no other work.
"""

import heapq
from collections.abc import Generator
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from benchmarks.rig import Row

Cost: TypeAlias = tuple[float, float]
"""Of a page, in µs: the server's processor and PostgreSQL's."""

KEPT: Cost = (1_500, 600)
MADE: dict[str, Cost] = {"10,000": (9_000, 2_500), "100,000": (9_000, 3_000), "1,000,000": (9_500, 6_000)}
"""A page made anew, by the items of the mirror: two lists to one that groups, a board or a search."""

_THINKS_S = 20.0
_LIVES_S = 60.0
_SYNC_EVERY_S = 300.0
_COMMON_PAGES = 20
_PATIENCE_S = 1.0
"""What 99 of 100 pages should take at most."""


@dataclass(frozen=True, slots=True)
class Machines:
    """How many processes serve pages, each on a processor of its own, and how many processors PostgreSQL has."""

    processes: int
    processors: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long pages took, and how busy each part was, from 0 to 1."""

    p50_s: float
    p99_s: float
    processes_busy: float
    postgres_busy: float
    kept_share: float


@dataclass(frozen=True, slots=True)
class _Page:
    reader: int
    asked_at: float
    process: int
    cost: Cost


class _House:
    """The processes, each with when it is free again and what it keeps, and PostgreSQL's processors."""

    def __init__(self, machines: Machines, made: Cost, random: Random) -> None:
        self.machines, self.made, self.random = machines, made, random
        self.processes = [0.0] * machines.processes
        self.processors = [0.0] * machines.processors
        self.kept_until: dict[tuple[int, int], float] = {}

    def ask(self, reader: int, now: float) -> tuple[float, _Page]:
        """Return when PostgreSQL will have done its part of a page."""
        process, common = self.random.randrange(self.machines.processes), self.random.randrange(2 * _COMMON_PAGES)
        cost = self.made
        if self.kept_until.get((process, common), 0.0) > now:
            cost = KEPT
        elif common < _COMMON_PAGES:
            next_sync = (now // _SYNC_EVERY_S + 1) * _SYNC_EVERY_S
            self.kept_until[process, common] = min(now + _LIVES_S, next_sync)
        done = max(now, heapq.heappop(self.processors)) + cost[1] / 1e6
        heapq.heappush(self.processors, done)
        return done, _Page(reader, now, process, cost)

    def finish(self, page: _Page, now: float) -> float:
        """Return when the page's process will have sent it."""
        self.processes[page.process] = max(now, self.processes[page.process]) + page.cost[0] / 1e6
        return self.processes[page.process]


def simulate(readers: int, machines: Machines, made: Cost, *, seconds: float = 120.0, seed: int = 17) -> Outcome:
    """Return how it went for so many readers; the same seed gives the same."""
    random = Random(seed)  # noqa: S311 (nothing depends on nobody's guessing it)
    house = _House(machines, made, random)
    sent: list[tuple[float, _Page]] = []
    # What happens when: a reader asks, or PostgreSQL has done its part of a page.
    coming: list[tuple[float, int, _Page | None]] = [
        (random.uniform(0, _THINKS_S), one, None) for one in range(readers)
    ]
    heapq.heapify(coming)
    while coming[0][0] < seconds:
        now, reader, page = heapq.heappop(coming)
        if page is None:
            done, page = house.ask(reader, now)
            heapq.heappush(coming, (done, reader, page))
        else:
            done = house.finish(page, now)
            sent.append((done - page.asked_at, page))
            heapq.heappush(coming, (done + random.expovariate(1 / _THINKS_S), reader, None))
    times = sorted(took for took, _ in sent)
    return Outcome(
        p50_s=times[len(times) // 2],
        p99_s=times[len(times) * 99 // 100],
        processes_busy=sum(page.cost[0] for _, page in sent) / 1e6 / seconds / machines.processes,
        postgres_busy=sum(page.cost[1] for _, page in sent) / 1e6 / seconds / machines.processors,
        kept_share=sum(page.cost is KEPT for _, page in sent) / len(sent),
    )


def find_least(readers: int, made: Cost, *, seconds: float = 120.0) -> tuple[Machines, Outcome]:
    """Return few enough processes and processors with which 99 of 100 pages take a second at most."""
    machines = Machines(1, 1)
    while (outcome := simulate(readers, machines, made, seconds=seconds)).p99_s > _PATIENCE_S:
        if outcome.processes_busy >= outcome.postgres_busy:
            machines = Machines(machines.processes + max(1, machines.processes // 4), machines.processors)
        else:
            machines = Machines(machines.processes, machines.processors + max(1, machines.processors // 4))
    return machines, outcome


def measure(*, quick: bool) -> Generator[Row]:
    """Yield what each number of readers takes."""
    for size, made in MADE.items():
        for readers in (200, 2_000) if quick else (200, 2_000, 20_000):
            machines, outcome = find_least(readers, made, seconds=20.0 if quick else 60.0)
            yield Row(
                f"{size} items, {readers:,} readers",
                f"processes {machines.processes} ({outcome.processes_busy:.0%} busy), processors of PostgreSQL"
                f" {machines.processors} ({outcome.postgres_busy:.0%}), median {outcome.p50_s * 1000:.0f} ms,"
                f" p99 {outcome.p99_s * 1000:.0f} ms, {outcome.kept_share:.0%} kept",
            )
