"""The program's end, in the middle of its work."""

import asyncio
import contextlib
import random
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from tests.fakes.linear import FakeLinear, Fault, World, run_linear
from tests.fakes.postgres import PrivateServer
from tests.support.served import Answer, Served, run_serve

AT_ONCE = 20
_LIMIT_S = 25.0
_SEED = 4
_STOPS = 6


async def stopped_in_the_middle(program: Served, server: PrivateServer) -> tuple[list[Answer], int, float]:
    """Ask for pages, stop the program while all are under way; give answers, exit code and how long it took."""
    asked = asyncio.Event()
    asking = asyncio.create_task(program.traffic("/export.csv", every_s=0, until=asked, at_most=AT_ONCE))
    await asyncio.to_thread(until_sleeping, server, AT_ONCE)
    started = monotonic()
    exit_code = await asyncio.to_thread(program.stop)
    return await asking, exit_code, monotonic() - started


def until_sleeping(server: PrivateServer, count: int) -> None:
    """Wait until `count` sessions of the program are in their query."""
    deadline = monotonic() + 30
    with server.connect() as admin:
        while True:
            [(found,)] = admin.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            ).fetchall()
            if found >= count:
                return
            assert monotonic() < deadline
            sleep(0.02)


def statuses(server: PrivateServer) -> list[str]:
    with server.connect() as admin:
        return [status for (status,) in admin.execute("SELECT status FROM sync_history ORDER BY id")]


def make_due(server: PrivateServer) -> None:
    """Let the next run begin at once, as if the last one had ended long ago; the first has no table to look into."""
    with server.connect() as admin, contextlib.suppress(psycopg.errors.UndefinedTable):
        admin.execute("UPDATE sync_history SET completed_at = completed_at - interval '1 day'")


@pytest.fixture
def linear() -> Iterator[FakeLinear]:
    """Yield a workspace that falls silent in the middle of a pull."""
    world = World()
    world.add_issue()
    with run_linear(world) as fake:
        fake.fail_next(Fault.SILENCE)
        yield fake


def test_requests_under_way_are_answered_a_sync_is_marked_interrupted_and_no_session_stays(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    with run_serve(
        tmp_path,
        DATABASE_URL=private_server.url,
        DATABASE_POOL_MAX="30",
        LINEAR_API_KEY=linear.key,
        LINEAR_API_URL=linear.url,
    ) as program:
        program.until("/", 200)
        deadline = monotonic() + 30
        while statuses(private_server) != ["running"] or not linear.requests:
            assert monotonic() < deadline
            sleep(0.02)
        private_server.slow_pages_down(1)  # each time that a statement names it
        answers, exit_code, took_s = asyncio.run(stopped_in_the_middle(program, private_server))
        assert [answer.status for answer in answers] == [200] * AT_ONCE
        assert (exit_code, took_s < 10) == (0, True)
        assert statuses(private_server) == ["interrupted"]
        assert private_server.sessions() == []
        assert not program.events("unforeseen_error", "sync_end_not_recorded")
        assert {event["level"] for event in program.events()} == {"info"}


def until_syncing(server: PrivateServer, linear: FakeLinear) -> None:
    """Wait until a run is under way and has asked."""
    deadline = monotonic() + 30
    while statuses(server) != ["running"] or not linear.requests:
        assert monotonic() < deadline
        sleep(0.02)


def seconds_to_stop(program: Served) -> float:
    started = monotonic()
    assert program.stop() == 0
    return monotonic() - started


def test_a_database_that_stands_still_keeps_nobody_from_ending(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    settings = {"DATABASE_URL": private_server.url, "LINEAR_API_KEY": linear.key, "LINEAR_API_URL": linear.url}
    with run_serve(tmp_path, enter=(), **settings) as program:
        program.until("/", 200)
        until_syncing(private_server, linear)
        private_server.freeze()
        try:
            assert seconds_to_stop(program) < _LIMIT_S
            program.until_logged("sync_end_not_recorded")
            assert not program.events("stop_took_too_long")
        finally:
            private_server.thaw()
    with run_serve(tmp_path, enter=(), **settings) as program:
        program.until_logged("sync_ended")
    assert statuses(private_server)[0] == "interrupted"


def test_a_mail_server_that_says_nothing_keeps_nobody_from_ending(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    with private_server.connect() as admin:
        admin.execute(
            "INSERT INTO outgoing_mails (kind, recipient, params, expires_at)"
            " VALUES ('access_approved', 'bob@example.com', '{}', now() + interval '1 day')"
        )
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        run_serve(
            tmp_path,
            DATABASE_URL=private_server.url,
            BASE_URL="https://backlog.example.com",
            SMTP_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}",
            MAIL_FROM="backlog@example.com",
        ) as program,
    ):
        silent.settimeout(30)
        with silent.accept()[0]:
            assert seconds_to_stop(program) < _LIMIT_S
    with private_server.connect() as admin:
        assert admin.execute("SELECT tries, given_up_at FROM outgoing_mails").fetchall() == [(1, None)]


def test_a_second_signal_breaks_off_what_is_under_way(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    with run_serve(
        tmp_path,
        DATABASE_URL=private_server.url,
        DATABASE_STATEMENT_TIMEOUT_MS="60000",
        LINEAR_API_KEY=linear.key,
        LINEAR_API_URL=linear.url,
    ) as program:
        program.until("/", 200)
        until_syncing(private_server, linear)
        private_server.slow_pages_down(60)
        answers: list[Answer] = []
        asking = threading.Thread(target=lambda: answers.append(program.get("/export.csv", accept="text/html")))
        asking.start()
        until_sleeping(private_server, 1)
        program.process.send_signal(signal.SIGTERM)
        sleep(0.5)
        assert program.process.poll() is None, "the request has 10 s"
        assert seconds_to_stop(program) < 5
        asking.join()
        [answer] = answers
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert "This site is being restarted" in answer.text
        assert "Your request was broken off. Try again in a few seconds" in answer.text
        assert statuses(private_server) == ["interrupted"]
        assert not program.events("stop_took_too_long")


@pytest.mark.long
def test_a_stop_at_any_moment_of_a_run_ends_in_time_and_leaves_no_run_that_seems_to_go_on(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    chance = random.Random(_SEED)  # noqa: S311 (reproducible, not secret)
    world = World()
    for _ in range(200):
        world.add_issue()
    with run_linear(world) as linear:
        for number in range(_STOPS):
            asked = threading.Event()
            linear.on_request = lambda _number, asked=asked: asked.set()
            make_due(private_server)
            with run_serve(
                tmp_path,
                DATABASE_URL=private_server.url,
                LINEAR_API_KEY=linear.key,
                LINEAR_API_URL=linear.url,
            ) as program:
                assert asked.wait(30)
                delay_s = chance.random() * 0.3
                sleep(delay_s)
                assert seconds_to_stop(program) < _LIMIT_S, f"stop {number}, {delay_s} s after the first request"
            assert set(statuses(private_server)) <= {"interrupted", "succeeded"}
            assert private_server.sessions() == []
