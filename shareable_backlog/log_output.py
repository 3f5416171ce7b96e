"""Write log lines from a thread of their own, so that whoever logs never waits for whoever reads."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import accumulate, islice, takewhile

MOST_LINES = 10_000
"""How many lines may wait to be written; what comes while so many do is dropped, and counted."""
_MOST_BYTES = 8_000_000
_MOST_AT_ONCE_BYTES = 65_536
_GATHERED_FOR_S = 0.02  # a thread that wakes up for each line costs more than the line
_AGAIN_S = 0.05
_LAST_LINES_S = 2.0


class QueuedHandler(logging.Handler):
    """Hand lines to a thread that writes them to the descriptor `output`.

    `tell` is called in that thread with how many lines could not be written, once they can be again.
    """

    def __init__(self, output: int, tell: Callable[[int], None]) -> None:
        super().__init__()
        self._output = output
        self._tell = tell
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Queue the line of `record`, or count it when too many wait."""
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
        except Exception:  # noqa: BLE001 (as the standard library's handlers do: a log line ends nothing)
            self.handleError(record)
            return
        with self._changed:
            if len(self._lines) >= MOST_LINES or self._size + len(line) > _MOST_BYTES:
                self._dropped += 1
                return
            self._lines.append(line)
            self._size += len(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_lines, name="log", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
            self._changed.notify_all()

    def _write_lines(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
            time.sleep(_GATHERED_FOR_S)
            with self._changed:
                lines = self._choose_lines()
            is_written = self._write(b"".join(lines))
            with self._changed:
                for line in lines:
                    self._lines.popleft()
                    self._size -= len(line)
                dropped = self._dropped + (0 if is_written else len(lines))
                self._dropped = 0 if is_written else dropped
                self._changed.notify_all()
            if is_written and dropped:
                self._tell(dropped)

    def _choose_lines(self) -> list[bytes]:
        """Return the lines to be written next, which wait until they are: one at least, and about 64 KiB at most."""
        sizes = takewhile(lambda size: size <= _MOST_AT_ONCE_BYTES, accumulate(map(len, self._lines)))
        return list(islice(self._lines, max(1, len(list(sizes)))))

    def _write(self, text: bytes) -> bool:
        """Write lines however long that takes; False when they can't be, as on a full disk."""
        while text:
            try:
                text = text[os.write(self._output, text) :]
            except BlockingIOError:
                time.sleep(_AGAIN_S)
            except OSError:
                return False
        return True

    def flush(self) -> None:
        """Wait until all lines are written, 2 s at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._lines, timeout=_LAST_LINES_S)


def flush_lines() -> None:
    """Wait, 2 s at most, until what was logged is written: before the process ends by force."""
    for handler in logging.getLogger().handlers:
        with suppress(OSError, ValueError):
            handler.flush()
