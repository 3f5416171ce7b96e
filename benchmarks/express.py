"""Compare the first page of the list with Express 5 + pg 8 + EJS, which renders the same rows of the same statement.

At 100,000 items, one process each, driven by wrk over 32 connections in turns. Express finds the session and runs
the statement of our page with the names joined, as it keeps none, both prepared; it renders the 50 lines by EJS and
takes what stands around them as it is. At first all is made anew for each request, as it is, and compressed as
browsers ask for it: Express by its usual middleware. Then with what the mirror makes safe: rendered results are kept
until it changes, and a browser that has the page is told so without it (304); Express has to make the page to find
that out.
"""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast
from unittest import mock

import psycopg

from benchmarks import rig
from benchmarks.rig import Row, backlogs, wrk
from benchmarks.rig.reader import Page, Reader
from benchmarks.rig.wrk import Load
from shareable_backlog import config, database
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import item_list, item_names
from shareable_backlog.services.backlog import item_pages, ranks
from shareable_backlog.services.backlog.filters import Filters
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.web.pages import colors

_SERVERS = Path(__file__).parent / "rig" / "servers"
_PROGRAM, _TEMPLATE = "express_list.mjs", "express_list.ejs"
_WARM_UP_S = 3  # 32 pages at once that are made for the first time take about one
_ASKED = (("/", rig.AS_BOB),)
_NAMED = """
SELECT l.*, s.name AS state_name, s.type AS state_type, s.color AS state_color, s.is_advanced AS state_is_advanced,
       a.name AS assignee, p.name AS project,
       to_json(ARRAY(
         SELECT json_build_array(name, color) FROM unnest(l.label_ids) u (id) JOIN labels USING (id)
         WHERE removed_at IS NULL AND is_offered ORDER BY lower(name))) AS labels
FROM (SELECT *, row_number() OVER () AS place FROM (%s) r) l
LEFT JOIN %s s ON s.id = l.state_id LEFT JOIN people a ON a.id = l.assignee_id
LEFT JOIN projects p ON p.id = l.project_id ORDER BY l.place
"""
_UNKEPT = (sys.executable, "-m", "benchmarks.rig.servers.unkept", "serve")


