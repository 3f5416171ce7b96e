"""Outputs that are closed, full, or read by nobody: the service starts, answers, and ends when told to."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.fakes.postgres import PrivateServer
from tests.support.served import environment, slb

_WITHIN_S = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@contextmanager
def serve(folder: Path, url: str, redirected: str) -> Generator[tuple["subprocess.Popen[bytes]", str]]:
    """Yield `slb serve` with its outputs redirected by a shell, once it answers, and its address."""
    port = free_port()
    command = f"exec {sys.executable} -m shareable_backlog serve --port {port} {redirected}"
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], cwd=folder, env=environment(folder, DATABASE_URL=url, LOG_LEVEL="debug"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def until_alive(process: "subprocess.Popen[bytes]", address: str) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        with suppress(httpx2.TransportError):
            if httpx2.get(f"{address}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.05)
    pytest.fail("it never answered")


@pytest.mark.parametrize(
    "redirected",
    [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full", ">/dev/null 2>&1"],
)
def test_it_starts_answers_and_ends_whatever_its_outputs_are(
    tmp_path: Path, private_server: PrivateServer, redirected: str
) -> None:
    with serve(tmp_path, private_server.url, redirected) as (process, address):
        until_alive(process, address)
        for number in range(3):
            assert (Path(f"/proc/{process.pid}/fd") / str(number)).readlink().as_posix().startswith(("/dev", "pipe:"))
        assert httpx2.get(f"{address}/sign-in", timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=_WITHIN_S)
        assert process.returncode == 0
        assert b"Traceback" not in out + said


def test_a_log_reader_that_stops_holds_nobody_up_and_learns_what_it_missed(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with serve(tmp_path, private_server.url, "") as (process, address):
        assert process.stderr is not None
        fcntl.fcntl(process.stderr.fileno(), fcntl.F_SETPIPE_SZ, 4096)
        until_alive(process, address)
        with httpx2.Client(base_url=address, timeout=5) as client:
            slowest = max(client.get(path).elapsed.total_seconds() for path in ["/healthz", "/sign-in"] * 300)
        assert slowest < 2
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        process.wait(_WITHIN_S)
        assert time.monotonic() - started < 10


def test_a_command_whose_output_has_no_room_says_so_in_one_line(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m shareable_backlog config >/dev/full"], cwd=tmp_path,
        env=environment(tmp_path, DATABASE_URL=private_server.url), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "slb: There is no room left for what was to be written.\n")


def test_a_command_with_closed_outputs_ends_as_usual(tmp_path: Path) -> None:
    script = f"{sys.executable} -m shareable_backlog version >&- 2>&-"
    done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, env=environment(tmp_path), check=False)
    assert done.returncode == 0
    assert re.match(r"slb \d", slb(tmp_path, "version")[1])
    assert os.environ
