"""`slb serve --no-sync` and, in a process of its own, `slb sync --watch`."""

import signal
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.fakes.linear import FakeLinear, World, run_linear
from tests.fakes.postgres import PrivateServer
from tests.support.served import run_serve, run_watch, slb

_GIVE_UP_S = 60.0


def statuses(server: PrivateServer) -> list[str]:
    with server.connect() as admin:
        return [status for (status,) in admin.execute("SELECT status FROM sync_history ORDER BY id")]


def wait_for_run(server: PrivateServer, count: int) -> None:
    deadline = time.monotonic() + _GIVE_UP_S
    while statuses(server) != ["succeeded"] * count:
        assert time.monotonic() < deadline, statuses(server)
        time.sleep(0.05)


@pytest.fixture
def linear() -> Generator[FakeLinear]:
    world = World()
    world.add_issue()
    with run_linear(world) as fake:
        yield fake


def test_a_server_that_leaves_the_mirror_alone_asks_nothing_and_shows_what_the_other_brings(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    settings = {"DATABASE_URL": private_server.url, "LINEAR_API_KEY": linear.key, "LINEAR_API_URL": linear.url}
    with run_serve(tmp_path, "--no-sync", enter=(), **settings) as program:
        program.until("/readyz", 200)
        time.sleep(2.5)  # a schedule looks once a second
        assert linear.requests == []
        with run_watch(tmp_path, **settings) as watch:
            wait_for_run(private_server, 1)
            identifier = next(iter(linear.world.rows["issues"].values()))["identifier"]
            assert program.until(f"/items/{identifier}", 200) < _GIVE_UP_S
            with private_server.connect() as admin:
                admin.execute("UPDATE sync_history SET completed_at = completed_at - interval '1 day'")
            wait_for_run(private_server, 2)
            watch.send_signal(signal.SIGTERM)
            assert watch.wait(_GIVE_UP_S) == 0, "a stop is no failure"


def test_without_a_key_there_is_nobody_to_ask(tmp_path: Path) -> None:
    code, said = slb(tmp_path, "sync", "--watch", DATABASE_URL="postgresql://127.0.0.1:1/away")
    assert (code, "LINEAR_API_KEY is not set" in said) == (2, True)


@pytest.mark.parametrize("other", ["--full", "--json"])
def test_it_is_no_single_run(tmp_path: Path, other: str) -> None:
    code, said = slb(tmp_path, "sync", "--watch", other, DATABASE_URL="postgresql://127.0.0.1:1/away")
    assert (code, "use it alone" in said) == (2, True)


def test_it_waits_for_a_database_that_is_away_and_ends_when_told(tmp_path: Path, linear: FakeLinear) -> None:
    away = {
        "DATABASE_URL": "postgresql://127.0.0.1:1/away",
        "LINEAR_API_KEY": linear.key,
        "LINEAR_API_URL": linear.url,
    }
    with run_watch(tmp_path, **away) as watch:
        deadline = time.monotonic() + _GIVE_UP_S
        while "database_is_away" not in (tmp_path / "watch.log").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(_GIVE_UP_S) == 0
