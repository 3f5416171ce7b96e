"""Drive a server with wrk, and read what it found."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import rig
from benchmarks.rig import Row

_PROGRAM = Path(__file__).with_suffix(".lua")
_WAITS_S = 30


@dataclass(frozen=True, slots=True)
class Load:
    """How a server did: `per_s` requests a second, `bytes_each` of each answer with its headers."""

    per_s: float
    bytes_each: float
    p50_ms: float
    p99_ms: float
    requests: int
    failed: int


def require() -> None:
    """Raise Unavailable unless there is a wrk."""
    if shutil.which("wrk") is None:
        raise rig.Unavailable("wrk is missing (apt-get install wrk)")


def driven(
    address: str,
    seconds: int,
    asked: Sequence[tuple[str, str]],
    *,
    connections: int = 32,
    with_tags: bool = False,
    pause_ms: int = 0,
    is_compressed: bool = False,
) -> Load:
    """Ask for pages, each with the Cookie beside it, in no order.

    With `with_tags`, for a single page, as a browser does that has it already; `pause_ms` is how long a viewer looks
    at a page on average. With `is_compressed` they accept gzip, as browsers do. What takes 30 s has failed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{path}\t{cookie}\n" for path, cookie in asked)
        file.flush()
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={_WAITS_S}s", "-s", _PROGRAM, address]
        encoding = "gzip" if is_compressed else "identity"
        command = ["wrk", *options, "--", file.name, "tags" if with_tags else "-", str(pause_ms), encoding]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    requests, took_us, received, p50_us, p99_us, failed = map(int, output.split("\n")[-2].split())
    return Load(requests / took_us * 1_000_000, received / requests, p50_us / 1000, p99_us / 1000, requests, failed)


def unfailed(load: Load) -> Load:
    """Return the load back; raises RuntimeError if a request has failed."""
    if load.failed:
        raise RuntimeError(f"{load.failed} of {load.requests} requests failed")
    return load


def ratio(ours: Sequence[Load], theirs: Sequence[Load]) -> float:
    """Return how many times as many requests ours takes, by the medians."""
    return median(load.per_s for load in ours) / median(load.per_s for load in theirs)


def p99_ms(loads: Sequence[Load]) -> float:
    """Return the median of the 99th percentiles."""
    return median(load.p99_ms for load in loads)


def row(name: str, loads: Sequence[Load]) -> Row:
    """Return the line of a server's loads."""
    rates = sorted(load.per_s for load in loads)
    spread = f"{rates[0]:,.0f} to {rates[-1]:,.0f}"
    return Row(name, f"{median(rates):,.0f} requests/s ({spread}), p99 {p99_ms(loads):.1f} ms")
