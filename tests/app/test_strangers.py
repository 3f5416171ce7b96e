"""The program while strangers pour requests at it that never end."""

import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes import stranger
from tests.support import memory
from tests.support.served import ROOT, run_serve

ANSWERED_WITHIN_S = 0.5
"""Ten times what is measured on an idle machine (`python -m benchmarks heads`)."""
MORE_MEMORY_MB = 20
POURED_S = 2.0
MOST_LOGGED = 10


@pytest.mark.parametrize("kind", stranger.KINDS)
def test_nobody_waits_while_twenty_connections_pour_requests_without_an_end(tmp_path: Path, kind: str) -> None:
    with run_serve(tmp_path, DATABASE_URL="postgresql://127.0.0.1:1/away") as program:
        memory.forget_peak(program.process.pid)
        idle_mb = memory.read_peak_mb(program.process.pid)
        command = [sys.executable, "-m", "tests.fakes.stranger", urlsplit(program.address).netloc, kind]
        slowest_s = 0.0
        with subprocess.Popen(command, cwd=ROOT) as pouring:
            ends_at = time.monotonic() + POURED_S
            while time.monotonic() < ends_at:
                slowest_s = max(slowest_s, program.get("/healthz").took_s)
                time.sleep(0.05)
            pouring.kill()
        others = [event for event in program.events() if event["event"] != "request"]
        assert len(others) < MOST_LOGGED, "beside its line a request the log is no place that a stranger can fill"
        assert slowest_s < ANSWERED_WITHIN_S
        assert memory.read_peak_mb(program.process.pid) - idle_mb < MORE_MEMORY_MB
