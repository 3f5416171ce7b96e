"""Compare a full `slb sync` with merely downloading the same pages, as whole processes; and its peak memory.

Both ask the tests' fake Linear, a process of its own, whose answers were computed by a download before. At first it
only sends bytes, faster than any server that has to find them; then it takes 50 ms over each answer, which is still
quick for one. The download (download.py) uses the product's own client.
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
    for delay_ms in (0, 50):
        downloads: list[float] = []
        syncs: list[rig.Run] = []
        again: list[float] = []
        with rig.server() as server, serving(issues, delay_ms) as fake:
            download = (sys.executable, "-m", "benchmarks.rig.download", fake["url"], fake["key"])
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
        answers = f", {delay_ms} ms an answer" if delay_ms else ""
        yield _row(f"download of {issues:,} issues and the rest{answers}", downloads)
        yield _row("slb sync of them into an empty mirror", full)
        yield rig.at_most("slb sync / download", median(full) / median(downloads), 1.5)
        yield rig.at_most("slb sync, peak memory", max(run.peak_mb for run in syncs), 200, " MB")
        yield _row("slb sync again, nothing has changed", again)


@contextmanager
def serving(issues: int, delay_ms: int = 0) -> Generator[_Fake]:
    """Serve a fake Linear with so many issues, in a process of its own, that takes `delay_ms` over each answer."""
    command = [sys.executable, "-m", "tests.fakes.linear", "--issues", str(issues), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, cwd=rig.ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 (PIPE was asked for)
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _row(name: str, walls_s: list[float]) -> Row:
    return Row(name, f"{median(walls_s):.2f} s ({min(walls_s):.2f} to {max(walls_s):.2f})")
