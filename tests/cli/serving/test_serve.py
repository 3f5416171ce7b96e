"""`slb serve` on the embedded server, as `make run` starts it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.fakes.postgres import PrivateServer
from tests.support import leaks
from tests.support.served import Served, run_serve

NOBODY = "http://127.0.0.1:9/graphql"


@pytest.fixture(scope="module")
def data_dir() -> Generator[Path]:
    """Yield a folder for the data, in which the first start makes the database, and the others find it."""
    # Not pytest's folder: that one is closed to the unprivileged account PostgreSQL runs as under root.
    folder = Path(tempfile.mkdtemp(prefix="slb-serve-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


@contextmanager
def serving(data_dir: Path) -> Generator[tuple["subprocess.Popen[str]", str, list[str]]]:
    """Start `slb serve --sample`; give the process, its address, and the lines it printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shareable_backlog", "serve", "--sample", "--port", "0"],
        env=os.environ | {"SLB_DATA_DIR": str(data_dir), "PYTHONPATH": str(Path(__file__).parents[3])},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        address = re.search(r"http://\S+/", lines[0])
        assert address is not None, lines
        yield process, address[0], lines
    finally:
        process.kill()
        process.communicate()


def signed_in(lines: list[str]) -> httpx2.Client:
    """Return a client that used the link that was printed."""
    found = re.search(r"http://\S+", lines[2])
    assert found, lines
    client = httpx2.Client(timeout=30)
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get(found[0]).text)
    assert csrf
    origin = found[0].partition("/sign-in")[0]
    answer = client.post(found[0], data={"csrf": csrf[1]}, headers={"origin": origin})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return client


def stop(process: "subprocess.Popen[str]", number: signal.Signals) -> int:
    process.send_signal(number)
    process.communicate(timeout=20)
    return process.returncode


def test_it_says_where_it_is_and_how_to_show_a_real_workspace(data_dir: Path) -> None:
    with serving(data_dir) as (process, address, lines):
        assert "LINEAR_API_KEY" in lines[1]
        assert "DATABASE_URL" in lines[1]
        assert lines[2].startswith("Sign in once as the sample's admin: ")
        with closing(signed_in(lines)) as client:
            assert "sample backlog" in client.get(address).text
        assert stop(process, signal.SIGINT) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_everything_and_loses_nothing(data_dir: Path, number: signal.Signals) -> None:
    with serving(data_dir) as (process, address, lines):
        client = signed_in(lines)
        first = client.get(address + "items/FLD-327").text
        assert stop(process, number) == 0
    assert not (data_dir / "postgres" / "postmaster.pid").exists()
    with serving(data_dir) as (process, address, _lines), closing(client):
        again = client.get(address + "items/FLD-327").text  # the session is still there too
        assert stop(process, signal.SIGINT) == 0
    assert re.findall("<h1.*</h1>", first) == re.findall("<h1.*</h1>", again) != []


def test_a_taken_port_is_said_in_one_line(data_dir: Path) -> None:
    with serving(data_dir) as (process, address, _lines):
        port = address.rstrip("/").rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "shareable_backlog", "serve", "--port", port],
            env=os.environ | {"SLB_DATA_DIR": str(data_dir), "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert port in second.stderr
        stop(process, signal.SIGINT)


def test_with_a_database_url_alone_it_starts_and_asks_for_nothing_that_is_set(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    settings = {"DATABASE_URL": private_server.url, "SECRET_KEY": "", "SLB_DATA_DIR": str(tmp_path / "data")}
    with run_serve(tmp_path, enter=(), **settings) as program:
        program.until("/readyz", 200)
        made = program.until_logged("secret_key_made")
        assert "set SECRET_KEY" in str(made["note"])
        said = end(program)
        assert "DATABASE_URL" not in said
        assert "set LINEAR_API_KEY" in said
    with run_serve(tmp_path, enter=(), LINEAR_API_KEY=leaks.LINEAR_KEY, LINEAR_API_URL=NOBODY, **settings) as program:
        assert end(program) == ""
        assert not program.events("secret_key_made")


def end(program: Served) -> str:
    """Stop it and return what it had printed after its address."""
    assert program.stop() == 0
    assert program.process.stdout
    return program.process.stdout.read()
