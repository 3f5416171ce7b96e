"""`make run` as somebody meets it who has set nothing, or DATABASE_URL alone, and their first quarter of an hour."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from tests.fakes.postgres import PrivateServer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sampled() -> Generator[Path]:
    """Yield a folder in which the first of two starts makes the sample, and the other finds it."""
    with make_place() as place:
        yield place


@pytest.fixture
def place() -> Generator[Path]:
    with make_place() as place:
        yield place


@contextmanager
def make_place() -> Generator[Path]:
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
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            ["make", "--no-print-directory", "run", f"VENV={os.path.relpath(place, ROOT)}"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(place),
                "SLB_DATA_DIR": str(place / "data"),
                "PORT": "0",
                **settings,
            },
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+/", process.stdout.readline())
        assert found is not None, (place / "log").read_text(encoding="utf-8")
        yield process, found[0]
    finally:
        with suppress(ProcessLookupError):  # make, and slb below it
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def stop(process: "subprocess.Popen[str]", place: Path) -> str:
    """Stop it as Ctrl-C does, and return what it had said after its address."""
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout is not None
    said = process.stdout.read()
    log = (place / "log").read_text(encoding="utf-8")
    assert process.wait(30) in {0, -signal.SIGINT}, log  # make itself ends by the signal
    assert "Traceback" not in said + log
    return said


def test_with_nothing_set_it_shows_the_sample(sampled: Path) -> None:
    with make_run(sampled) as (process, address):
        assert httpx2.get(f"{address}readyz", timeout=30).status_code == 200
        said = stop(process, sampled)
    assert "to use your own PostgreSQL server set DATABASE_URL" in said
    assert "Sign in once as the sample's admin: http://" in said


def test_with_a_database_url_alone_it_starts_too(place: Path, private_server: PrivateServer) -> None:
    with make_run(place, DATABASE_URL=private_server.url) as (process, address):
        assert httpx2.get(f"{address}readyz", timeout=30).status_code == 200
        assert "DATABASE_URL" not in stop(process, place)
    assert (place / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_newcomer_signs_in_lets_somebody_in_and_both_see_the_sample(sampled: Path) -> None:
    with make_run(sampled) as (process, address), httpx2.Client(base_url=address, timeout=30) as admin:
        assert process.stdout is not None
        link = re.search(
            r"Sign in once as the sample's admin: (\S+)", process.stdout.readline() + process.stdout.readline()
        )
        assert link is not None
        follow(admin, link[1])
        first = re.search(r'href="/items/([A-Z]+-\d+)', admin.get("/").text)
        assert first is not None

        with httpx2.Client(base_url=address, timeout=30) as carol:
            post(carol, "/sign-in", "/sign-in", email="carol@example.com")
            follow(carol, find_logged_link(sampled))
            assert carol.get("/").headers["location"] == "/waiting"
            assert "An admin will decide" in carol.get("/waiting").text

            people = admin.get("/admin/people").text.partition("carol@example.com")[0]
            waiting = re.findall(r'name="user" value="(\d+)"', people)
            post(
                admin, "/admin/people", "/admin/people/decide",
                user=waiting[-1], decision="approve", sees="everything",
            )  # fmt: skip

            assert first[1] in carol.get("/").text
            assert carol.get(f"/items/{first[1]}").status_code == 200
            assert carol.get("/admin").status_code == 403
        assert "carol@example.com" in admin.get("/admin/audit").text
        stop(process, sampled)


def post(client: httpx2.Client, page: str, path: str, **fields: str) -> None:
    """Send the form of a page, as its button does."""
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get(page).text)
    assert csrf is not None
    origin = str(client.base_url).rstrip("/")
    answer = client.post(path, data={"csrf": csrf[1], **fields}, headers={"origin": origin})
    assert answer.status_code == 303, answer.text


def follow(client: httpx2.Client, link: str) -> None:
    """Open a link to sign in, and press its button."""
    post(client, link, link)


def find_logged_link(place: Path) -> str:
    """Return the link that comes into the log, as nothing sends mails here."""
    give_up_at = time.monotonic() + 30
    while not (found := re.search(r"sign_in_link .*?(http://\S+)", (place / "log").read_text(encoding="utf-8"))):
        assert time.monotonic() < give_up_at, (place / "log").read_text(encoding="utf-8")
        time.sleep(0.02)  # the log is written by a thread of its own
    return found[1]
