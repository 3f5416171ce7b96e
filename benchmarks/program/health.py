"""Compare `/api/health` of `slb serve` with the same endpoint on Express 5 + pg 8 + pino, in requests/s and p99.

Both are one process, have the same pool settings and the same database, log no requests, and are driven by wrk over
32 connections, in turns. `slb serve` answers from a probe at most a second old; Express asks the database at each
request, as such a service is usually written. So a third server is measured too: Express answering from such a probe.
"""

import shutil
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import rig
from benchmarks.rig import Row, wrk
from benchmarks.rig.wrk import Load

_SERVERS = Path(__file__).parents[1] / "rig" / "servers"
_PATH = "/api/health"
_ASKED = ((_PATH, ""),)


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each server, and the ratios of the medians."""
    wrk.require()
    modules = rig.node_modules()
    program = modules.parent / "express_health.mjs"
    shutil.copyfile(_SERVERS / program.name, program)
    rounds, seconds = (2, 2) if quick else (5, 8)
    with rig.server() as server, rig.database(server) as conninfo, ExitStack() as stack:
        url = rig.url_of(conninfo)
        ours = stack.enter_context(rig.serving([*rig.SLB, "serve"], rig.environment(DATABASE_URL=url), "/readyz"))
        express = ("node", program)
        asking = stack.enter_context(rig.serving(express, rig.node_environment(conninfo), _PATH))
        probing = stack.enter_context(rig.serving(express, rig.node_environment(conninfo, PROBE="1"), _PATH))
        loads: dict[str, list[Load]] = {ours: [], asking: [], probing: []}
        for address in loads:
            wrk.driven(address, 1, _ASKED)
        for _ in range(rounds):
            for address, found in loads.items():
                found.append(wrk.unfailed(wrk.driven(address, seconds, _ASKED)))
    yield wrk.row("slb serve, from a probe at most 1 s old", loads[ours])
    yield wrk.row("Express, asks the database at each request", loads[asking])
    yield wrk.row("Express, from a probe at most 1 s old", loads[probing])
    yield rig.at_least("requests/s, slb / Express that asks", wrk.ratio(loads[ours], loads[asking]), 1.0)
    yield rig.at_most("p99, slb / Express that asks", wrk.p99_ms(loads[ours]) / wrk.p99_ms(loads[asking]), 1.0)
    yield Row("requests/s, slb / Express with a probe", f"{wrk.ratio(loads[ours], loads[probing]):.2f}")
    yield Row("p99, slb / Express with a probe", f"{wrk.p99_ms(loads[ours]) / wrk.p99_ms(loads[probing]):.2f}")
