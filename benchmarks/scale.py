"""Compare `slb sync` of 100,000 issues with merely downloading them, and with 10,000; and a run with nothing new.

As sync.py does it, with sizes at which the start of the processes no longer counts for much.
"""

import json
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import rig
from benchmarks.rig import Row
from benchmarks.sync import serving


@dataclass(frozen=True, slots=True)
class _Measured:
    download_s: float
    full: rig.Run
    quiet_s: float
    quiet: dict[str, Any]
    first: dict[str, Any]


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the medians of three rounds."""
    small, large, rounds = (1_000, 5_000, 1) if quick else (10_000, 100_000, 3)
    for delay_ms in (0, 50):
        with rig.server() as server:
            of_small = list(_rounds(server, small, rounds, delay_ms))
            of_large = list(_rounds(server, large, rounds, delay_ms))
        downloaded, synced = (_median(of_large, one) for one in ("download_s", "full_s"))
        answers = f", {delay_ms} ms an answer" if delay_ms else ""
        yield Row(f"download of {large:,} issues and the rest{answers}", f"{downloaded:.2f} s")
        yield Row("slb sync of them into an empty mirror", f"{synced:.2f} s")
        yield rig.at_most("slb sync / download", synced / downloaded, 1.25)
        yield rig.at_most("slb sync, peak memory", max(one.full.peak_mb for one in of_large), 200, " MB")
        per_row = (synced / large) / (_median(of_small, "full_s") / small)
        yield rig.at_most(f"time a row at {large:,} / at {small:,}", per_row, 1.2)
        first = of_large[0].first
        yield Row("requests and points of the first sync", f"{first['requests']:,} and {first['points']:,}")
        yield rig.at_most("requests of a run with nothing new", max(one.quiet["requests"] for one in of_large), 1)
        run_s = median(one.quiet["duration_ms"] for one in of_large) / 1000
        yield rig.at_most("a run with nothing new, within the process", run_s, 0.5, " s")
        yield Row("the same as a whole process", f"{median(one.quiet_s for one in of_large):.2f} s")


def _median(measured: list[_Measured], name: str) -> float:
    return median(one.full.wall_s if name == "full_s" else getattr(one, name) for one in measured)


def _rounds(server: str, issues: int, rounds: int, delay_ms: int) -> Generator[_Measured]:
    with serving(issues, delay_ms) as fake:
        download = (sys.executable, "-m", "benchmarks.rig.download", fake["url"], fake["key"])
        rig.timed(download, rig.environment())
        for _ in range(rounds):
            download_s = rig.timed(download, rig.environment()).wall_s
            with rig.database(server) as conninfo:
                environ = rig.environment(
                    DATABASE_URL=rig.url_of(conninfo), LINEAR_API_URL=fake["url"], LINEAR_API_KEY=fake["key"]
                )
                full = rig.timed([*rig.SLB, "sync"], environ)
                quiet_s = rig.timed([*rig.SLB, "sync"], environ).wall_s
                history = subprocess.run(
                    [*rig.SLB, "sync", "history", "--limit", "2", "--json"],
                    env=environ,
                    cwd="/",
                    check=True,
                    capture_output=True,
                )
                yield _Measured(download_s, full, quiet_s, *json.loads(history.stdout))
