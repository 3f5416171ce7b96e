"""Compare the first page of the list at 20,000 and at 200,000 items: how long a browser waits for it.

Two `slb serve`, one a database, are asked in turns over one kept connection each: the whole list, one team, a common
and a rare type of state, a search for a rare and for a common word. The rows are made in SQL: 8 teams, 56 states, 12
labels, titles of a few words, descriptions of about 600 characters, times skewed to the recent.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from statistics import median, quantiles
from urllib.parse import urlsplit

import psycopg

from benchmarks import rig
from benchmarks.rig import Row
from shareable_backlog import config, database
from shareable_backlog.database import search_entries
from tests.signed_in import let_in

_PATHS = {
    "the whole list": "/",
    "one team": "/?team=T3",
    "type completed (4 of 7)": "/?state=completed",
    "type triage (1 of 100)": "/?state=triage",
    "a word of 1 item in 300": "/?q=albatross",
    "a word of 1 item in 5": "/?q=heron",
}
_WORKSPACE = """
    SELECT setseed(0.5);
    INSERT INTO teams (id, key, name, created_at, updated_at)
    SELECT 'team-' || t, 'T' || t, 'Team ' || t, now(), now() FROM generate_series(1, 8) t;
    INSERT INTO workflow_states (id, team_id, name, type, color, position, created_at, updated_at)
    SELECT 'state-' || t || '-' || n, 'team-' || t, initcap(type), type, '#5e6ad2', n, now(), now()
    FROM generate_series(1, 8) t,
         unnest(ARRAY['triage', 'backlog', 'unstarted', 'started', 'started', 'completed', 'canceled'])
         WITH ORDINALITY AS s (type, n);
    INSERT INTO labels (id, name, color, created_at, updated_at)
    SELECT 'label-' || n, 'Label ' || n, '#26b5ce', now(), now() FROM generate_series(1, 12) n;
    INSERT INTO people (id, name, created_at, updated_at)
    SELECT 'person-' || n, 'Person ' || n, now(), now() FROM generate_series(1, 40) n;
    INSERT INTO projects (id, name, created_at, updated_at)
    SELECT 'project-' || n, 'Project ' || n, now(), now() FROM generate_series(1, 30) n;
    CREATE TEMP TABLE sentences AS
    SELECT n, (
      SELECT string_agg(translate(substr(md5(w::text), 1, 3 + w % 7), '0123456789', 'ghijklmnop'), ' ')
      FROM (SELECT floor(3000 * random() ^ 3)::int + n * 0 AS w FROM generate_series(1, 6 + n % 7)) words
    ) AS text
    FROM generate_series(0, 1999) n;
    ALTER TABLE sentences ADD PRIMARY KEY (n);
"""
_ITEMS = """
    INSERT INTO backlog_items (
      id, identifier, number, title, description, priority, label_ids, team_id, state_id, assignee_id, project_id,
      created_at, updated_at
    )
    SELECT 'item-' || i, 'T' || team || '-' || i, i,
           left((SELECT text FROM sentences WHERE n = floor(2000 * dice[1])::int), 60),
           (SELECT string_agg(text, '. ') FROM sentences WHERE n BETWEEN 1900 * dice[2] AND 1900 * dice[2] + 10)
             || CASE WHEN i %% 300 = 0 THEN ' albatross' ELSE '' END
             || CASE WHEN i %% 5 = 0 THEN ' heron' ELSE '' END,
           i %% 5,
           ARRAY(SELECT 'label-' || 1 + (i + k) %% 12 FROM generate_series(1, i %% 4) k),
           'team-' || team,
           'state-' || team || '-'
             || CASE WHEN dice[3] < 0.01 THEN 1 WHEN dice[3] < 0.58 THEN 6 ELSE 2 + i / 8 %% 4 END,
           CASE WHEN i %% 3 > 0 THEN 'person-' || 1 + i %% 40 END,
           CASE WHEN i %% 2 > 0 THEN 'project-' || 1 + i %% 30 END,
           now() - interval '800 days', now() - dice[4] ^ 3 * interval '700 days'
    FROM (
      SELECT i, 1 + i %% 8 AS team, ARRAY[random(), random(), random(), random()] AS dice
      FROM generate_series(1, %(items)s) i
    ) drawn
"""


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row and a ratio for each kind of page."""
    sizes = (2_000, 20_000) if quick else (20_000, 200_000)
    with rig.server() as server, ExitStack() as stack:
        small, large = (stack.enter_context(_served(server, items)) for items in sizes)
        for name, path in _PATHS.items():
            waits: dict[HTTPConnection, list[float]] = {small: [], large: []}
            for _ in range(20 if quick else 200):
                for connection, found in waits.items():
                    found.append(_wait_ms(connection, path))
            # The first ones fill the caches of a server that has just been filled itself.
            warm_small, warm_large = (found[len(found) // 10 :] for found in waits.values())
            yield Row(f"{name}, {sizes[0]:,} items", _words(warm_small))
            yield Row(f"{name}, {sizes[1]:,} items", _words(warm_large))
            yield rig.at_most(f"{name}, ratio", median(warm_large) / median(warm_small), 1.3)


@contextmanager
def _served(server: str, items: int) -> Generator[HTTPConnection]:
    with rig.database(server) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(_WORKSPACE)
            connection.execute(_ITEMS, {"items": items})
            connection.execute("INSERT INTO search_entries (item_id) SELECT id FROM backlog_items")
            asyncio.run(_index(conninfo))
            connection.execute("VACUUM ANALYZE")
        let_in(conninfo)
        environ = rig.environment(DATABASE_URL=rig.url_of(conninfo))
        with rig.serving([*rig.SLB, "serve"], environ, "/") as address:
            yield HTTPConnection(urlsplit(address).netloc)


async def _index(conninfo: str) -> None:
    async with database.opened(config.parsed({"DATABASE_URL": rig.url_of(conninfo)})):
        while await search_entries.refresh(2_000):
            pass


def _wait_ms(connection: HTTPConnection, path: str) -> float:
    started = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": rig.AS_BOB})
    response = connection.getresponse()
    body = response.read()
    wait_ms = (time.perf_counter() - started) * 1000
    if response.status != 200 or b"/items/" not in body:
        raise RuntimeError(f"{path} shows no items (status {response.status})")
    return wait_ms


def _words(waits_ms: list[float]) -> str:
    return f"median {median(waits_ms):.1f} ms, p95 {quantiles(waits_ms, n=20)[-1]:.1f} ms"
