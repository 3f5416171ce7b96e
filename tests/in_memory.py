"""Make the folders in which servers keep their data for a test: in memory, where many small files cost little."""

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # private folders are made in it
_ROOM_WANTED = 2 * 2**30


def folder(prefix: str) -> Path:
    """Make a folder that everybody can enter, on the disk where memory has no room for it; the caller removes it.

    Not one of pytest's own: those are closed to the unprivileged account that PostgreSQL runs as under root.
    """
    is_roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_WANTED
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=_MEMORY if is_roomy else None))
    made.chmod(0o755)
    return made
