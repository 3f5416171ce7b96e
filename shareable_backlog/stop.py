"""Stop on SIGINT and SIGTERM, and end within a set time whatever hangs."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from shareable_backlog import log_output, logs, service_manager
from shareable_backlog.process_state import ProcessState

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

_LOG = logs.get_logger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AFTER_SECOND_S = 5.0
"""How long a program may take to end after a second signal."""
WITHIN_S = 15.0
LAST_WORDS_S = 3.0
"""How much longer it takes where the log itself hangs."""
_INNERMOST = 3
_AWAITED = ("cr_await", "ag_await", "gi_yieldfrom")
_IS_STOPPING = ProcessState(bool)


class Stopped(KeyboardInterrupt):
    """A signal ended a command before its work was done."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number
        """What a shell reports for a program that this signal ended."""


def begin_stop(within_s: float) -> None:
    """Note that this process was told to stop, tell the service manager, and see to its end `within_s` from now."""
    _IS_STOPPING.value = True
    service_manager.tell_state(service_manager.STOPPING)
    end_within(within_s)


def is_stopping() -> bool:
    """Return whether this process was told to stop: nobody should send it more work."""
    return _IS_STOPPING.value


@contextmanager
def raise_stopped() -> Generator[None]:
    """Raise Stopped where the work is when SIGTERM comes, so that it can remove what it made."""

    def raise_it(number: int, _frame: object) -> None:
        raise Stopped(number)

    before = signal.signal(signal.SIGTERM, raise_it)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` does in an event loop of its own; SIGINT and SIGTERM cancel it, then this raises Stopped.

    The process ends within 15 s of the signal, and 5 s of a second one, also when the work does not. SIGINT counts
    even where a shell has had it ignored, as it does for a command behind `&`. Afterwards signals change nothing any
    more: by default they kill, and what is done would look as if it were not.
    """
    import asyncio

    received: list[int] = []
    # When the interpreter itself ends it puts the default handlers back, but leaves what is ignored.
    atexit.register(_ignore_signals)

    async def listen_and_work() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 (it is this one)

        def stop(number: int, _frame: object) -> None:
            if received:
                end_within(AFTER_SECOND_S)
            else:
                begin_stop(WITHIN_S)
                if not loop.is_closed():
                    loop.call_soon_threadsafe(task.cancel)
            received.append(number)

        for number in SIGNALS:
            signal.signal(number, stop)
        return await work

    try:
        return asyncio.run(listen_and_work())
    except asyncio.CancelledError:
        if not received:
            raise
        raise Stopped(received[0]) from None


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def end_within(seconds: float) -> None:
    """See to it that this process has ended `seconds` from now; if it has not by itself, the log says what hangs.

    To be called from the thread of the event loop, also from a handler of signals.
    """
    import asyncio

    loop = None
    with suppress(RuntimeError):  # none runs
        loop = asyncio.get_running_loop()
    # Two threads, as the log may be what hangs.
    for after_s, act in ((seconds, partial(_tell_and_exit, seconds, loop)), (seconds + LAST_WORDS_S, _exit)):
        timer = threading.Timer(after_s, act)
        timer.daemon = True
        timer.start()


def _exit() -> None:
    os._exit(1)


def _tell_and_exit(seconds: float, loop: "asyncio.AbstractEventLoop | None") -> None:
    import asyncio
    import traceback

    tasks = [_locate_task(task) for task in asyncio.all_tasks(loop)] if loop is not None else []
    frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (documented all the same)
    stack = traceback.extract_stack(frames[threading.main_thread().ident or 0])
    thread = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in stack[-_INNERMOST:])
    _LOG.error("stop_took_too_long", seconds=seconds, tasks=tasks, thread=thread)
    log_output.flush_lines()
    _exit()


def _locate_task(task: "asyncio.Task[Any]") -> str:
    """Return where a task waits, from its own function to the innermost one that is known."""
    places: list[str] = []
    waiting: Any = task.get_coro()
    while frame := next(filter(None, (getattr(waiting, f"{kind}_frame", None) for kind in ("cr", "ag", "gi"))), None):
        places.append(f"{frame.f_globals['__name__']}.{frame.f_code.co_name}:{frame.f_lineno}")
        waiting = next(filter(None, (getattr(waiting, name, None) for name in _AWAITED)), None)
    return " > ".join(places) or task.get_name()
