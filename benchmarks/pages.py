"""Count the processor time of pages at 100,000 items: that of the server and that of PostgreSQL, in µs a page.

A signed-in viewer asks one page at a time over a kept connection, compressed; one of the 12 teams is hidden. "Kept"
are pages that were asked for before, but items, each of which is another one, and projects, of which half are. "Anew"
makes the page for each request, with what pages share (names, ranks) kept until the mirror changes; "changed" changes
the mirror's version before each request, so that nothing is kept. "Bare" is the limit: the list's bytes, or its 304,
from Starlette and the statement that finds out who asks, and nothing else.
The pages are asked for in turns and the median of the turns is given, so that neighbours on the machine matter less.
"""

import gzip
import math
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from typing import Literal, TypeAlias

import psycopg

from benchmarks import rig
from benchmarks.lists import find_paths
from benchmarks.rig import Row, backlogs, cpu
from benchmarks.rig.cpu import Cost
from benchmarks.rig.reader import Reader, Unanswered

How: TypeAlias = Literal["kept", "304", "anew", "changed", "bare", "bare 304"]

_UNKEPT = (sys.executable, "-m", "benchmarks.rig.servers.unkept", "serve")
_BARE_SERVER = (sys.executable, "-m", "benchmarks.rig.servers.bare")
_WARM_UP = 10
_ANY_TAG = '"the page"'


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page, how it is asked for, and the most that it should cost, in µs; no path means another at each request."""

    name: str
    path: str | None
    how: How
    bar: float | None = None


_LIST, _LIST_304 = _Asked("list", "/", "kept", 800), _Asked("list", "/", "304", 650)
_BARE, _BARE_304 = _Asked("list", "/", "bare"), _Asked("list", "/", "bare 304")
_ASKED = (
    _LIST,
    _BARE,
    _LIST_304,
    _BARE_304,
    _Asked("list", "/", "anew", 3_000),
    _Asked("list", "/", "changed"),
    _Asked("item", None, "kept", 4_000),
    _Asked("item", None, "changed"),
    _Asked("board", "/board", "kept"),
    _Asked("board", "/board", "anew", 12_000),
    _Asked("grouped by state", "/?group=state", "anew"),
    _Asked("grouped by label", "/?group=label", "anew"),
    _Asked("grouped by label, a common word", "/?group=label&q=heron", "anew"),
    _Asked("archived by state", "/?archived=shown&group=state", "anew"),
    _Asked("search", "/?q=heron", "anew"),
    _Asked("filters", "/filters", "kept", 1_500),
    _Asked("about", "/about", "kept", 1_500),
    _Asked("roadmap", "/roadmap", "kept"),
    _Asked("changes", "/changes", "kept"),
    _Asked("updates", "/updates", "kept"),
    _Asked("done", "/done", "kept"),
    _Asked("trends", "/trends", "kept"),
    _Asked("project", None, "kept"),
    _Asked("team", "/teams/ENG", "kept"),
    _Asked("cycle", "/cycles/ENG-39", "kept"),
    _Asked("meeting", "/meeting", "kept"),
    _Asked("API, 50 items", "/api/v1/items?limit=50", "kept", 2_500),
    _Asked("feed", "/feed.atom", "kept"),
)


@dataclass(frozen=True, slots=True)
class _Site:
    """The servers of a mirror with their processes, and a connection to it behind their backs."""

    kept: tuple[Reader, int]
    anew: tuple[Reader, int]
    bare: tuple[Reader, int]
    database: psycopg.Connection

    def count(self, asked: _Asked, paths: Iterator[str], requests: int) -> Cost:
        """Return what each of so many requests cost; without end if one fails."""
        reader, pid = {"anew": self.anew, "bare": self.bare, "bare 304": self.bare}.get(asked.how, self.kept)
        tag = _ANY_TAG if asked.how == "bare 304" else ""
        if asked.how == "304" and asked.path:
            tag = _find_tag(reader, asked.path)
        try:
            # What was asked for before may have changed the mirror, or have left everything asleep for a minute.
            for _ in range(_WARM_UP):
                reader.read(asked.path or next(paths), tag=tag, is_compressed=True)
            with cpu.counted(pid, self.database) as cost:
                for _ in range(requests):
                    if asked.how == "changed":
                        self.database.execute("UPDATE mirror_versions SET version = gen_random_uuid()")
                    reader.read(asked.path or next(paths), tag=tag, is_compressed=True)
        except Unanswered:
            return Cost(math.inf, math.inf)
        return Cost(cost.server_us / requests, cost.postgres_us / requests)


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each page."""
    size, turns, requests = (10_000, 2, 20) if quick else (100_000, 5, 100)
    with backlogs.databases(size) as mirrors, ExitStack() as stack:
        environ = rig.environment(DATABASE_URL=rig.url_of(mirrors[size]))
        kept, kept_pid = stack.enter_context(rig.started([*rig.SLB, "serve"], environ, "/readyz"))
        anew, anew_pid = stack.enter_context(rig.started(_UNKEPT, environ, "/readyz"))
        database = stack.enter_context(psycopg.connect(mirrors[size], autocommit=True))
        reader = Reader(kept)
        page = stack.enter_context(rig.data_folder()) / "page.gz"
        page.write_bytes(gzip.compress(reader.read("/").html.encode()))
        bare, bare_pid = stack.enter_context(rig.started([*_BARE_SERVER, page], environ, "/readyz"))
        site = _Site((reader, kept_pid), (Reader(anew), anew_pid), (Reader(bare), bare_pid), database)
        others = find_paths(reader, database)
        paths = {asked: others.get(asked.name, cycle([asked.path or "/"])) for asked in _ASKED}
        found: dict[_Asked, list[Cost]] = {asked: [] for asked in _ASKED}
        for asked in _ASKED:
            site.count(asked, paths[asked], 10)
        for _ in range(turns):
            for asked in _ASKED:
                found[asked].append(site.count(asked, paths[asked], requests))
        for asked, costs in found.items():
            yield _describe(asked, costs)
        for name, asked, limit in (("kept", _LIST, _BARE), ("304", _LIST_304, _BARE_304)):
            yield rig.at_most(
                f"list, {name}, in limits", _compute_both(found[asked]) / _compute_both(found[limit]), 2.0
            )
        size_kb = reader.read("/", is_compressed=True).size / 1000
        yield rig.at_most("list, compressed, without styles and scripts", size_kb, 14.0, " KB")
        yield rig.at_most("memory of the server after these pages", cpu.read_memory_mb(kept_pid), 120.0, " MB")


def _find_tag(reader: Reader, path: str) -> str:
    """Return the tag of a page that stays the same for the minute that has just begun."""
    time.sleep(60 - time.time() % 60 + 0.1)
    return reader.read(path, is_compressed=True).tag


def _describe(asked: _Asked, costs: list[Cost]) -> Row:
    server, postgres = median(one.server_us for one in costs), median(one.postgres_us for one in costs)
    both = _compute_both(costs)
    figure = f"{server:,.0f} + {postgres:,.0f}, together {both:,.0f} µs"
    met = None if asked.bar is None else both <= asked.bar
    return Row(f"{asked.name}, {asked.how}", figure, f"at most {asked.bar:,.0f} µs" if asked.bar else "", met)


def _compute_both(costs: list[Cost]) -> float:
    """Return the median of what the server and PostgreSQL took together."""
    return median(one.server_us + one.postgres_us for one in costs)
