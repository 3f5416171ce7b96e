"""Compare how long pages take at 10,000, 100,000 and 1,000,000 items, as median/p95 in ms of 200 requests each.

Fewer, but 20, of a page that takes so long that two minutes are over before; "inf" is a page that fails.

One `slb serve` a size is asked in turns, by a signed-in viewer over a kept connection, for answers without
compression; one of the 12 teams is hidden. Rendered results are kept until the mirror changes, so the mirror's
version is changed before each request, and the pages are made anew; what is called "kept" goes without that. The
ratio is that of the p95 at the largest size and at the smallest. LISTS_ONLY leaves some pages, `first page;project`.
"""

import math
import os
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, cycle
from urllib.parse import quote

import psycopg

from benchmarks import rig
from benchmarks.rig import Row, backlogs
from benchmarks.rig.reader import Reader, Unanswered, p95, said
from tests.support.signed_in import let_in

PAGES = {
    "first page": ("/", 1.3),
    "page 100": ("", 1.3),
    "item": ("", 1.3),
    "project": ("", 1.5),
    "cycle": ("/cycles/ENG-39", 1.5),
    "team": ("/teams/ENG", 1.5),
    "team and kind of state": ("/?team=ENG&type=started", 2),
    "common label": ("/?label=Bug+phone", 2),
    "rare label": ("/?label=Cost+night", 2),
    "assignee": ("/?assignee=Ada+Ash", 2),
    "priority, open ones, by due date": ("/?priority=urgent&done=hidden&order=due", 2),
    "archived": ("/?archived=shown", 2),
    "grouped by state": ("/?group=state", 2),
    "grouped by state, open ones": ("/?group=state&done=hidden", 2),
    "grouped by state, archived": ("/?group=state&archived=shown", 2),
    "grouped by assignee": ("/?group=assignee", 2),
    "grouped by label": ("/?group=label", 2),
    "grouped by label, filtered": ("/?group=label&priority=high", 2),
    "board": ("/board", 2),
    "compared with a day": ("/?since=2026-10-19", 2),
    "trends": ("/trends", 3),
    "trends of a team": ("/trends?team=ENG", 3),
    "search, 20 items": ("/?q=albatross", 2),
    "search, 1 item in 300": ("/?q=kingfisher", 2),
    "search, 1 item in 5": ("/?q=heron", 2),
    "search, 1 item in 5, by state": ("/?q=heron&group=state", 2),
    "search, 1 item in 5, by label": ("/?q=heron&group=label", 2),
    "search, nothing": ("/?q=zyzzyva", 2),
    "filters": ("/filters", 2),
    "about": ("/about", 2),
}
"""Paths by what they are called, and the most their ratio should be; an empty path differs from mirror to mirror."""
OF_GROUP = {
    "group: first page": ("/", 2),
    "group: search, by state": ("/?q=heron&group=state", 2),
    "group: filters": ("/filters", 2),
    "group: about": ("/about", 2),
}
"""Those that are asked for by erin, whose group sees two teams, two projects and two labels."""
_DEEP = 100
_FEWEST, _PATIENCE_S = 20, 120.0


