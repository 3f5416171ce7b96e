"""The time between SIGTERM and the closing of the listener, in which a proxy goes elsewhere."""

import json
import signal
import socket
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import httpx2
import pytest

from tests.fakes.postgres import PrivateServer
from tests.support.served import Served, run_serve

pytestmark = pytest.mark.slow


def wait_for_close(program: Served) -> None:
    """Wait until nobody can connect any more."""
    port = int(program.address.rpartition(":")[2])
    deadline = monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return
        assert monotonic() < deadline
        sleep(0.02)


def test_it_says_that_it_stops_and_serves_on_until_the_drain_is_over(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url, STOP_DRAIN_S="4") as program:
        program.until("/readyz", 200)
        began = monotonic()
        program.process.send_signal(signal.SIGTERM)
        assert program.until("/readyz", 503) < 1
        assert json.loads(program.get("/readyz").text)["status"] == "stopping"
        assert program.get("/healthz").status == 200
        wait_for_close(program)
        assert monotonic() - began > 3.5
        assert program.process.wait(20) == 0


def test_while_it_drains_no_connection_is_kept_for_another_request(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url, STOP_DRAIN_S="30") as program:
        program.until("/readyz", 200)
        with closing(httpx2.Client(base_url=program.address)) as browser:
            assert "connection" not in browser.get("/healthz").headers
            program.process.send_signal(signal.SIGTERM)
            program.until("/readyz", 503)
            for _ in range(2):
                assert browser.get("/healthz").headers["connection"] == "close"
                sleep(1.2)  # uvicorn makes its own headers anew each second
        program.process.kill()


def test_ctrl_c_waits_for_nobody(tmp_path: Path, private_server: PrivateServer) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url, STOP_DRAIN_S="60") as program:
        program.until("/readyz", 200)
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(20) == 0


def test_a_second_signal_ends_the_drain(tmp_path: Path, private_server: PrivateServer) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url, STOP_DRAIN_S="60") as program:
        program.until("/readyz", 200)
        program.process.send_signal(signal.SIGTERM)
        program.until("/readyz", 503)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(20) == 0


def test_a_service_manager_hears_that_it_is_ready_lives_and_stops(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        with run_serve(
            tmp_path,
            DATABASE_URL=private_server.url,
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            WATCHDOG_USEC="30000000",
        ) as program:
            assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            assert program.stop() == 0
        while (said := manager.recv(100)) == b"WATCHDOG=1":
            pass
        assert said == b"STOPPING=1"
