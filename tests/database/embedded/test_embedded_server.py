"""Who shares the server, and what becomes of it when processes come, go and are killed."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import structlog

from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.errors import EmbeddedServerFailed
from tests.support.database.embedded_processes import (
    FAST,
    one,
    postmaster,
    start_process,
    use_server,
    wait_for_end,
    wait_until_deserted,
    watcher,
)


def test_the_first_start_makes_the_folder_the_server_and_the_database(outside: Path) -> None:
    with embedded_server.run_server(outside / "new" / "data", FAST) as conninfo:
        assert one(conninfo, "SELECT current_database() || ' ' || current_user") == "shareable_linear_backlog slb"
        assert str(one(conninfo, "SHOW server_version")).startswith("18.")


def test_what_was_committed_is_there_after_a_restart(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST) as conninfo, psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE items AS SELECT 42 AS number")
    assert embedded_server.inspect_server(data_dir).pid is None
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SELECT number FROM items") == 42


def test_two_processes_share_one_server_and_the_last_one_out_stops_it(data_dir: Path) -> None:
    with use_server(data_dir) as alice:
        server = postmaster(data_dir)
        with embedded_server.run_server(data_dir, FAST):
            assert postmaster(data_dir) == server
            assert alice.leave() == 0
            assert postmaster(data_dir) == server
        assert embedded_server.inspect_server(data_dir).pid is None
    assert "received fast shutdown request" in (data_dir / "postgres.log").read_text()


def test_four_processes_that_start_at_once_make_one_server(outside: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(start_process(outside / "data")) for _ in range(4)]
        assert [user.answer() for user in users] == ["up"] * 4
        assert len({user.answer("SELECT pg_postmaster_start_time()") for user in users}) == 1
        assert [user.leave() for user in users] == [0] * 4
    assert embedded_server.inspect_server(outside / "data").pid is None


def test_processes_that_come_and_go_at_once_never_wait_for_each_other_for_ever(data_dir: Path) -> None:
    for _ in range(2):
        with start_process(data_dir) as alice, start_process(data_dir) as bob:
            for _ in range(2):
                with embedded_server.run_server(data_dir, FAST) as conninfo:
                    assert one(conninfo, "SELECT 1") == 1
            assert [alice.answer(), bob.answer()] == ["up", "up"]
            assert [alice.leave(), bob.leave()] == [0, 0]
    assert embedded_server.inspect_server(data_dir).pid is None


def test_ctrl_c_in_a_terminal_does_not_reach_the_server(data_dir: Path) -> None:
    with use_server(data_dir) as alice:
        server, watch = postmaster(data_dir), watcher(data_dir)
        assert len({os.getsid(pid) for pid in (alice.pid, server, watch)}) == 3
        with embedded_server.run_server(data_dir, FAST):
            os.killpg(alice.pid, signal.SIGINT)
            alice.process.join(60)
            assert not alice.process.is_alive()
            assert (postmaster(data_dir), watcher(data_dir)) == (server, watch)


def test_the_last_one_out_stops_the_server_though_the_watcher_was_killed(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST):
        os.kill(watcher(data_dir), signal.SIGKILL)
    assert embedded_server.inspect_server(data_dir).pid is None


def test_whoever_joins_a_server_without_a_watcher_gives_it_one(data_dir: Path) -> None:
    with use_server(data_dir) as alice:
        killed = watcher(data_dir)
        os.kill(killed, signal.SIGKILL)
        assert wait_for_end([killed])
        with use_server(data_dir) as bob:
            assert watcher(data_dir) != killed
            bob.kill()
        alice.kill()
        assert wait_until_deserted(data_dir)


def test_killing_everything_loses_nothing_that_was_committed(data_dir: Path) -> None:
    with use_server(data_dir) as alice:
        alice.answer("CREATE TABLE items (number integer)")
        committed = [alice.answer(f"INSERT INTO items VALUES ({n}) RETURNING number") for n in range(50)]
        # The watcher first, which would stop the server in good order.
        for pid in (watcher(data_dir), alice.pid, postmaster(data_dir)):
            os.kill(pid, signal.SIGKILL)
        with embedded_server.run_server(data_dir, FAST) as conninfo:
            assert one(conninfo, "SELECT array_agg(number ORDER BY number) FROM items") == committed
    assert "automatic recovery in progress" in (data_dir / "postgres.log").read_text()


def test_a_killed_server_is_started_again_for_the_next_one_who_comes(data_dir: Path) -> None:
    with embedded_server.run_server(data_dir, FAST) as conninfo, psycopg.connect(conninfo) as connection:
        os.kill(postmaster(data_dir), signal.SIGKILL)
        with embedded_server.run_server(data_dir, FAST):
            assert one(conninfo, "SELECT 1") == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_server_that_does_not_start_is_one_plain_sentence_and_the_log_says_why(data_dir: Path) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(EmbeddedServerFailed) as failed,
        embedded_server.run_server(data_dir, ["-c", "no_such_setting=1"]),
    ):
        pass
    assert str(failed.value) == "The embedded PostgreSQL did not start; its data is untouched. The log says why."
    assert [entry["log_level"] for entry in logs] == ["error"]
    assert 'unrecognized configuration parameter "no_such_setting"' in logs[0]["output"]
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SELECT 1") == 1


def test_the_server_and_its_watcher_get_none_of_the_callers_environment(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAR_API_KEY", "lin_api_invented")
    monkeypatch.setenv("PGPORT", "1")
    with embedded_server.run_server(data_dir, FAST) as conninfo:
        assert one(conninfo, "SHOW port") == "5432"
        for pid in (postmaster(data_dir), watcher(data_dir)):
            assert b"invented" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_log_that_has_grown_is_set_aside_at_the_next_start(data_dir: Path) -> None:
    log = data_dir / "postgres.log"
    os.truncate(log, 10_000_001)
    with embedded_server.run_server(data_dir, FAST):
        assert log.stat().st_size < 10_000
        assert (data_dir / "postgres.log.1").stat().st_size == 10_000_001


def test_a_server_is_described_before_its_first_start_while_it_runs_and_after(outside: Path) -> None:
    data_dir = outside / "data"
    folder = data_dir / "postgres"
    assert embedded_server.inspect_server(data_dir) == embedded_server.EmbeddedServer(folder, None, None)
    assert not data_dir.exists()
    with embedded_server.run_server(data_dir, FAST):
        running = embedded_server.inspect_server(data_dir)
        assert running.version == "18"
        assert Path(f"/proc/{running.pid}/cwd").samefile(folder)
    assert embedded_server.inspect_server(data_dir) == embedded_server.EmbeddedServer(folder, "18", None)
