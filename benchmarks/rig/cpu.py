"""Count the processor time of a server and of PostgreSQL, which neighbours on the machine hardly change."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

_PROC = Path("/proc")


@dataclass(slots=True)
class Cost:
    """Processor time in µs, of the server that was asked and of PostgreSQL for it."""

    server_us: float = 0.0
    postgres_us: float = 0.0


@contextmanager
def counted(pid: int, database: psycopg.Connection) -> Generator[Cost]:
    """Yield a cost that is known once the context is left; what `database` itself takes is not counted."""
    cost = Cost()
    own = database.info.backend_pid
    postmaster = _read_parent(own)
    before, before_all = _read_used_ns(pid), _read_backends(postmaster, own)
    yield cost
    after_all = _read_backends(postmaster, own)
    cost.server_us = (_read_used_ns(pid) - before) / 1000
    cost.postgres_us = sum(used - before_all.get(one, 0) for one, used in after_all.items()) / 1000


def read_postgres_s(database: psycopg.Connection) -> float:
    """Return the processor time in seconds that all processes of a server have used so far, those that ended too."""
    postmaster = _read_parent(database.info.backend_pid)
    ticks = (_PROC / str(postmaster) / "stat").read_text().rpartition(")")[2].split()[13:15]  # cutime, cstime
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK") + sum(_read_backends(postmaster, 0).values()) / 1e9


def _read_parent(pid: int) -> int:
    return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


def _read_used_ns(pid: int) -> int:
    return sum(int(one.read_text().split()[0]) for one in (_PROC / str(pid) / "task").glob("*/schedstat"))


def _read_backends(postmaster: int, but: int) -> Mapping[int, int]:
    """Return what each process of PostgreSQL has used so far, by its id."""
    children = (_PROC / str(postmaster) / "task" / str(postmaster) / "children").read_text().split()
    used: dict[int, int] = {}
    for child in map(int, children):
        with suppress(OSError):  # it has ended meanwhile
            used |= {child: _read_used_ns(child)} if child != but else {}
    return used


def read_memory_mb(pid: int) -> float:
    """Return what a process has in memory now."""
    lines = (_PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
