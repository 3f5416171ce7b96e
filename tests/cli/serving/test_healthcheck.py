"""`slb healthcheck`, as a container's engine runs it."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shareable_backlog.cli import main
from tests.fakes.postgres import PrivateServer
from tests.support.served import run_serve, slb


@contextmanager
def saying(answer: bytes) -> Generator[int]:
    """Be a server on a port of this machine that says the same to whoever asks, once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once() -> None:
            with listener.accept()[0] as client:
                client.recv(10_000)
                client.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_it_says_ok_while_pages_are_served_and_why_not_while_they_are_not(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with run_serve(tmp_path, DATABASE_URL=private_server.url) as program:
        port = program.address.rpartition(":")[2]
        program.until("/readyz", 200)
        code, said = slb(tmp_path, "healthcheck", PORT=port)
        assert (code, said.startswith("ok")) == (0, True)
        private_server.stop()
        program.until("/readyz", 503)
        code, said = slb(tmp_path, "healthcheck", PORT=port)
        assert (code, said.count("\n"), "The database" in said) == (1, 1, True)
        private_server.start()


def test_where_nobody_listens_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert main(["healthcheck", "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"slb: No server answers on port {port} of 127.0.0.1, or not in time.\n"


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"])
def test_another_program_on_the_port_is_no_server(answer: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with saying(answer) as port:
        assert main(["healthcheck", "--port", str(port)]) == 1
    assert "No server answers" in capsys.readouterr().err


def test_what_is_degraded_is_said_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    body = b'{"status":"ok","db":"up","degraded":"linear"}'
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)) as port:
        assert main(["healthcheck", "--port", str(port)]) == 0
    assert capsys.readouterr().out == "ok, degraded: linear\n"
