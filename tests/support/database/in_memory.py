"""Make the folders in which servers keep their data for a test: in memory, where many small files cost little."""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # private folders are made in it
_ROOM_WANTED = 2 * 2**30
_PREFIX = "slb-tests-"


def folder() -> Path:
    """Make a folder that everybody can enter, on the disk where memory has no room for it; the caller removes it.

    Not one of pytest's own: those are closed to the unprivileged account that PostgreSQL runs as under root.
    """
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_WANTED
    made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_MEMORY if is_roomy else None))
    made.chmod(0o755)
    return made


def remove_abandoned() -> None:
    """Remove the folders of processes that were killed, and end the servers that they left behind."""
    for parent in {_MEMORY, Path(tempfile.gettempdir())}:
        for path in parent.glob(f"{_PREFIX}*-*"):
            owner = path.name.removeprefix(_PREFIX).partition("-")[0]
            if owner.isdigit() and not _runs(int(owner)):
                for pid in working_in(path):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                shutil.rmtree(path, ignore_errors=True)


def working_in(path: Path) -> list[int]:
    """Return the processes that work in a folder: a server's and its watcher."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(path):
                found.append(int(entry.name))
    return found


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True
