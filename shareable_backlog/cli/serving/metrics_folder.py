"""Make the folder in which workers count together.

Their parent removes it at its end; that of one that was killed is removed by the next that starts.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "slb-metrics-"
_JUST_MADE_S = 60.0
"""One as new may not be locked yet."""


@contextmanager
def make_folder() -> Generator[str]:
    """Yield a new folder, held by this process and its forks for as long as one of them runs."""
    for one in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # held, somebody else's, or gone by now
            _remove_left(one)
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        descriptor = _lock(folder)
        try:
            yield folder
        finally:
            os.close(descriptor)


def _remove_left(folder: Path) -> None:
    if time.time() - folder.lstat().st_mtime > _JUST_MADE_S:
        descriptor = _lock(folder)
        try:
            shutil.rmtree(folder)
        finally:
            os.close(descriptor)


def _lock(folder: str | Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
