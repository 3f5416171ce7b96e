"""The log's own thread: lines in order, none waited for, what is dropped counted."""

import logging
import os
import select
import time
from collections.abc import Generator
from contextlib import suppress

import pytest

from shareable_backlog.log_output import MOST_LINES, QueuedHandler


@pytest.fixture
def pipe() -> Generator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        with suppress(OSError):
            os.close(end)


def emit(handler: logging.Handler, text: str) -> None:
    handler.emit(logging.LogRecord("x", logging.INFO, "x", 1, text, None, None))


def test_lines_come_in_their_order(pipe: tuple[int, int]) -> None:
    handler = QueuedHandler(pipe[1], lambda _lines: None)
    for number in range(100):
        emit(handler, str(number))
    handler.flush()
    assert os.read(pipe[0], 65_536).decode().split() == [str(number) for number in range(100)]


def test_nobody_waits_for_a_reader_and_what_is_dropped_is_told_once_it_reads(pipe: tuple[int, int]) -> None:
    told: list[int] = []
    handler = QueuedHandler(pipe[1], told.append)
    started = time.monotonic()
    for _ in range(MOST_LINES + 5_000):
        emit(handler, "x" * 100)
    assert time.monotonic() - started < 5
    read = bytearray()
    # What its thread would still write would go into the next test's pipe.
    while len(read) < 101 * (MOST_LINES + 5_000 - sum(told)):
        if select.select([pipe[0]], [], [], 0.05)[0]:
            read += os.read(pipe[0], 1_000_000)
    handler.flush()
    assert bytes(read) == (b"x" * 100 + b"\n") * (len(read) // 101)
    assert 4_000 <= sum(told) <= 5_000


def test_what_can_not_be_written_is_counted_and_ends_nothing(pipe: tuple[int, int]) -> None:
    told: list[int] = []
    full = os.open("/dev/full", os.O_WRONLY)
    handler = QueuedHandler(full, told.append)
    for _ in range(3):
        emit(handler, "lost")
    handler.flush()
    os.dup2(pipe[1], full)
    emit(handler, "kept")
    assert os.read(pipe[0], 100) == b"kept\n"
    deadline = time.monotonic() + 5
    while not told and time.monotonic() < deadline:
        time.sleep(0.01)
    assert told == [3]
    os.close(full)


def test_flushing_waits_no_longer_than_two_seconds_for_a_reader(pipe: tuple[int, int]) -> None:
    handler = QueuedHandler(pipe[1], lambda _lines: None)
    for _ in range(2_000):
        emit(handler, "x" * 100)
    started = time.monotonic()
    handler.flush()
    assert 1.5 < time.monotonic() - started < 4
