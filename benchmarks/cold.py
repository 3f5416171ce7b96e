"""Time pages at 1,000,000 items with cold caches: each is the first of its server, and of its PostgreSQL.

Before each page PostgreSQL is started anew and, as root on Linux, the system forgets its files. Where
somebody else uses the mirrors' server too, neither is so, and the row says it. COLD_PREWARMED=1 has PostgreSQL's
pg_prewarm load what lists read before the page is asked for, and times that too.
"""

import os
import time
from collections.abc import Generator
from pathlib import Path

import psycopg

from benchmarks import lists, rig
from benchmarks.rig import Row, backlogs
from benchmarks.rig.reader import Reader, Unanswered
from shareable_backlog.database.embedded import embedded_server

_MOST_MS = 1_000
_DROP = Path("/proc/sys/vm/drop_caches")
_PREWARM = """
WITH tables AS (
  SELECT oid, reltoastrelid FROM pg_class
  WHERE oid = ANY ('{backlog_items,search_entries,field_changes}'::regclass[])
),
heaps AS (SELECT oid FROM tables UNION ALL SELECT reltoastrelid FROM tables WHERE reltoastrelid <> 0)
SELECT sum(pg_prewarm(oid)) FROM (
  SELECT oid FROM heaps
  UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM heaps)
) relations
"""
"""Returns the number of blocks of 8 KB."""


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each page."""
    size = lists.sizes(quick=quick)[-1]
    with (
        backlogs.databases(size) as mirrors,
        rig.serving([*rig.SLB, "serve"], _environ(mirrors[size]), "/readyz") as at,
    ):
        lists.let_in_group(mirrors[size])
        with psycopg.connect(mirrors[size], autocommit=True) as database:
            others = {name: next(paths) for name, paths in lists.find_paths(Reader(at), database).items()}
    for name, (usual, _) in (lists.PAGES | lists.OF_GROUP).items():
        how = _chill()
        with backlogs.databases(size) as mirrors:
            reader_of = rig.AS_ERIN if name in lists.OF_GROUP else rig.AS_BOB
            lists.let_in_group(mirrors[size])
            if os.environ.get("COLD_PREWARMED"):
                how += _prewarm(mirrors[size])
            with rig.serving([*rig.SLB, "serve"], _environ(mirrors[size]), "/readyz") as at:
                try:
                    wait_ms = Reader(at, reader_of).read(usual or others[name]).wait_ms
                except Unanswered as refused:
                    yield Row(f"{name}{how}", str(refused), "an answer", met=False)
                    continue
        yield rig.at_most(f"{name}{how}", wait_ms, _MOST_MS, " ms")


def _prewarm(conninfo: str) -> str:
    """Load what lists read; return how much that was, and how long it took."""
    with psycopg.connect(conninfo, autocommit=True) as database:
        database.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        began = time.monotonic()
        [(blocks,)] = database.execute(_PREWARM).fetchall()
    return f" ({blocks / 131_072:.1f} GB loaded in {time.monotonic() - began:.1f} s)"


def _environ(conninfo: str) -> dict[str, str]:
    return rig.environment(DATABASE_URL=rig.url_of(conninfo))


def _chill() -> str:
    """Let the system forget the files of the mirrors; return what of that could not be done."""
    if embedded_server.inspect_server(backlogs.log_of_server().parent).pid is not None:
        return " (the server was in use)"
    try:
        _DROP.write_text("3")
    except OSError:
        return " (the system's cache was kept)"
    return ""
