"""The program while strangers pour requests at it that never end."""

import subprocess
import sys
import time
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes import stranger
from tests.support import memory
from tests.support.served import ROOT, Served, run_serve

ANSWERED_WITHIN_S = 0.5
"""Ten times what is measured on an idle machine (`python -m benchmarks heads`)."""
MORE_MEMORY_MB = 20
POURED_S = 2.0
MOST_LOGGED = 10


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with run_serve(tmp_path_factory.mktemp("served"), DATABASE_URL="postgresql://127.0.0.1:1/away") as program:
        yield program


@pytest.mark.parametrize("kind", stranger.KINDS)
def test_nobody_waits_while_twenty_connections_pour_requests_without_an_end(program: Served, kind: str) -> None:
    memory.forget_peak(program.process.pid)
    idle_mb = memory.read_peak_mb(program.process.pid)
    logged_before = len(list_others(program))
    command = [sys.executable, "-m", "tests.fakes.stranger", urlsplit(program.address).netloc, kind]
    slowest_s = 0.0
    with subprocess.Popen(command, cwd=ROOT) as pouring:
        ends_at = time.monotonic() + POURED_S
        while time.monotonic() < ends_at:
            slowest_s = max(slowest_s, program.get("/healthz").took_s)
            time.sleep(0.05)
        pouring.kill()
    logged = len(list_others(program)) - logged_before
    assert logged < MOST_LOGGED, "beside its line a request the log is no place that a stranger can fill"
    assert slowest_s < ANSWERED_WITHIN_S
    assert memory.read_peak_mb(program.process.pid) - idle_mb < MORE_MEMORY_MB


def list_others(program: Served) -> list[dict[str, Any]]:
    return [event for event in program.events() if event["event"] != "request"]
