"""Keep files on disk up to a total size; the least recently used go first."""

import hashlib
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from shareable_backlog import logs

_LOG = logs.get_logger(__name__)

_CHECKSUM_BYTES = hashlib.sha256().digest_size
_KEPT_SHARE = 0.9  # trimmed to this, so that not every new file has to look at all others


class FileCache:
    """Keep contents by key in `folder`, which is made when the first one comes; `largest_total` is in bytes.

    Threads may share it. Processes may share the folder: each then exceeds the total by up to a tenth. No fault of
    the disk reaches the caller: what can't be kept is not there later, and the log says so once.
    """

    def __init__(self, folder: Path, largest_total: int) -> None:
        self._folder = folder
        self._largest_total = largest_total
        self._room = 0
        """How many bytes fit before the folder must be looked at again."""
        self._lock = threading.Lock()
        self._has_warned = False

    def read(self, key: str) -> bytes | None:
        """Return what was kept by `key`; None when there is nothing, or not all of it any more."""
        path = self._build_path(key)
        try:
            stored = path.read_bytes()
            checksum, content = stored[:_CHECKSUM_BYTES], stored[_CHECKSUM_BYTES:]
            if hashlib.sha256(content).digest() != checksum:
                path.unlink(missing_ok=True)
                return None
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn_once(error)
            return None
        return content

    def write(self, key: str, content: bytes) -> None:
        """Keep `content` by `key`, unless it alone would fill the cache."""
        stored = hashlib.sha256(content).digest() + content
        if len(stored) > self._largest_total * _KEPT_SHARE:
            return
        try:
            with self._lock:
                self._make_room(len(stored))
            self._replace_file(self._build_path(key), stored)
        except OSError as error:
            self._warn_once(error)

    def _build_path(self, key: str) -> Path:
        return self._folder / hashlib.sha256(key.encode()).hexdigest()

    def _replace_file(self, path: Path, stored: bytes) -> None:
        """Write under another name first: nobody reads half a file."""
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            try:
                file.write(stored)
                file.flush()
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise

    def _make_room(self, size: int) -> None:
        if size > self._room:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            self._trim(round(self._largest_total * _KEPT_SHARE) - size)
            self._room = self._largest_total - round(self._largest_total * _KEPT_SHARE) + size
        self._room -= size

    def _trim(self, largest_total: int) -> None:
        """Remove the least recently used files, unfinished ones of killed processes too, down to `largest_total`."""
        found: list[tuple[os.stat_result, str]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process was faster
                    if entry.is_file(follow_symlinks=False):
                        found.append((entry.stat(follow_symlinks=False), entry.path))
        total = sum(stat.st_size for stat, _ in found)
        for stat, path in sorted(found, key=lambda one: one[0].st_mtime_ns):
            if total <= largest_total:
                return
            Path(path).unlink(missing_ok=True)
            total -= stat.st_size

    def _warn_once(self, error: OSError) -> None:
        if not self._has_warned:
            self._has_warned = True
            _LOG.warning("image_cache_unusable", reason=error.strerror)
