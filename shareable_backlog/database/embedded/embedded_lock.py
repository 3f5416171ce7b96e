"""Lock the files by which the processes of one data folder share the embedded server.

The kernel takes a lock back when its last holder closes the file or ends, however it ends.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from shareable_backlog.errors import EmbeddedServerFailed

try:
    import fcntl
except ModuleNotFoundError as missing:
    raise EmbeddedServerFailed(
        "The embedded PostgreSQL needs Linux or macOS. Set DATABASE_URL to a PostgreSQL server."
    ) from missing

# Whoever comes or goes holds the first, every user shares the second, the watcher holds the third.
START, USERS, WATCHER = NAMES = ("start.lock", "users.lock", "watcher.lock")


@contextmanager
def open_file(path: Path) -> Generator[int]:
    """Open a file of the data folder to read and append, made if missing; as root, for the folder's owner.

    Gives its descriptor. Raises OSError, also for a symbolic link, which root must not follow.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def hold_start_lock(home: Path) -> Generator[None]:
    """Wait until no other process starts using the server of `home` or stops, and keep it so."""
    with open_file(home / START) as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        yield


def share_lock(descriptor: int) -> None:
    """Take the lock together with others; waits for the end of an exclusive one."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def take_lock(descriptor: int) -> bool:
    """Take the lock exclusively if nobody else has it; False, and a shared one of our own is gone, if not."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def release_lock(descriptor: int) -> None:
    """Give the lock up."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
