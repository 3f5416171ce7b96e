"""The program's end, in the middle of its work."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.fakes.linear import FakeLinear, Fault, World, running
from tests.fakes.postgres import PrivateServer
from tests.support.served import Answer, Served, served

AT_ONCE = 20


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


@pytest.fixture
def linear() -> Iterator[FakeLinear]:
    """Give a workspace that falls silent in the middle of a pull."""
    world = World()
    world.add_issue()
    with running(world) as fake:
        fake.fail_next(Fault.SILENCE)
        yield fake


def test_requests_under_way_are_answered_a_sync_is_marked_interrupted_and_no_session_stays(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    with served(
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
        private_server.slow_pages_down(2)
        answers, exit_code, took_s = asyncio.run(stopped_in_the_middle(program, private_server))
        assert [answer.status for answer in answers] == [200] * AT_ONCE
        assert (exit_code, took_s < 10) == (0, True)
        assert statuses(private_server) == ["interrupted"]
        assert private_server.sessions() == []
        assert not program.events("unforeseen_error", "sync_end_not_recorded")
        assert {event["level"] for event in program.events()} == {"info"}
