"""The lock files of a data folder: who may hold them together, who waits, and that no lock outlives its holder."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shareable_backlog.database.embedded import embedded_lock
from tests.support.database.embedded_processes import DAEMON, under_root


def try_to_take(path: Path) -> bool:
    """Return whether somebody who opens the file now gets the lock alone."""
    with embedded_lock.open_file(path) as descriptor:
        return embedded_lock.take_lock(descriptor)


def test_a_missing_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / embedded_lock.USERS
    with embedded_lock.open_file(path) as descriptor:
        assert stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o600


def test_what_is_written_is_added_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "postgres.log"
    path.write_text("before, ")
    with embedded_lock.open_file(path) as descriptor:
        os.write(descriptor, b"after")
        assert os.pread(descriptor, 99, 0) == b"before, after"


def test_a_file_is_closed_at_the_end(tmp_path: Path) -> None:
    with embedded_lock.open_file(tmp_path / "file") as descriptor:
        pass
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"), embedded_lock.open_file(tmp_path / "link"):
        pass
    assert not (tmp_path / "elsewhere").exists()


@under_root
def test_under_root_a_file_belongs_to_the_owner_of_its_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, DAEMON, DAEMON)
    with embedded_lock.open_file(tmp_path / "file") as descriptor:
        found = os.fstat(descriptor)
    assert (found.st_uid, found.st_gid) == (DAEMON, DAEMON)


def test_many_share_a_lock_and_nobody_takes_it_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with embedded_lock.open_file(path) as first, embedded_lock.open_file(path) as second:
        embedded_lock.share_lock(first)
        embedded_lock.share_lock(second)
        embedded_lock.release_lock(first)
        assert not try_to_take(path)
        embedded_lock.release_lock(second)
        assert try_to_take(path)


def test_a_lock_that_was_taken_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with embedded_lock.open_file(path) as descriptor:
        assert embedded_lock.take_lock(descriptor)
        assert embedded_lock.take_lock(descriptor), "for whoever has it"
        assert not try_to_take(path)


def test_a_shared_lock_is_taken_when_nobody_else_shares_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with embedded_lock.open_file(path) as one:
        embedded_lock.share_lock(one)
        assert embedded_lock.take_lock(one)
        assert not try_to_take(path)


def test_whoever_fails_to_take_a_lock_that_they_shared_shares_it_no_more(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with embedded_lock.open_file(path) as one, embedded_lock.open_file(path) as other:
        embedded_lock.share_lock(one)
        embedded_lock.share_lock(other)
        assert not embedded_lock.take_lock(one)
        assert embedded_lock.take_lock(other)


def test_a_lock_ends_with_the_last_who_has_the_file_open(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with embedded_lock.open_file(path) as descriptor:
        assert embedded_lock.take_lock(descriptor)
        child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[descriptor])
    assert not try_to_take(path)
    child.kill()
    child.communicate()
    assert try_to_take(path)


def test_one_process_at_a_time_comes_or_goes(tmp_path: Path) -> None:
    passed: list[str] = []

    def follow() -> None:
        with embedded_lock.hold_start_lock(tmp_path):
            passed.append("second")

    second = threading.Thread(target=follow)
    with embedded_lock.hold_start_lock(tmp_path):
        second.start()
        second.join(0.1)
        assert second.is_alive()
        passed.append("first")
    second.join(60)
    assert passed == ["first", "second"]


def test_whoever_shares_a_lock_waits_for_the_one_who_has_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with embedded_lock.open_file(path) as holder, embedded_lock.open_file(path) as waiter:
        assert embedded_lock.take_lock(holder)
        waiting = threading.Thread(target=embedded_lock.share_lock, args=(waiter,))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        embedded_lock.release_lock(holder)
        waiting.join(60)
        assert not waiting.is_alive()
        assert not try_to_take(path)


def test_a_platform_without_posix_locks_is_refused_with_the_way_out() -> None:
    program = """
import sys
sys.modules["fcntl"] = sys.modules["pwd"] = None
from shareable_backlog.errors import EmbeddedServerFailed
try:
    from shareable_backlog.database.embedded import embedded_server
except EmbeddedServerFailed as error:
    print(error)
"""
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=path, capture_output=True, check=True)
    assert done.stdout.endswith(b"Set DATABASE_URL to a PostgreSQL server.\n")
