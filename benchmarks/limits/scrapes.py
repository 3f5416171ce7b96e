"""Ask for `/metrics` 1,000 times in a row at 1,000,000 items, and count the processor time that a scrape takes.

Of a server that people read meanwhile, as sums of the mirror are kept for some seconds. The share is that of a scrape
every 15 seconds, as Prometheus' own example has it.
"""

import time
from collections.abc import Generator

import psycopg

from benchmarks import rig
from benchmarks.rig import Row, backlogs, cpu
from benchmarks.rig.reader import Reader

_EVERY_S = 15
_MOST_PERCENT = 1.0


def measure(*, quick: bool) -> Generator[Row]:
    """Yield what a scrape costs, and how long the slowest took."""
    size, scrapes = (10_000, 100) if quick else (1_000_000, 1_000)
    with backlogs.databases(size) as mirrors:
        environ = rig.environment(DATABASE_URL=rig.url_of(mirrors[size]))
        with (
            rig.started([*rig.SLB, "serve"], environ, "/readyz") as (address, pid),
            psycopg.connect(mirrors[size], autocommit=True) as database,
        ):
            reader = Reader(address)
            for path in ("/", "/metrics"):
                reader.read(path)
            waits_ms = list[float]()
            began = time.perf_counter()
            with cpu.counted(pid, database) as cost:
                waits_ms.extend(reader.read("/metrics").wait_ms for _ in range(scrapes))
            took_s = time.perf_counter() - began
        each_us = (cost.server_us + cost.postgres_us) / scrapes
        yield Row("a scrape", f"{cost.server_us / scrapes:,.0f} + {cost.postgres_us / scrapes:,.0f} µs")
        yield rig.at_most(f"share of a core, every {_EVERY_S} s", each_us / _EVERY_S / 10_000, _MOST_PERCENT, " %")
        yield Row("slowest, all", f"{max(waits_ms):.0f} ms, {took_s:.1f} s")
