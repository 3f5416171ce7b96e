"""Compare a full `slb sync` with merely downloading the same pages, as whole processes; and its peak memory.

Both ask the tests' fake Linear, a process of its own, whose answers were computed by a download before, so that it
only sends bytes. The download (download.py) uses the product's own client.
"""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from statistics import median
from typing import TypedDict

from benchmarks import rig
from benchmarks.rig import Row


class _Fake(TypedDict):
    url: str
    key: str


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the medians, their ratio, and the largest peak."""
    issues, rounds = (2_000, 1) if quick else (20_000, 5)
    downloads: list[float] = []
    syncs: list[rig.Run] = []
    again: list[float] = []
    with rig.server() as server, _fake(issues) as fake:
        download = (sys.executable, "-m", "benchmarks.download", fake["url"], fake["key"])
        rig.timed(download, rig.environment())
        for _ in range(rounds):
            downloads.append(rig.timed(download, rig.environment()).wall_s)
            with rig.database(server) as conninfo:
                environ = rig.environment(
                    DATABASE_URL=rig.url_of(conninfo), LINEAR_API_URL=fake["url"], LINEAR_API_KEY=fake["key"]
                )
                syncs.append(rig.timed([*rig.SLB, "sync"], environ))
                again.append(rig.timed([*rig.SLB, "sync"], environ).wall_s)
    full = [run.wall_s for run in syncs]
    yield _row(f"download of {issues:,} issues and the rest", downloads)
    yield _row("slb sync of them into an empty mirror", full)
    yield rig.at_most("slb sync / download", median(full) / median(downloads), 1.5)
    yield rig.at_most("slb sync, peak memory", max(run.peak_mb for run in syncs), 200, " MB")
    yield _row("slb sync again, nothing has changed", again)


@contextmanager
def _fake(issues: int) -> Generator[_Fake]:
    command = [sys.executable, "-m", "tests.fakes.linear", "--issues", str(issues)]
    with subprocess.Popen(command, cwd=rig.ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 (PIPE was asked for)
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _row(name: str, walls_s: list[float]) -> Row:
    return Row(name, f"{median(walls_s):.2f} s ({min(walls_s):.2f} to {max(walls_s):.2f})")
