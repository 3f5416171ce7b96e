"""Ask for `/healthz` while 20 connections pour requests that never end: how long it takes, and the server's memory.

Each connection that is closed is made anew at once. The memory is the largest that the process had resident
meanwhile, without what it had before (Linux only).
"""

import subprocess
import sys
import time
from collections.abc import Generator
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks import rig
from benchmarks.rig import Row
from tests.fakes.stranger import KINDS
from tests.support import memory

_EVERY_S = 0.05


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the latencies and the memory for each kind of request."""
    if sys.platform != "linux":
        raise rig.Unavailable("the memory of another process is read from /proc, which only Linux has")
    seconds = 3 if quick else 10
    with rig.server() as server, rig.database(server) as conninfo:
        environ = rig.environment(DATABASE_URL=rig.url_of(conninfo))
        for kind in KINDS:
            with rig.started([*rig.SLB, "serve"], environ, "/readyz") as (address, pid):
                yield from _measure_kind(urlsplit(address).netloc, pid, kind, seconds)


def _measure_kind(netloc: str, pid: int, kind: str, seconds: float) -> Generator[Row]:
    _time_healthz(netloc, 1)
    memory.forget_peak(pid)
    idle_mb = memory.read_peak_mb(pid)
    with subprocess.Popen([sys.executable, "-m", "tests.fakes.stranger", netloc, kind], cwd=rig.ROOT) as pouring:
        try:
            times_ms = sorted(_time_healthz(netloc, seconds))
        finally:
            pouring.kill()
    yield Row(f"{kind}: median, slowest", f"{times_ms[len(times_ms) // 2]:.1f}, {times_ms[-1]:.1f} ms")
    yield rig.at_most(f"{kind}: 95 of 100", times_ms[len(times_ms) * 95 // 100], 50, " ms")
    yield rig.at_most(f"{kind}: memory", memory.read_peak_mb(pid) - idle_mb, 20, " MB")


def _time_healthz(netloc: str, seconds: float) -> list[float]:
    """Return how long each answer took in ms, with a connection of its own as a probe has."""
    times_ms: list[float] = []
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        started = time.perf_counter()
        connection = HTTPConnection(netloc, timeout=60)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
        connection.close()
        times_ms.append((time.perf_counter() - started) * 1000)
        if status != 200:
            raise RuntimeError(f"/healthz was answered by {status}")
        time.sleep(_EVERY_S)
    return times_ms
