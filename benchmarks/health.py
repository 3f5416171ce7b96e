"""Compare `/api/health` of `slb serve` with the same endpoint on Express 5 + pg 8 + pino, in requests/s and p99.

Both are one process, have the same pool settings and the same database, log no requests, and are driven by wrk over
32 connections, in turns. `slb serve` answers from a probe at most a second old; Express asks the database at each
request, as such a service is usually written. So a third server is measured too: Express answering from such a probe.
"""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import rig
from benchmarks.rig import Row

_HERE = Path(__file__).parent
_PATH = "/api/health"


@dataclass(frozen=True, slots=True)
class _Load:
    per_s: float
    p99_ms: float


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each server, and the ratios of the medians."""
    if shutil.which("wrk") is None:
        raise rig.Unavailable("wrk is missing (apt-get install wrk)")
    modules = rig.node_modules()
    program = modules.parent / "express_health.mjs"
    shutil.copyfile(_HERE / program.name, program)
    rounds, seconds = (2, 2) if quick else (5, 8)
    with rig.server() as server, rig.database(server) as conninfo, ExitStack() as stack:
        url = rig.url_of(conninfo)
        ours = stack.enter_context(rig.serving([*rig.SLB, "serve"], rig.environment(DATABASE_URL=url), "/readyz"))
        express = ("node", program)
        asking = stack.enter_context(rig.serving(express, rig.node_environment(conninfo), _PATH))
        probing = stack.enter_context(rig.serving(express, rig.node_environment(conninfo, PROBE="1"), _PATH))
        loads: dict[str, list[_Load]] = {ours: [], asking: [], probing: []}
        for address in loads:
            _driven(address, 1)
        for _ in range(rounds):
            for address, found in loads.items():
                found.append(_driven(address, seconds))
    yield _row("slb serve, from a probe at most 1 s old", loads[ours])
    yield _row("Express, asks the database at each request", loads[asking])
    yield _row("Express, from a probe at most 1 s old", loads[probing])
    yield rig.at_least("requests/s, slb / Express that asks", _ratio(loads[ours], loads[asking]), 1.0)
    yield rig.at_most("p99, slb / Express that asks", _p99(loads[ours]) / _p99(loads[asking]), 1.0)
    yield Row("requests/s, slb / Express with a probe", f"{_ratio(loads[ours], loads[probing]):.2f}")
    yield Row("p99, slb / Express with a probe", f"{_p99(loads[ours]) / _p99(loads[probing]):.2f}")


def _driven(address: str, seconds: int) -> _Load:
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-s", _HERE / "wrk.lua", address + _PATH]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    requests, took_us, p99_us, failed = map(int, output.split("\n")[-2].split())
    if failed:
        raise RuntimeError(f"{failed} of {requests} requests failed")
    return _Load(requests / took_us * 1_000_000, p99_us / 1000)


def _ratio(ours: list[_Load], theirs: list[_Load]) -> float:
    return median(load.per_s for load in ours) / median(load.per_s for load in theirs)


def _p99(loads: list[_Load]) -> float:
    return median(load.p99_ms for load in loads)


def _row(name: str, loads: list[_Load]) -> Row:
    rates = sorted(load.per_s for load in loads)
    spread = f"{rates[0]:,.0f} to {rates[-1]:,.0f}"
    return Row(name, f"{median(rates):,.0f} requests/s ({spread}), p99 {_p99(loads):.1f} ms")
