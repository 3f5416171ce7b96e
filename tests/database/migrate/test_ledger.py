import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shareable_backlog.database import migrate
from shareable_backlog.database.migrate import ledger
from shareable_backlog.errors import DatabaseUnavailable, MigrationFailed
from tests.database.migrate import sample

UP = """
import sys, pathlib
from shareable_backlog.database import migrate
migrate.apply_migrations(sys.argv[1], directory=pathlib.Path(sys.argv[2]))
"""
ROOT = Path(__file__).parents[3]


def runner(conninfo: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a process of its own that applies the folder's migrations."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", UP, conninfo, str(folder)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


# MIG-02
def test_a_killed_runner_leaves_no_lock_behind(empty_database: str, three: Path, seen: Callable[[str], None]) -> None:
    sample.write(three, "002_create-pears", "SELECT pg_sleep(60);")
    killed = runner(empty_database, three)
    seen("wait_event = 'PgSleep'")
    killed.kill()
    killed.wait()
    sample.write(three, "002_create-pears", "CREATE TABLE pears (id int);")
    began = monotonic()
    migrate.apply_migrations(empty_database, directory=three)
    assert monotonic() - began < 3
    assert sample.tables(empty_database) == ["apples", "pears", "plums"]


def test_an_interrupted_runner_takes_the_file_under_way_back_and_frees_the_lock(
    empty_database: str, three: Path, seen: Callable[[str], None]
) -> None:
    sample.write(three, "002_create-pears", "CREATE TABLE pears (id int);\nSELECT pg_sleep(60);")
    interrupted = runner(empty_database, three)
    seen("wait_event = 'PgSleep'")
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.wait(timeout=10) != 0
    with psycopg.connect(empty_database) as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", (ledger.LOCK_KEY,)).fetchone() == (True,)
    assert sample.tables(empty_database) == ["apples"]
    assert sample.ledger(empty_database) == ["001_create-apples"]


def test_a_runner_waits_for_the_one_at_work(empty_database: str, three: Path, seen: Callable[[str], None]) -> None:
    with psycopg.connect(empty_database, autocommit=True) as other, ThreadPoolExecutor() as threads:
        other.execute("SELECT pg_advisory_lock(%s)", (ledger.LOCK_KEY,))
        run = threads.submit(migrate.apply_migrations, empty_database, directory=three)
        seen("query LIKE '%pg_try_advisory_lock%'")
        assert not run.done()
        other.execute("SELECT pg_advisory_unlock(%s)", (ledger.LOCK_KEY,))
        assert len(run.result(timeout=20)) == 3


def test_a_runner_that_can_not_have_the_lock_says_so_and_changes_nothing(
    empty_database: str, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "LOCK_WAIT_S", 0.0)
    with psycopg.connect(empty_database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (ledger.LOCK_KEY,))
        with pytest.raises(MigrationFailed, match="Another migration run is under way"):
            migrate.apply_migrations(empty_database, directory=three)
    assert sample.tables(empty_database) == []


def test_status_and_dry_run_wait_for_no_lock(empty_database: str, three: Path) -> None:
    with psycopg.connect(empty_database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (ledger.LOCK_KEY,))
        assert migrate.read_status(empty_database, directory=three).find_problem() == "behind"
        assert len(migrate.apply_migrations(empty_database, dry_run=True, directory=three)) == 3


def test_the_lock_is_free_as_soon_as_a_run_returns(empty_database: str, three: Path) -> None:
    with psycopg.connect(empty_database, autocommit=True) as other:
        for _ in range(20):
            migrate.verify_migrations(empty_database, directory=three)
            taken = other.execute("SELECT pg_try_advisory_lock(%s)", (ledger.LOCK_KEY,)).fetchone()
            assert taken == (True,)
            other.execute("SELECT pg_advisory_unlock(%s)", (ledger.LOCK_KEY,))


@pytest.fixture
def away(empty_database: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield a server that breaks off every connection until it is told to come, and the way to tell it."""
    there = threading.Event()
    parts = conninfo_to_dict(empty_database)
    host, port = str(parts.get("host") or "localhost"), int(parts.get("port") or 5432)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                if there.is_set():
                    connect_through(client, host, port)
                else:
                    client.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = {"host": "127.0.0.1", "port": listener.getsockname()[1], "sslmode": "disable"}
        yield make_conninfo(empty_database, **address), there.set
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def connect_through(client: socket.socket, host: str, port: int) -> None:
    """Pass bytes between a client and the real server, both ways, until either ends."""
    if host.startswith("/"):
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
    else:
        server = socket.create_connection((host, port))

    def copy(source: socket.socket, target: socket.socket) -> None:
        with source, target, contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    for pair in ((client, server), (server, client)):
        threading.Thread(target=copy, args=pair, daemon=True).start()


# MIG-18
def test_a_server_that_comes_within_the_wait_is_migrated(away: tuple[str, Callable[[], None]], three: Path) -> None:
    conninfo, come = away
    with pytest.raises(DatabaseUnavailable):
        migrate.apply_migrations(conninfo, directory=three)
    with ThreadPoolExecutor() as threads:
        run = threads.submit(migrate.apply_migrations, conninfo, wait_s=20, directory=three)
        come()
        assert len(run.result(timeout=20)) == 3


# MIG-18
def test_a_server_that_stays_away_is_given_up_after_the_wait_without_naming_it(three: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    began = monotonic()
    with pytest.raises(DatabaseUnavailable) as caught:
        migrate.apply_migrations(f"postgresql://bob:hunter22@127.0.0.1:{port}/backlog", wait_s=0.5, directory=three)
    assert 0.5 <= monotonic() - began < 2
    assert not any(secret in str(caught.value) for secret in ("bob", "hunter22", "127.0.0.1", str(port), "backlog"))
