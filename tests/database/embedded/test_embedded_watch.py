"""The watcher: it starts the server, waits for the last user to be gone, however that ended, and stops the server."""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from shareable_backlog.database.embedded import embedded_lock, embedded_server, embedded_watch
from tests.support.database.embedded_processes import FAST, one, start_process, use_server, wait_until_deserted

STOP = "stop -m fast -w -t 300 -s"


@contextmanager
def listen_in(folder: Path, backlog: int = 1) -> Generator[None]:
    """Listen where a server of this folder does."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / embedded_watch.SOCKET))
        server.listen(backlog)
        yield


def make_pg_ctl(folder: Path, *, starts: bool = True) -> Path:
    """Make a program that notes what it is told in place of pg_ctl's doing it."""
    program = folder / "pg_ctl"
    calls = shlex.quote(str(folder / "calls"))
    program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexit {0 if starts else 1}\n')
    program.chmod(0o755)
    return program


def read_calls(folder: Path) -> list[str]:
    """Return what pg_ctl was told."""
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


def watch(folder: Path, pg_ctl: Path, *start: str) -> int:
    """Run the watcher as the server's module does, and return the exit code of its first part."""
    with ExitStack() as stack:
        users = stack.enter_context(embedded_lock.open_file(folder / embedded_lock.USERS))
        watcher = stack.enter_context(embedded_lock.open_file(folder / embedded_lock.WATCHER))
        assert embedded_lock.take_lock(watcher)
        program = [sys.executable, "-I", "-S", embedded_watch.__file__, str(users), str(watcher)]
        account = [str(os.geteuid()), str(os.getegid())]
        return subprocess.run(
            [*program, *account, pg_ctl, *start],
            pass_fds=(users, watcher), env={"PGDATA": str(folder)}, cwd=folder, start_new_session=True, check=False,
        ).returncode  # fmt: skip


def is_watched(folder: Path) -> bool:
    with embedded_lock.open_file(folder / embedded_lock.WATCHER) as watcher:
        return not embedded_lock.take_lock(watcher)


def test_nobody_listens_where_there_is_no_socket_or_one_left_behind(outside: Path) -> None:
    assert not embedded_watch.is_listening(str(outside))
    with listen_in(outside):
        pass
    assert (outside / embedded_watch.SOCKET).exists()
    assert not embedded_watch.is_listening(str(outside))


def test_a_server_listens_though_it_is_too_busy_to_answer(outside: Path) -> None:
    with listen_in(outside, backlog=0), ExitStack() as stack:
        assert embedded_watch.is_listening(str(outside))
        with suppress(BlockingIOError):
            for _ in range(9):
                waiting = stack.enter_context(socket.socket(socket.AF_UNIX))
                waiting.settimeout(0)
                waiting.connect(str(outside / embedded_watch.SOCKET))
        assert embedded_watch.is_listening(str(outside))


def test_it_stops_the_server_once_the_last_user_is_gone(outside: Path) -> None:
    with listen_in(outside):
        with embedded_lock.open_file(outside / embedded_lock.USERS) as users:
            embedded_lock.share_lock(users)
            assert watch(outside, make_pg_ctl(outside), "-w", "-t", "600") == 0
            assert is_watched(outside)
            assert read_calls(outside) == ["start -w -t 600"]
        assert wait_until_deserted(outside)
    assert read_calls(outside) == ["start -w -t 600", STOP]
    assert not is_watched(outside)


def test_a_server_that_runs_already_is_only_watched(outside: Path) -> None:
    with listen_in(outside):
        assert watch(outside, make_pg_ctl(outside)) == 0
        assert wait_until_deserted(outside)
    assert read_calls(outside) == [STOP]


def test_a_server_that_has_ended_by_itself_is_not_stopped(outside: Path) -> None:
    assert watch(outside, make_pg_ctl(outside), "-w") == 0
    assert wait_until_deserted(outside)
    assert read_calls(outside) == ["start -w"]


def test_a_server_that_does_not_start_leaves_no_watcher(outside: Path) -> None:
    with embedded_lock.open_file(outside / embedded_lock.USERS) as users:
        embedded_lock.share_lock(users)
        assert watch(outside, make_pg_ctl(outside, starts=False), "-w") == 1
        assert wait_until_deserted(outside)
        assert not is_watched(outside)


def test_a_killed_only_user_leaves_no_server_behind(data_dir: Path) -> None:
    with use_server(data_dir) as alice:
        alice.kill()
        assert wait_until_deserted(data_dir)
    assert "database system is shut down" in (data_dir / "postgres.log").read_text()


def test_a_killed_user_takes_the_server_from_nobody(data_dir: Path) -> None:
    with use_server(data_dir) as alice, use_server(data_dir) as bob:
        server = bob.answer("SELECT pg_postmaster_start_time()")
        alice.kill()
        with embedded_server.run_server(data_dir, FAST) as conninfo:
            assert bob.answer("SELECT pg_postmaster_start_time()") == server
            assert one(conninfo, "SELECT pg_postmaster_start_time()") == server
        assert bob.leave() == 0
    assert embedded_server.inspect_server(data_dir).pid is None


def test_a_kill_while_the_server_starts_leaves_no_server_behind(data_dir: Path) -> None:
    with start_process(data_dir) as alice:
        while not (data_dir / "postgres" / "postmaster.pid").exists():
            alice.process.join(0.005)
            assert alice.process.is_alive()
        alice.kill()
        assert wait_until_deserted(data_dir)
    assert embedded_server.inspect_server(data_dir).pid is None
