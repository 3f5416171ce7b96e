"""Run several processes that serve on one socket, and one for the background work: `slb serve --workers N`.

Each is a fork of a small parent that has the program imported, does nothing itself but watch them, and starts again
what ends. A worker says once a second that it lives, in memory that it shares with the parent.
"""

import gc
import math
import mmap
import os
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from time import monotonic

from msgspec import Struct

from shareable_backlog import log_output, logs, service_manager, stop
from shareable_backlog.cli import outputs
from shareable_backlog.errors import BacklogError, ConfigurationInvalid

_LOG = logs.get_logger(__name__)

_AWAITED = (*stop.SIGNALS, signal.SIGCHLD, signal.SIGALRM)
LOOK_EVERY_S = 1.0
_SILENT_FOR_S = 60.0
"""After so long without a sign a worker hangs; a long statement or page never keeps its event loop so long."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
BACKGROUND_STOPS_IN_S = 18.0
"""How long the background work may take to end, as stop.py has it, before the parent ends all."""

Work = Callable[[Callable[[], None]], int]
"""Does a worker's work and returns its exit code; calls its argument once a second, first when it is ready."""


class _Worker(Struct):
    """One of the processes, running (`pid`) or to be started at `starts_at`."""

    name: str
    work: Work
    number: int
    pid: int = 0
    began_at: float = 0
    starts_at: float = 0
    failures: int = 0


class Supervisor:
    """The parent of workers: `web` of them serve and end first, the last one does the background work.

    `web_stops_in_s` is how long those may take to end.
    """

    def __init__(self, web: Sequence[Work], background: Work, *, web_stops_in_s: float) -> None:
        named = [*((f"web {number}", one) for number, one in enumerate(web, 1)), ("background", background)]
        self._workers = [_Worker(name, work, number) for number, (name, work) in enumerate(named)]
        # Anonymous memory is shared with forks; a number of eight bytes is written at once.
        self._beats = memoryview(mmap.mmap(-1, 8 * len(named))).cast("d")
        self._web_stops_in_s = web_stops_in_s
        self._stopping_since = math.inf
        self._is_ready = False
        self._pid = os.getpid()

    def run(self, when_stopping: Callable[[], None]) -> int:
        """Keep the workers running until a signal, then stop them; return the exit code of the whole.

        Where one can't even start at first, its exit code is that. `when_stopping` is called at the signal.
        """
        gc.freeze()  # else the collector would write into memory that the workers share
        with _await_signals():
            while True:
                self._start_due()
                number = signal.sigwait(_AWAITED)
                failure = self._reap()
                if failure and not self._is_ready:
                    when_stopping()
                    self._kill_all()
                    return failure
                if number in stop.SIGNALS:
                    self._stop(when_stopping, again=self._is_stopping)
                running = self._list_running()
                if self._is_stopping and not running:
                    return 0
                if self._is_stopping and not self._finish_stop(running):
                    return 1
                self._look(running)

    @property
    def _is_stopping(self) -> bool:
        return self._stopping_since < math.inf

    def _list_running(self) -> list[_Worker]:
        return [one for one in self._workers if one.pid]

    def _start_due(self) -> None:
        for one in self._workers:
            if not one.pid and not self._is_stopping and one.starts_at <= monotonic():
                self._beats[one.number], one.began_at = 0, monotonic()
                one.pid = os.fork() or self._become(one)

    def _become(self, one: _Worker) -> int:
        """Be the worker, to the end of this process."""
        code = 1
        try:
            os.setpgid(0, 0)  # Ctrl-C is the parent's to hear
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
            service_manager.leave_manager()

            def beat() -> None:
                self._beats[one.number] = monotonic()
                if os.getppid() != self._pid and not stop.is_stopping():
                    _LOG.error("worker_lost_its_parent", worker=one.name)
                    os.kill(os.getpid(), signal.SIGTERM)

            code = one.work(beat)
        except BacklogError as error:
            outputs.complain(error)
            code = 2 if isinstance(error, ConfigurationInvalid) else 1
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001 (nothing above may run twice)
            _LOG.error("worker_failed", worker=one.name, exc_info=True)
        finally:
            log_output.flush_lines()
            os._exit(code)

    def _reap(self) -> int:
        """Take note of all that ended, and return the exit code of one that failed without having been ready."""
        failure = 0
        for one in self._list_running():
            pid, status = os.waitpid(one.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                one.pid = 0
                if not self._is_stopping:
                    failure = failure or self._plan_restart(one, code)
        return failure

    def _plan_restart(self, one: _Worker, code: int) -> int:
        is_new = self._beats[one.number] == 0
        one.failures = one.failures + 1 if monotonic() - one.began_at < _LONGEST_WAIT_S else 0
        wait_s = min(_FIRST_WAIT_S * 2 ** (one.failures - 1), _LONGEST_WAIT_S) if one.failures > 1 else 0
        one.starts_at = monotonic() + wait_s
        if self._is_ready or not is_new:
            _LOG.error("worker_ended", worker=one.name, exit_code=code, again_in_s=wait_s)
        return (code if code > 0 else 1) if is_new else 0

    def _look(self, running: Sequence[_Worker]) -> None:
        """Tell the service manager how all are, and end a worker that gives no sign."""
        if not self._is_ready and len(running) == len(self._workers) and all(self._beats):
            self._is_ready = True
            service_manager.tell_state(service_manager.READY)
        service_manager.tell_alive()
        for one in running:
            if not self._is_stopping and monotonic() - max(one.began_at, self._beats[one.number]) > _SILENT_FOR_S:
                _LOG.error("worker_hangs", worker=one.name, silent_for_s=_SILENT_FOR_S)
                os.kill(one.pid, signal.SIGKILL)

    def _stop(self, when_stopping: Callable[[], None], *, again: bool) -> None:
        """Tell the web workers to stop; all of them, and the background work too, at a second signal."""
        if not again:
            when_stopping()
            service_manager.tell_state(service_manager.STOPPING)
            self._stopping_since = monotonic()
        self._send(signal.SIGTERM, self._workers if again else self._workers[:-1])

    def _finish_stop(self, running: Sequence[_Worker]) -> bool:
        """Stop the background work once no web worker runs; False when all had to be ended by force."""
        late_s = monotonic() - self._stopping_since - self._web_stops_in_s
        background = self._workers[-1]
        if running == [background] or late_s > 0:
            if background.starts_at < math.inf:
                background.starts_at = math.inf  # it is told once
                self._send(signal.SIGTERM, [background])
            if late_s > BACKGROUND_STOPS_IN_S:
                _LOG.error("stop_took_too_long", workers=[one.name for one in running])
                self._kill_all()
                return False
        return True

    def _send(self, number: signal.Signals, workers: Sequence[_Worker]) -> None:
        for one in workers:
            if one.pid:
                os.kill(one.pid, number)

    def _kill_all(self) -> None:
        self._send(signal.SIGKILL, self._workers)
        for one in self._list_running():
            os.waitpid(one.pid, 0)
            one.pid = 0


@contextmanager
def _await_signals() -> Generator[None]:
    """Keep signals for `sigwait()` inside the context, one of a clock among them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY_S, LOOK_EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in (*stop.SIGNALS, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)  # one may be waiting
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
