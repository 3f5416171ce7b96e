"""Compare a full `slb sync` with merely downloading the same pages, as whole processes; and what PostgreSQL takes.

Both ask the tests' fake Linear, a process of its own, whose answers were computed by a download before. At first it
only sends bytes, faster than any server that has to find them; then it takes 50 ms over each answer, which is still
quick for one. The download (download.py) uses the product's own client. The floor of PostgreSQL is COPY of the same
rows into bare tables.
"""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from statistics import median

from benchmarks import rig
from benchmarks.rig import Row, first_sync
from benchmarks.rig.first_sync import Fake, FirstSync


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the medians, their ratio, and the largest peak."""
    issues, rounds = (2_000, 1) if quick else (20_000, 5)
    for delay_ms in (0, 50):
        firsts: list[FirstSync] = []
        again: list[float] = []
        with rig.server() as server, serving(issues, delay_ms) as fake:
            first_sync.download(fake)
            for _ in range(rounds):
                with rig.database(server) as conninfo:
                    firsts.append(first_sync.measure(conninfo, fake))
                    again.append(rig.timed([*rig.SLB, "sync"], first_sync.environment(conninfo, fake)).wall_s)
        answers = f", {delay_ms} ms an answer" if delay_ms else ""
        yield from first_sync.describe(firsts, f"{issues:,} issues{answers}", ratio=1.5, postgres_s=None)
        yield Row(
            "slb sync again, nothing has changed", f"{median(again):.2f} s ({min(again):.2f} to {max(again):.2f})"
        )


@contextmanager
def serving(issues: int, delay_ms: int = 0) -> Generator[Fake]:
    """Serve a fake Linear with so many issues, in a process of its own, that takes `delay_ms` over each answer."""
    command = [sys.executable, "-m", "tests.fakes.linear", "--issues", str(issues), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, cwd=rig.ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 (PIPE was asked for)
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
