"""Compare `slb sync` of 100,000 issues with merely downloading them, and with 10,000; and a run with nothing new.

As sync.py does it, with sizes at which the start of the processes no longer counts for much.
"""

import json
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import rig
from benchmarks.rig import Row, first_sync
from benchmarks.rig.first_sync import FirstSync
from benchmarks.sync import serving

_RATIOS = {0: 2.0, 50: 1.08}
"""How many times as long as the download a first sync may take, by how many ms each answer takes."""
_POSTGRES_S = 4.0


@dataclass(frozen=True, slots=True)
class _Measured:
    of_first: FirstSync
    quiet_s: float
    quiet: dict[str, Any]
    first: dict[str, Any]


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the medians of three rounds."""
    small, large, rounds = (1_000, 5_000, 1) if quick else (10_000, 100_000, 3)
    for delay_ms, ratio in _RATIOS.items():
        with rig.server() as server:
            of_small = list(_rounds(server, small, rounds, delay_ms))
            of_large = list(_rounds(server, large, rounds, delay_ms))
        answers = f", {delay_ms} ms an answer" if delay_ms else ""
        firsts = [one.of_first for one in of_large]
        yield from first_sync.describe(firsts, f"{large:,} issues{answers}", ratio=ratio, postgres_s=_POSTGRES_S)
        per_row = (_median_s(of_large) / large) / (_median_s(of_small) / small)
        yield rig.at_most(f"time a row at {large:,} / at {small:,}", per_row, 1.2)
        first = of_large[0].first
        yield Row("requests and points of the first sync", f"{first['requests']:,} and {first['points']:,}")
        yield rig.at_most("requests of a run with nothing new", max(one.quiet["requests"] for one in of_large), 1)
        run_s = median(one.quiet["duration_ms"] for one in of_large) / 1000
        yield rig.at_most("a run with nothing new, within the process", run_s, 0.5, " s")
        yield Row("the same as a whole process", f"{median(one.quiet_s for one in of_large):.2f} s")


def _median_s(measured: list[_Measured]) -> float:
    return median(one.of_first.sync.wall_s for one in measured)


def _rounds(server: str, issues: int, rounds: int, delay_ms: int) -> Generator[_Measured]:
    with serving(issues, delay_ms) as fake:
        first_sync.download(fake)
        for _ in range(rounds):
            with rig.database(server) as conninfo:
                of_first = first_sync.measure(conninfo, fake)
                environ = first_sync.environment(conninfo, fake)
                quiet_s = rig.timed([*rig.SLB, "sync"], environ).wall_s
                history = subprocess.run(
                    [*rig.SLB, "sync", "history", "--limit", "2", "--json"],
                    env=environ,
                    cwd="/",
                    check=True,
                    capture_output=True,
                )
                yield _Measured(of_first, quiet_s, *json.loads(history.stdout))
