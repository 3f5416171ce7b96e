"""Start processes that use an embedded server, and find and await the server's own."""

import multiprocessing
import os
import select
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import psycopg
import pytest

from shareable_backlog.database.embedded import embedded_server
from tests.support.database import embedded_child
from tests.support.database.in_memory import working_in

FAST = ("-c", "fsync=off")
DAEMON = 1  # an ordinary user that every Linux has
under_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")  # only root becomes another user
"""Mark a test of what root does: nobody else may become another user, and CI runs as root."""
_PATIENCE_S = 60
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["__main__", embedded_child.__name__])


@dataclass(frozen=True, slots=True)
class User:
    """Another process that uses a server, and the line to it."""

    process: ForkServerProcess
    line: "Connection[str, object]"

    @property
    def pid(self) -> int:
        """Return its process number."""
        assert self.process.pid
        return self.process.pid

    def answer(self, statement: str | None = None) -> object:
        """Return what it says next, or the first value of `statement`'s result."""
        if statement is not None:
            self.line.send(statement)
        assert self.line.poll(_PATIENCE_S), "no answer"
        return self.line.recv()

    def leave(self) -> int | None:
        """Let it leave the server, and return its exit code."""
        self.line.close()
        self.process.join(_PATIENCE_S)
        return self.process.exitcode

    def kill(self) -> None:
        """Kill it, and wait for its end."""
        self.process.kill()
        self.process.join()


@contextmanager
def start_process(data_dir: Path, uid: int | None = None, python: str = sys.executable) -> Generator[User]:
    """Start a process that uses the server in `data_dir`; it is killed at the end unless it has left."""
    here, there = _FORKS.Pipe()
    arguments = (there, data_dir, FAST, os.geteuid() if uid is None else uid, python)
    process = _FORKS.Process(target=embedded_child.main, args=arguments)
    process.start()
    there.close()
    user = User(process, here)  # pyright: ignore[reportArgumentType]  # the other kind of pipe is Windows's
    try:
        yield user
    finally:
        user.kill()
        here.close()


@contextmanager
def use_server(data_dir: Path, uid: int | None = None, python: str = sys.executable) -> Generator[User]:
    """Start a process that uses the server in `data_dir`, and wait until it does."""
    with start_process(data_dir, uid, python) as user:
        assert user.answer() == "up"
        yield user


def wait_for_end(pids: Iterable[int], within_s: float = _PATIENCE_S) -> bool:
    """Wait until all of `pids` have ended; False if one has not."""
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                if not select.select([handle], [], [], within_s)[0]:
                    return False
            finally:
                os.close(handle)
    return True


def wait_until_deserted(folder: Path, within_s: float = _PATIENCE_S) -> bool:
    """Wait until no process works in `folder`; False if one goes on."""
    while pids := working_in(folder):
        if not wait_for_end(pids, within_s):
            return False
    return True


def postmaster(data_dir: Path) -> int:
    """Return the process of the server that runs in `data_dir`."""
    pid = embedded_server.inspect_server(data_dir).pid
    assert pid
    return pid


def watcher(data_dir: Path) -> int:
    """Return the process of the watcher of `data_dir`."""
    for pid in working_in(data_dir):
        with suppress(OSError):  # a session that has ended meanwhile
            if b"embedded_watch.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    raise AssertionError("no watcher")


def one(conninfo: str, statement: str) -> object:
    """Return the first value of `statement`'s result."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row
    return row[0]