def sizes(*, quick: bool) -> tuple[int, ...]:
    """Return the sizes of the mirrors."""
    return (1_000, 10_000) if quick else (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class _Site:
    """A server of one mirror, and a connection to that behind its back."""

    reader: Reader
    of_group: Reader
    database: psycopg.Connection
    others: Mapping[str, Iterator[str]]
    """The paths of pages that are others in each mirror."""

    def wait_ms(self, name: str, *, anew: bool) -> float:
        """Return how long a page takes, `anew`: after a change of the mirror; for ever if it is an error."""
        path = (PAGES | OF_GROUP)[name][0] or next(self.others[name])
        if anew:
            self.database.execute("UPDATE mirror_versions SET version = gen_random_uuid()")
        try:
            return (self.of_group if name in OF_GROUP else self.reader).read(path).wait_ms
        except Unanswered:
            return math.inf


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each page, and one for those that were kept."""
    rounds, warming = (20, 3) if quick else (200, 20)
    with backlogs.databases(*sizes(quick=quick)) as mirrors, ExitStack() as stack:
        sites = {size: _served(stack, conninfo) for size, conninfo in mirrors.items()}
        yield Row("items", "   ".join(f"{size:,}" for size in sites))
        slowest: dict[str, float] = {}
        only = set(filter(None, os.environ.get("LISTS_ONLY", "").split(";")))
        bars = {name: bar for name, (_, bar) in (PAGES | OF_GROUP).items() if not only or name in only}
        for name, bar in bars.items():
            waits_ms = _asked(sites, name, warming, anew=True)
            if math.inf not in chain(*waits_ms.values()):
                waits_ms = _asked(sites, name, rounds, anew=True)
            first, *_, last = waits_ms.values()
            slowest[name] = p95(last)
            yield Row(name, "   ".join(map(said, waits_ms.values())))
            yield rig.at_most(f"{name}, ratio", p95(last) / p95(first), bar)
        if {"compared with a day", "first page"} <= bars.keys():
            compared = slowest["compared with a day"] / slowest["first page"]
            yield rig.at_most("compared with a day / first page, at the largest", compared, 2)
        if only:
            return
        for name in ("first page", "grouped by state", "board"):
            _asked(sites, name, 1, anew=False)
            yield Row(f"{name}, kept", "   ".join(map(said, _asked(sites, name, rounds, anew=False).values())))


def _served(stack: ExitStack, conninfo: str) -> _Site:
    environ = rig.environment(DATABASE_URL=rig.url_of(conninfo))
    reader = Reader(stack.enter_context(rig.serving([*rig.SLB, "serve"], environ, "/readyz")))
    database = stack.enter_context(psycopg.connect(conninfo, autocommit=True))
    return _Site(reader, Reader(reader.address, let_in_group(conninfo)), database, find_paths(reader, database))


def let_in_group(conninfo: str) -> str:
    """Let erin in, whose group sees two teams, two projects and two labels; return her Cookie header."""
    erin_id = let_in(conninfo, "erin")["erin"]
    with psycopg.connect(conninfo) as connection:
        # In a statement of its own: another part of the same one would still see the group.
        connection.execute("DELETE FROM viewer_groups WHERE name = 'Suppliers of the benchmarks'")
        connection.execute(
            """
            WITH made AS (INSERT INTO viewer_groups (name) VALUES ('Suppliers of the benchmarks') RETURNING id),
            joined AS (INSERT INTO viewer_group_members (user_id, viewer_group_id) SELECT %s, id FROM made)
            INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id)
            SELECT made.id, kind, entity_id FROM made, (
              (SELECT 'team' AS kind, id AS entity_id FROM teams WHERE key IN ('OPS', 'WEB'))
              UNION ALL (SELECT 'project', id FROM projects ORDER BY id LIMIT 2)
              UNION ALL (SELECT 'label', id FROM labels WHERE name IN ('Bug phone', 'Cost night'))
            ) seen
            """,
            [erin_id],
        )
    return rig.AS_ERIN


def find_paths(reader: Reader, database: psycopg.Connection) -> dict[str, Iterator[str]]:
    """Return the paths of the pages that are others in each mirror, for ever."""
    deep, identifiers = reader.path_of_page(_DEEP)
    projects = database.execute("SELECT min(name) FROM projects GROUP BY lower(name) HAVING count(*) = 1 LIMIT 50")
    return {
        "page 100": cycle([deep]),
        "item": cycle([f"/items/{identifier}" for identifier in identifiers]),
        "project": cycle([f"/projects/{quote(name)}" for (name,) in projects]),
    }


def _asked(sites: Mapping[int, _Site], name: str, rounds: int, *, anew: bool) -> dict[int, list[float]]:
    waits_ms: dict[int, list[float]] = {size: [] for size in sites}
    until = time.monotonic() + _PATIENCE_S
    for number in range(rounds):
        if number >= _FEWEST and time.monotonic() > until:
            break
        for size, site in sites.items():
            waits_ms[size].append(site.wait_ms(name, anew=anew))
    return waits_ms
