"""`make run` as somebody meets it who has set nothing, or DATABASE_URL alone."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.fakes.postgres import PrivateServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Generator[Path]:
    """Yield a folder that PostgreSQL's account may enter, with an installation that is this checkout."""
    with tempfile.TemporaryDirectory(prefix="slb-make-") as name:
        place = Path(name)
        place.chmod(0o755)
        (place / "bin").mkdir()
        program = place / "bin" / "slb"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m shareable_backlog "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        (place / "run").touch()
        yield place


@contextmanager
def make_run(place: Path, **settings: str) -> Generator[tuple["subprocess.Popen[str]", str]]:
    """Yield `make run` with nothing but `settings`, where to keep its data and any free port, and its address."""
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run", f"VENV={os.path.relpath(place, ROOT)}"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"], "HOME": str(place), "SLB_DATA_DIR": str(place / "data"), "PORT": "0",
            **settings,
        },
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+/", process.stdout.readline())
        assert found is not None, process.communicate(timeout=30)
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def stop(process: "subprocess.Popen[str]") -> str:
    """Stop it as Ctrl-C does, and return what it had said."""
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=30)
    assert process.returncode in {0, -signal.SIGINT}, said  # make itself ends by the signal
    assert "Traceback" not in out + said
    return out


def test_with_nothing_set_it_shows_the_sample(place: Path) -> None:
    with make_run(place) as (process, address):
        assert httpx2.get(f"{address}readyz", timeout=30).status_code == 200
        said = stop(process)
    assert "To use" not in said
    assert "to use your own PostgreSQL server set DATABASE_URL" in said
    assert "Sign in once as the sample's admin: http://" in said


def test_with_a_database_url_alone_it_starts_too(place: Path, private_server: PrivateServer) -> None:
    with make_run(place, DATABASE_URL=private_server.url) as (process, address):
        assert httpx2.get(f"{address}readyz", timeout=30).status_code == 200
        assert "DATABASE_URL" not in stop(process)
    assert (place / "data" / "secret_key").stat().st_mode & 0o777 == 0o600
