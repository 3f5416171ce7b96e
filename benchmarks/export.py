"""Take along all of 100,000 items as CSV, archived ones too: when it begins, how long it takes, in which memory.

The memory is the largest that the process had resident meanwhile, without what it had before (Linux only).
"""

import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks import rig
from benchmarks.rig import Row, backlogs
from benchmarks.rig.reader import Reader
from tests.support import memory

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class _Taken:
    first_byte_s: float
    all_s: float
    lines: int
    bytes: int
    grown_mb: float


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the worst of some rounds."""
    if sys.platform != "linux":
        raise rig.Unavailable("the memory of another process is read from /proc, which only Linux has")
    size, rounds = (10_000, 2) if quick else (100_000, 5)
    with backlogs.databases(size) as mirrors:
        environ = rig.environment(DATABASE_URL=rig.url_of(mirrors[size]))
        with rig.started([*rig.SLB, "serve"], environ, "/readyz") as (address, pid):
            # Idle is what the server is after some pages.
            reader = Reader(address)
            for _ in range(20):
                reader.read("/")
            taken = [_take(address, pid) for _ in range(rounds)]
    yield Row("lines, MB", f"{taken[0].lines:,}, {taken[0].bytes / 2**20:.1f}")
    yield rig.at_most("first byte", max(one.first_byte_s for one in taken), 0.5, " s")
    yield Row("last byte", f"{min(one.all_s for one in taken):.2f} to {max(one.all_s for one in taken):.2f} s")
    yield rig.at_most("memory above idle, the first time", taken[0].grown_mb, 50, " MB")
    yield rig.at_most("memory above idle, the largest", max(one.grown_mb for one in taken), 50, " MB")


def _take(address: str, pid: int) -> _Taken:
    connection = HTTPConnection(urlsplit(address).netloc)
    memory.forget_peak(pid)
    idle_mb = memory.read_peak_mb(pid)
    started = time.perf_counter()
    connection.request("GET", "/export.csv?archived=shown", headers={"Cookie": rig.AS_BOB})
    answer = connection.getresponse()
    lines, received = 0, 0
    first_byte_s = None
    while chunk := answer.read1(_CHUNK):
        first_byte_s = first_byte_s or time.perf_counter() - started
        lines += chunk.count(b"\n")
        received += len(chunk)
    all_s = time.perf_counter() - started
    connection.close()
    if answer.status != 200 or first_byte_s is None:
        raise RuntimeError(f"the export was answered by {answer.status}")
    return _Taken(first_byte_s, all_s, lines, received, memory.read_peak_mb(pid) - idle_mb)
