"""Count the processor time of a server and of PostgreSQL, which neighbours on the machine hardly change."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
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


def _read_parent(pid: int) -> int:
    return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


def _read_used_ns(pid: int) -> int:
    return sum(int(one.read_text().split()[0]) for one in (_PROC / str(pid) / "task").glob("*/schedstat"))


def _read_backends(postmaster: int, but: int) -> Mapping[int, int]:
    """Return what each process of PostgreSQL has used so far, by its id."""
    children = (_PROC / str(postmaster) / "task" / str(postmaster) / "children").read_text().split()
    return {int(child): _read_used_ns(int(child)) for child in children if int(child) != but}
