"""`slb sync` as a process of its own: killed at any moment, and two of them at once."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import sleep

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from shareable_backlog.streams import TABLES
from tests.conftest import as_url
from tests.fakes.linear import FakeLinear, Fault, run_linear
from tests.fakes.linear.volume import volume
from tests.support import causes
from tests.sync.model import equal

_ROOT = Path(__file__).parents[3]
_TIMES = int(os.environ.get("SLB_TEST_KILLS", "10"))
_STOPS = 5
_REQUESTS = 14
_STRIDE = 5  # has no factor in common with them: no request comes twice before all came once
_HALVINGS = 4  # pages of 15 rows


@pytest.fixture
def fake() -> Iterator[FakeLinear]:
    with run_linear(volume(80, seed=5)) as fake:
        fake.requests_limit = fake.complexity_limit = 10**9
        yield fake


@pytest.fixture
def environment(database: str, fake: FakeLinear, tmp_path: Path) -> Mapping[str, str]:
    """Return the environment of an `slb`."""
    return {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "SSL_CERT_DIR": os.devnull,
        "PYTHONPATH": str(_ROOT),
        "DATABASE_URL": as_url(database),
        "LINEAR_API_KEY": fake.key,
        "LINEAR_API_URL": fake.url,
    }


def started(environment: Mapping[str, str], *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "shareable_backlog", "sync", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]") -> int:
    """Wait for the end of a process and return its exit code."""
    out, error = process.communicate(timeout=60)
    causes.keep(f"slb sync exited with {process.returncode}", out + error)
    return process.returncode


def differences(fake: FakeLinear, database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        return equal.differences(equal.source(fake.world), equal.mirror(connection).live)


def killed_at(fake: FakeLinear, environment: Mapping[str, str], request: int, delay_s: float) -> None:
    """Kill a full sync `delay_s` after its request number `request` came in, unless it ends before."""
    asked = threading.Event()
    before = len(fake.requests)
    fake.on_request = lambda _number: asked.set() if len(fake.requests) - before >= request else None
    fake.fail_next(Fault.TOO_COMPLEX, times=_HALVINGS)
    process = started(environment, "--full")
    asked.wait(15)
    try:
        process.wait(delay_s)
    except subprocess.TimeoutExpired:
        process.kill()
    ended(process)
    fake.on_request = None
    fake.forget_faults()


@pytest.mark.long
def test_a_sync_killed_at_any_moment_is_made_up_for_by_the_next(
    fake: FakeLinear, database: str, environment: Mapping[str, str]
) -> None:
    chance = random.Random(7)  # noqa: S311 (reproducible, not secret)
    for number in range(_TIMES):
        forget_some(database, chance)
        issue = chance.choice(list(fake.world.rows["issues"].values()))
        fake.world.remove(issue)
        fake.world.add_issue()
        killed_at(fake, environment, number * _STRIDE % _REQUESTS + 1, chance.random() / 20)
    assert ended(started(environment, "--full", "--allow-removals")) == 0
    assert differences(fake, database) == []
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT status, count(*) FROM sync_history GROUP BY status").fetchall()
        left = connection.execute("SELECT name FROM set_aside_indexes").fetchall()
    counts = dict(found)
    assert left == []
    assert "running" not in counts
    assert counts["interrupted"] >= _TIMES / 2


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sync_that_is_told_to_stop_at_any_moment_ends_and_says_so(
    fake: FakeLinear, database: str, environment: Mapping[str, str], number: signal.Signals
) -> None:
    chance = random.Random(number)  # noqa: S311 (as above)
    codes: list[int] = []
    for _ in range(_STOPS):
        asked = threading.Event()
        fake.on_request = lambda _number, asked=asked: asked.set()
        fake.fail_next(Fault.TOO_COMPLEX, times=_HALVINGS)
        process = started(environment, "--full")
        assert asked.wait(30)
        sleep(chance.random() / 2)
        process.send_signal(number)
        codes.append(ended(process))
        fake.forget_faults()
    assert set(codes) <= {0, 128 + number}
    assert 128 + number in codes
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT status, count(*) FROM sync_history GROUP BY status").fetchall()
    assert dict(found).keys() <= {"interrupted", "succeeded"}
    fake.on_request = None
    assert ended(started(environment, "--full", "--allow-removals")) == 0
    assert differences(fake, database) == []


def list_indexes(database: str) -> set[str]:
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'backlog_items'").fetchall()
    return {definition for (definition,) in found}


def test_the_indexes_that_a_killed_first_sync_has_set_aside_are_there_after_the_next(
    fake: FakeLinear, database: str, environment: Mapping[str, str]
) -> None:
    before = list_indexes(database)
    fake.fail_next(Fault.TOO_COMPLEX, times=_HALVINGS)
    process = started(environment)
    # It asks for its fourth page of items once it has stored some.
    asked = threading.Event()
    fake.on_request = lambda number: asked.set() if number == _HALVINGS + 4 else None
    assert asked.wait(60)
    process.kill()
    ended(process)
    fake.on_request = None
    assert len(list_indexes(database)) == 1
    assert ended(started(environment)) == 0
    assert list_indexes(database) == before
    assert differences(fake, database) == []


def forget_some(database: str, chance: random.Random) -> None:
    """Now and then begin with an empty mirror again, so that first syncs are killed too."""
    if chance.random() < 1 / 3:
        with psycopg.connect(database) as connection:
            for table in [*TABLES.values(), "sync_cursors"]:
                connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))


def test_of_two_syncs_at_once_one_runs_and_the_other_joins(
    fake: FakeLinear, database: str, environment: Mapping[str, str]
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def wait_for_the_other(_number: int) -> None:
        arrived.set()
        go_on.wait(60)

    fake.on_request = wait_for_the_other
    first = started(environment, "--full")
    assert arrived.wait(60)
    second = started(environment, "--full")
    assert second.stderr
    assert "Another sync is running" in second.stderr.readline()
    go_on.set()
    assert (ended(first), ended(second)) == (0, 0)
    assert differences(fake, database) == []
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT status FROM sync_history").fetchall() == [("succeeded",)]
