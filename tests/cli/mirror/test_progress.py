"""How a run tells how it gets on: a line for each page in a file, a live line for each stream on a terminal."""

import io
import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Thread
from typing import TextIO

import pytest

from shareable_backlog.cli.mirror import progress
from shareable_backlog.linear.nodes import make_seen_type
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync.runs import OnPage, RunReport
from shareable_backlog.sync.store import RowCounts, StreamPage

NODE = make_seen_type(STREAMS["workflow_states"])(id="x", updated_at=datetime(2026, 2, 6, 12, tzinfo=UTC))
# How long a bar is, and what it looks like, depends on these.
_OF_TERMINALS = ("TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")


def store(report: RunReport, on_page: OnPage, stream: str, *, created: int = 0, unchanged: int = 0) -> None:
    """Be a run that has stored a page."""
    report.add_counts(stream, RowCounts(created=created, unchanged=unchanged))
    on_page(report, StreamPage(STREAMS[stream], [NODE] * (created + unchanged)))


def test_in_a_file_each_page_is_a_line_with_all_rows_of_its_stream_so_far() -> None:
    report, file = RunReport(1), io.StringIO()
    with progress.draw_progress(file) as on_page:
        store(report, on_page, "workflow_states", created=3)
        store(report, on_page, "issues", created=250)
        store(report, on_page, "issues", created=900, unchanged=100)
    assert file.getvalue().splitlines() == ["workflow states: 3 rows", "issues: 250 rows", "issues: 1,250 rows"]


def test_a_line_is_there_as_soon_as_the_page_is_stored(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("progress") / "log"
    with path.open("w", encoding="utf-8") as file, progress.draw_progress(file) as on_page:
        store(RunReport(1), on_page, "teams", created=2)
        assert path.read_text(encoding="utf-8") == "teams: 2 rows\n"


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[TextIO, list[bytes]]]:
    """Yield a terminal to write to; what was written is whole once the context has ended."""
    for name in _OF_TERMINALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    reading, writing = os.openpty()
    written: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # how a terminal ends that nobody writes to any more
            while some := os.read(reading, 2**16):
                written.append(some)

    thread = Thread(target=read)
    thread.start()
    try:
        with os.fdopen(writing, "w", encoding="utf-8") as stream:
            yield stream, written
    finally:
        thread.join()
        os.close(reading)


def test_on_a_terminal_each_stream_has_a_line_that_counts_and_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = RunReport(1)
    with terminal(monkeypatch) as (stream, written), progress.draw_progress(stream) as on_page:
        store(report, on_page, "workflow_states", created=3)
        store(report, on_page, "issues", created=250)
        store(report, on_page, "issues", created=100)
    drawn = b"".join(written).decode()
    words = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn)
    assert re.search(r"workflow states .* 3/3", words), drawn
    assert re.search(r"issues .* 350/\?", words), drawn
    assert drawn.rstrip("\r\n").endswith("\x1b[2K"), "what was drawn is wiped out"


def test_on_a_terminal_nothing_is_printed_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as (stream, written), progress.draw_progress(stream) as on_page:
        store(RunReport(1), on_page, "issues", created=250)
    assert "250 rows" not in b"".join(written).decode()
