"""Fork commands from a process that has loaded the program: to load it takes longer than most of them do."""

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any, TextIO

from shareable_backlog import cli

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["shareable_backlog.app", "shareable_backlog.web.connections.server", __name__])


class ForkedCommand:
    """`slb` with arguments, in a process of its own; what can be done to it is called as in `subprocess.Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        outputs: tuple[int, int],
        stdout: TextIO | None = None,
    ) -> None:
        """Begin it; what it writes goes to the two descriptors, and `stdout` is where to read what the first got."""
        given = (arguments, folder, environment, [_Descriptor(one) for one in outputs])
        self._process = _FORKS.Process(target=_be_command, args=given)
        self._process.start()
        self.stdout = stdout

    @property
    def pid(self) -> int:
        """Return its process number."""
        assert self._process.pid
        return self._process.pid

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code, once it has ended. Raises TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("slb", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()


class _Descriptor:
    """A descriptor that is one of the other process too, whatever its number there."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[object]]:
        return _detach, (DupFd(self._number),)


def _detach(passed: Any) -> int:
    return passed.detach()


def _be_command(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], outputs: list[int]) -> None:
    """Become the command, in a process that was forked for it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
        os.close(output)
    sys.argv = ["slb", *arguments]
    try:
        sys.exit(cli.main())
    finally:
        atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage] (which a fork leaves out)