@dataclass(frozen=True, slots=True)
class _Side:
    """A server, and how it is asked: as by browsers that accept gzip, or that have the page already."""

    address: str
    is_compressed: bool = False
    with_tags: bool = False

    def drive(self, seconds: int) -> Load:
        """Ask it for the page for so long."""
        return wrk.driven(self.address, seconds, _ASKED, with_tags=self.with_tags, is_compressed=self.is_compressed)


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each server, and the ratios of the medians."""
    wrk.require()
    modules = rig.node_modules()
    for name in (_PROGRAM, _TEMPLATE):
        shutil.copyfile(_SERVERS / name, modules.parent / name)
    size, rounds, seconds = (10_000, 2, 2) if quick else (100_000, 5, 8)
    with backlogs.databases(size) as mirrors, ExitStack() as stack:
        environ = rig.environment(DATABASE_URL=rig.url_of(mirrors[size]))
        kept = stack.enter_context(rig.serving([*rig.SLB, "serve"], environ, "/readyz"))
        anew = stack.enter_context(rig.serving(_UNKEPT, environ, "/readyz"))
        page = Reader(kept).read("/")
        wanted = asyncio.run(_read_wanted(rig.url_of(mirrors[size])))
        (modules.parent / "page.json").write_text(json.dumps(_described(mirrors[size], page, wanted)))
        command = ("node", modules.parent / _PROGRAM)
        express = stack.enter_context(rig.serving(command, rig.node_environment(mirrors[size]), "/ready"))
        _require_same(page, Reader(express).read("/"))
        sides = {"anew": _Side(anew), "kept": _Side(kept), "express": _Side(express)}
        sides |= {"anew gzip": _Side(anew, is_compressed=True), "kept gzip": _Side(kept, is_compressed=True)}
        sides |= {"express gzip": _Side(express, is_compressed=True)}
        sides |= {"kept 304": _Side(kept, with_tags=True), "express 304": _Side(express, with_tags=True)}
        loads: dict[str, list[Load]] = {name: [] for name in sides}
        for turn in range(rounds + 1):
            for name, side in sides.items():
                found = wrk.unfailed(side.drive(seconds if turn else _WARM_UP_S))
                loads[name] += [found] if turn else []
    yield wrk.row("slb, made anew for each request", loads["anew"])
    yield wrk.row("slb, rendered results kept", loads["kept"])
    yield wrk.row("Express, made anew for each request", loads["express"])
    yield wrk.row("slb, made anew and compressed", loads["anew gzip"])
    yield wrk.row("slb, kept as it was compressed", loads["kept gzip"])
    yield wrk.row("Express, made anew and compressed", loads["express gzip"])
    yield wrk.row("slb, for who has the page (304)", loads["kept 304"])
    yield wrk.row("Express, for who has the page (304)", loads["express 304"])
    yield Row("bytes of the page, slb, Express", f"{_bytes(loads['anew']):,.0f}, {_bytes(loads['express']):,.0f}")
    yield Row("the same, compressed", f"{_bytes(loads['anew gzip']):,.0f}, {_bytes(loads['express gzip']):,.0f}")
    yield rig.at_least("requests/s, slb / Express, all made anew", wrk.ratio(loads["anew"], loads["express"]), 1.0)
    ratio = wrk.ratio(loads["anew gzip"], loads["express gzip"])
    yield rig.at_least("requests/s, slb / Express, all made anew and compressed", ratio, 1.0)
    ratio = wrk.ratio(loads["kept gzip"], loads["express gzip"])
    yield rig.at_least("requests/s, slb with kept pages / Express, compressed", ratio, 1.5)
    yield rig.at_least("requests/s, slb with kept results / Express", wrk.ratio(loads["kept"], loads["express"]), 1.5)
    ratio = wrk.ratio(loads["kept 304"], loads["express 304"])
    yield rig.at_least("requests/s, slb / Express, who has the page", ratio, 1.5)


def _bytes(loads: list[Load]) -> float:
    return median(load.bytes_each for load in loads)


class _Wanted(NamedTuple):
    """What the first page's lines are made of: the statement with names and its parameters, and the ranks."""

    text: str
    params: Mapping[str, Any]
    ranks: Mapping[str, int]


async def _read_wanted(url: str) -> _Wanted:
    noted: list[tuple[str, Mapping[str, Any]]] = []
    run = cast("Callable[..., Awaitable[list[Any]]]", item_list.query)

    async def noting(sql: str, params: Mapping[str, Any], **row: type[Any]) -> list[Any]:
        noted.append((sql, params))
        return await run(sql, params, **row)

    async with database.open_database(config.parse_settings({"DATABASE_URL": url})):
        with mock.patch.object(item_list, "query", noting):
            await item_pages.list_items(
                EVERYTHING, ItemQuery(Filters(), None, datetime.now(UTC)), None, item_pages.PAGE_SIZE
            )
        places = await ranks.read_ranks(EVERYTHING)
    # The names come by another one.
    text, params = noted[0]
    return _Wanted(_NAMED % (text, item_names.STATES), params, places)


def _described(conninfo: str, page: Page, wanted: _Wanted) -> dict[str, Any]:
    """Return what Express gets: the statement as node-postgres writes it, ranks, and what stands around the lines."""
    text, params, places = wanted
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
    for number, name in enumerate(names, 1):
        text = text.replace(f"%({name})s", f"${number}")
    start = page.html.index('<ul class="items">')
    end = page.html.index("</ul>", start) + len("</ul>")
    with psycopg.connect(conninfo) as connection:
        known = connection.execute("SELECT color FROM workflow_states UNION SELECT color FROM labels").fetchall()
    return {
        "text": text.replace("%%", "%"),
        "values": [params[name] for name in names],
        "before": page.html[:start],
        "after": page.html[end:],
        "ranks": places,
        "toned": {color: colors.tone_color(color) for (color,) in known},
    }


def _require_same(ours: Page, theirs: Page) -> None:
    """Raise RuntimeError unless both pages say the same."""
    said = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.html)) for page in (ours, theirs)]
    if said[0] != said[1]:
        at = next(at for at, (one, other) in enumerate(zip(*said, strict=False)) if one != other)
        raise RuntimeError(f"the pages differ: {said[0][at - 60 : at + 60]!r} and {said[1][at - 60 : at + 60]!r}")
