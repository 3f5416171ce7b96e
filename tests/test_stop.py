"""The end of a process after a signal, whatever hangs in it; each test runs a small program of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from shareable_backlog import stop
from tests.support.served import ROOT

_LIMIT_S = 1.0
_SLACK_S = 9.0  # of a machine that is busy
_PROGRAM = """
import asyncio, os, signal, sys, threading, time
from shareable_backlog import logs, stop

logs.configure_logs("info", "json")
stop.WITHIN_S = {limit}

class Ending:
    # What is put away when the interpreter itself comes to its end.

    def __del__(self, write=os.write, sleep=time.sleep):
        write(1, b"ending\\n")
        sleep({ending_s})

async def work():
    print("begun", flush=True)
    {work}

try:
    stop.run_until_stopped(work())
    print("done", flush=True)
    time.sleep({after_s})
    ending = Ending()
except stop.Stopped as stopped:
    print("stopped", flush=True)
    sys.exit(stopped.exit_code)
"""
_WAITS = "await asyncio.sleep(60)"
_SEES_THROUGH = """
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.2)
        print("put away", flush=True)
"""
_GOES_ON = """
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass
"""
_BLOCKS = "time.sleep(60)"
_LEAVES_A_THREAD = "await asyncio.to_thread(time.sleep, 60)"
_BLOCKS_ITS_LOG = """
    await asyncio.to_thread(lambda: [print("x" * 10_000, file=sys.stderr) for _ in range(100)])
"""


@contextmanager
def begun(
    work: str, limit_s: float = _LIMIT_S, *, after_s: float = 0, ending_s: float = 0, before: tuple[str, ...] = ()
) -> Generator["subprocess.Popen[str]"]:
    """Start a program that does `work`, and yield it once it has begun to."""
    program = _PROGRAM.format(work=work, limit=limit_s, after_s=after_s, ending_s=ending_s)
    process = subprocess.Popen(
        [*before, sys.executable, "-c", program],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def seconds_until_end(process: "subprocess.Popen[str]") -> float:
    started = time.monotonic()
    process.wait(30)
    return time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_work_which_puts_away_what_it_must(number: signal.Signals) -> None:
    with begun(_SEES_THROUGH, limit_s=30) as process:
        process.send_signal(number)
        assert process.communicate(timeout=30)[0] == "put away\nstopped\n"
        assert process.returncode == 128 + number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_work_is_done_does_not_make_it_look_undone(number: signal.Signals) -> None:
    with begun("pass", limit_s=30, after_s=1) as process:
        assert process.stdout
        assert process.stdout.readline() == "done\n"
        process.send_signal(number)
        assert process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nor_does_one_while_the_interpreter_ends(number: signal.Signals) -> None:
    with begun("pass", limit_s=30, ending_s=1) as process:
        assert process.stdout
        assert [process.stdout.readline() for _ in range(2)] == ["done\n", "ending\n"]
        process.send_signal(number)
        assert process.wait(30) == 0


def test_ctrl_c_counts_where_a_shell_has_it_ignored() -> None:
    with begun(_WAITS, before=("sh", "-c", 'trap "" INT; exec "$@"', "sh")) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 128 + signal.SIGINT


@pytest.mark.parametrize(
    ("work", "hanging"),
    [(_GOES_ON, "__main__.work:"), (_BLOCKS, " work"), (_LEAVES_A_THREAD, "shutdown_default_executor")],
    ids=["goes on", "blocks the loop", "leaves a thread"],
)
def test_work_that_does_not_end_is_ended_and_the_log_says_where_it_hangs(work: str, hanging: str) -> None:
    with begun(work) as process:
        process.send_signal(signal.SIGTERM)
        took_s = seconds_until_end(process)
        assert process.stderr
        said = process.stderr.read()
    assert process.returncode == 1
    assert _LIMIT_S <= took_s < _LIMIT_S + _SLACK_S
    assert '"stop_took_too_long"' in said
    assert hanging in said


def test_it_ends_even_where_nobody_reads_its_log() -> None:
    with begun(_BLOCKS_ITS_LOG) as process:
        process.send_signal(signal.SIGTERM)
        assert seconds_until_end(process) < _LIMIT_S + _SLACK_S


def test_a_second_signal_leaves_less_time() -> None:
    with begun(_GOES_ON, limit_s=60) as process:
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert seconds_until_end(process) < 5 + _SLACK_S


def test_ctrl_c_reaches_what_a_test_starts() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_reaches_what_a_test_starts_also_behind_an_ampersand() -> None:
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    test = f"{__file__}::{test_ctrl_c_reaches_what_a_test_starts.__name__}"
    inner = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run([*ignoring, *inner], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_sigterm_is_raised_where_the_work_is_and_as_before_after_it() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(stop.Stopped) as stopped, stop.raise_stopped():
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopped.value.exit_code == 143
    assert signal.getsignal(signal.SIGTERM) is before
