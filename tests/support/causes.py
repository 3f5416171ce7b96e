"""Let a failing test show its own cause first, and all of it on one screen; `-v` shows everything.

A traceback is cut to the frames of this repository, and what was captured to its last lines. What else tells of the
cause is put beside it: the ends of the logs of servers in processes of their own, and whatever a test keeps for that.
Whether a test gives a secret away is judged only when it has passed otherwise.
"""

import json
import logging
import sys
import sysconfig
from collections.abc import Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import pytest

from shareable_backlog import logs
from tests.support import leaks

_FIRST_FRAMES, _LAST_FRAMES = 3, 6
_FRAMES_OF_CAUSE = 3
_LINES_OF_SECTION = 6
_LINES_OF_TRACEBACK = 5

_LIBRARIES = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")]
_QUIET = {
    "asyncio": logging.INFO,
    "mail.log": logging.WARNING,  # aiosmtpd's
    "python_multipart": logging.INFO,
    "shareable_backlog.database.connection.query": logging.INFO,
}

_kept: dict[str, str] = {}
_logs: dict[Path, int] = {}


def keep(name: str, text: str) -> None:
    """Show `text` under `name`, after what is kept there already, if the test that runs now fails."""
    _kept[name] = f"{_kept[name]}\n{text}" if name in _kept else text


def watch_log(path: Path) -> None:
    """Show what a server writes into its log from now on if the test that runs meanwhile fails."""
    _logs[path] = 0


def pytest_collection_finish() -> None:
    """Give hypothesis back the printer that schemathesis takes away, and with it the values of a failing example."""
    if core := sys.modules.get("hypothesis.core"):
        vars(core)["RepresentationPrinter"] = sys.modules["hypothesis.vendor.pretty"].RepresentationPrinter


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget what the test before kept; of a log that goes on, show the part that is written from now on.

    The program's own log is set up as `slb serve` does: as it comes, structlog prints the locals of all frames.
    """
    logs.configure_logs("debug", "console")
    logs._import_structlog()  # pyright: ignore[reportPrivateUsage] (else the first event would undo what a test captures)
    [handler] = logging.getLogger().handlers
    logging.getLogger().handlers[:] = [_ToWhatIsStderrNow(handler.formatter)]
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    leaks.begin()
    _kept.clear()
    for path in list(_logs):
        if path.exists():
            _logs[path] = path.stat().st_size
        else:
            del _logs[path]


class _ToWhatIsStderrNow(logging.Handler):
    """Write to what a test has put in the place of standard error, too."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a failure with what tells of its cause; fail a test in whose output, the log too, a secret stands."""
    is_brief = item.config.get_verbosity() < 1 and not item.config.getoption("usepdb")
    if is_brief and call.excinfo is not None and isinstance(call.excinfo.value, Exception):
        _cut(call.excinfo.value)
        call.excinfo = pytest.ExceptionInfo[BaseException].from_exception(call.excinfo.value)
    report = yield
    leak = _leak(report)
    if leak and report.failed:
        report.sections.append(("Secrets", leak))
    elif leak and not leaks.is_over():
        report.outcome, report.longrepr = "failed", leak
    if report.failed:
        leaks.end()
        report.sections = _sections(report.sections, is_brief=is_brief)
    return report


def _leak(report: pytest.TestReport) -> str | None:
    """Return what the output of a phase gives away; that of the phases before was judged with them."""
    found = (leaks.find(text, name) for name, text in report.sections if name.endswith(report.when))
    return next(filter(None, found), None)


def _sections(captured: Iterable[tuple[str, str]], *, is_brief: bool) -> list[tuple[str, str]]:
    sections = list(_kept.items())
    for path, offset in _logs.items():
        written = path.read_bytes()[offset:].decode(errors="replace") if path.exists() else ""
        sections.append((f"Log of {path.stem}", _trouble_in(written) if is_brief else written))
    # The program's own handler has put into stderr what pytest has in its log.
    sections += [one for one in captured if not one[0].startswith("Captured log")]
    return [(name, _last_lines(text) if is_brief else text) for name, text in sections if text.strip()]


def _trouble_in(log: str) -> str:
    """Return what went wrong by a server's log in JSON: its warnings, its errors, and all that is no event."""
    return "\n".join(line for text in log.splitlines() for line in _trouble_of(text))


def _trouble_of(line: str) -> list[str]:
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return [line]
    if event.get("level") not in {"warning", "error", "critical"}:
        return []
    traceback = str(event.pop("exception", "")).splitlines()
    values = [f"{name}={value}" for name, value in event.items() if name not in {"timestamp", "level", "logger"}]
    return [" ".join(values), *[line for line in traceback if line.strip(" ^~")][-_LINES_OF_TRACEBACK:]]


def _last_lines(text: str) -> str:
    lines = [line for line in text.rstrip().splitlines() if line.strip(" ^~")]
    left_out = len(lines) - _LINES_OF_SECTION
    shown = [line[:200] for line in lines[-_LINES_OF_SECTION:]]
    return "\n".join([f"({left_out} lines before; -v shows them)", *shown] if left_out > 0 else shown)


def _cut(error: BaseException) -> None:
    """Leave to an error, to what caused it and to the members of a group only frames that are ours, and not many."""
    error.with_traceback(_own_frames(error.__traceback__, _FIRST_FRAMES, _LAST_FRAMES))
    waiting, seen = [error], {id(error)}
    while waiting:
        one = waiting.pop()
        members = cast("tuple[BaseException, ...]", getattr(one, "exceptions", ()))
        for other in (one.__cause__, one.__context__, *members):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                waiting.append(other.with_traceback(_own_frames(other.__traceback__, 0, _FRAMES_OF_CAUSE)))


def _own_frames(traceback: TracebackType | None, first: int, last: int) -> TracebackType | None:
    frames: list[TracebackType] = []
    while traceback:
        frames.append(traceback)
        traceback = traceback.tb_next
    own = [frame for frame in frames if _is_own(Path(frame.tb_frame.f_code.co_filename))] or frames
    if len(own) > first + last:
        own = own[:first] + own[-last:]
    cut: TracebackType | None = None
    for frame in reversed(own):
        # Without its place in the line a frame takes one line less; only the last one's is of interest.
        place = -1 if cut else frame.tb_lasti
        cut = TracebackType(cut, frame.tb_frame, place, frame.tb_lineno)
    return cut


def _is_own(path: Path) -> bool:
    return path.is_absolute() and not any(map(path.is_relative_to, _LIBRARIES))
