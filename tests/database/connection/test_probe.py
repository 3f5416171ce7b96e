"""The probe: it finds out by itself whether the database answers, and keeps nobody waiting who needs to know."""

import asyncio
import math
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from structlog.testing import capture_logs

from shareable_backlog.database.connection import probe as probing
from shareable_backlog.database.connection.probe import ConnectionTest, Probe, has_news
from shareable_backlog.errors import DatabaseUnavailable
from shareable_backlog.tasks import end_tasks
from tests.fakes.postgres import PASSWORD, PrivateServer
from tests.support.database.cutting import Proxy
from tests.support.database.lending import session_keeping

pytestmark = pytest.mark.anyio

AWAY = ConnectionTest(connected=False, error="The database is not running or not listening.")


@pytest.fixture
async def probe(database: str) -> AsyncGenerator[Probe]:
    """Yield a probe of a database that is there."""
    one = Probe(make_conninfo(database, application_name="probed"))
    yield one
    await one.close()


@pytest.fixture
def way(database: str) -> Generator[Proxy]:
    """Yield a way to the database on which nobody listens yet."""
    with tempfile.TemporaryDirectory() as folder:
        yield Proxy(database, Path(folder))


@pytest.fixture
async def lost(way: Proxy) -> AsyncGenerator[Probe]:
    """Yield a probe that goes this way."""
    one = Probe(way.conninfo)
    yield one
    await one.close()


@asynccontextmanager
async def open_way(way: Proxy) -> AsyncGenerator[None]:
    """Let the database be there at the end of the way."""
    async with await asyncio.start_unix_server(way.serve, way.path):
        yield


def sessions(database: str) -> list[int]:
    """Return the server's processes that serve the probe."""
    with psycopg.connect(database) as admin:
        found = admin.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'probed'")
        return [pid for (pid,) in found]


def end_sessions(database: str) -> None:
    """End the probe's sessions, and return when the server has said so."""
    with psycopg.connect(database) as admin:
        for pid in sessions(database):
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


async def until_answered(one: Probe, *, connected: bool) -> None:
    async with asyncio.timeout(20):
        while one.last is None or one.last.connected != connected:  # noqa: ASYNC110 (nobody is told)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def keep_asking(one: Probe) -> AsyncGenerator[None]:
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        await end_tasks(task)


async def test_before_its_first_answer_it_refuses_nothing(lost: Probe) -> None:
    assert lost.last is None
    await lost.require_available()


async def test_a_database_that_answers_is_connected_after_some_milliseconds(probe: Probe) -> None:
    found = await probe.run_test()
    assert (found.connected, found.error, probe.last) == (True, None, found)
    assert found.latency_ms is not None
    assert 0 <= found.latency_ms < 2_000
    await probe.require_available()


async def test_who_waits_for_a_result_gets_the_first_as_it_comes_and_then_the_last(probe: Probe) -> None:
    waiting = asyncio.create_task(probe.wait_for_result())
    await asyncio.sleep(0)
    assert not waiting.done()
    first = await probe.run_test()
    assert await waiting is first
    last = await probe.run_test()
    assert await probe.wait_for_result() is last


async def test_it_keeps_one_connection_and_asks_on_it_again(probe: Probe, database: str) -> None:
    await asyncio.gather(*(probe.run_test() for _ in range(3)))
    [pid] = sessions(database)
    await probe.run_test()
    assert sessions(database) == [pid]


async def test_a_database_that_is_away_is_said_to_be_in_plain_words(lost: Probe) -> None:
    assert await lost.run_test() == AWAY
    assert lost.last == AWAY


async def test_whoever_needs_a_database_that_is_away_is_refused_with_its_words(
    lost: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_PATIENCE_S", 0.001)
    await lost.run_test()
    with pytest.raises(DatabaseUnavailable, match="not running or not listening"):
        await lost.require_available()


async def test_whoever_comes_just_before_it_is_back_waits_that_moment(
    lost: Probe, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_PATIENCE_S", 20)
    await lost.run_test()
    waiting = asyncio.create_task(lost.require_available())
    async with open_way(way):
        await lost.run_test()
        await waiting


async def test_when_it_last_came_back_is_known_and_not_when_it_was_first_there(
    probe: Probe, lost: Probe, way: Proxy
) -> None:
    await probe.run_test()
    await lost.run_test()
    assert probe.back_at == lost.back_at == -math.inf
    async with open_way(way):
        await lost.run_test()
        back_at = lost.back_at
        assert back_at > 0
        await lost.run_test()
        assert lost.back_at == back_at, "it has been there since"


async def test_an_outage_is_logged_once_with_its_cause_and_once_when_it_ends(
    lost: Probe, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_PATIENCE_S", 0.001)
    with capture_logs() as logged:
        for _ in range(3):
            await lost.run_test()
        for _ in range(2):
            with suppress(DatabaseUnavailable):
                await lost.require_available()
        async with open_way(way):
            await lost.run_test()
            await lost.run_test()
    away, back = logged
    assert (away["event"], away["reason"]) == ("database_is_away", AWAY.error)
    assert (back["event"], back["refused"]) == ("database_is_back", 2)


async def test_an_idle_connection_has_news_once_the_server_ends_it(database: str) -> None:
    conninfo = make_conninfo(database, application_name="probed")
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute("SELECT 1")
        assert not has_news(connection)
        end_sessions(database)
        assert has_news(connection)


async def test_a_connection_that_the_server_has_ended_is_replaced_without_a_bad_answer(
    probe: Probe, database: str
) -> None:
    await probe.run_test()
    end_sessions(database)
    assert (await probe.run_test()).connected
    assert len(sessions(database)) == 1


async def test_a_doubted_connection_is_replaced_once(probe: Probe, database: str) -> None:
    session_keeping.end_sessions(database)  # else the same one is there again
    await probe.run_test()
    [doubted] = sessions(database)
    probe.doubt_connection()
    await probe.run_test()
    [fresh] = set(sessions(database)) - {doubted}
    await probe.run_test()
    assert set(sessions(database)) - {doubted} == {fresh}


async def test_a_server_that_says_nothing_keeps_it_waiting_for_a_while_and_the_attempt_goes_on(
    lost: Probe, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_ANSWER_WITHIN_S", 0.02)
    came: list[asyncio.StreamWriter] = []

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        await asyncio.Event().wait()

    silent = await asyncio.start_unix_server(say_nothing, way.path)
    for _ in range(3):
        assert (await lost.run_test()).error == "The database did not answer in time."
    assert len(came) == 1
    came[0].close()
    silent.close()


async def test_a_server_that_says_nothing_after_the_sign_in_is_given_up_for_a_new_attempt(
    lost: Probe, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_ANSWER_WITHIN_S", 0.2)
    way.expect(1, is_silent=True)
    async with open_way(way), keep_asking(lost):
        await until_answered(lost, connected=False)
        await until_answered(lost, connected=True)


async def test_it_asks_often_while_the_database_is_away(
    lost: Probe, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_INTERVAL_S", 3_600)
    async with keep_asking(lost):
        await until_answered(lost, connected=False)
        async with open_way(way):
            await until_answered(lost, connected=True)


async def test_somebodys_doubt_makes_it_ask_before_its_time(
    lost: Probe, way: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_INTERVAL_S", 3_600)
    async with keep_asking(lost):
        async with open_way(way):
            await until_answered(lost, connected=True)
        way.path.unlink(missing_ok=True)
        lost.doubt_connection()
        await until_answered(lost, connected=False)


async def test_a_closed_probe_leaves_no_session_behind(probe: Probe, database: str) -> None:
    await probe.run_test()
    await probe.close()
    async with asyncio.timeout(20):
        while sessions(database):  # noqa: ASYNC110 (the server's process ends a little later)
            await asyncio.sleep(0.005)


async def test_a_wrong_password_is_tried_ever_less(private_server: PrivateServer) -> None:
    probe = Probe(private_server.url.replace(quote(PASSWORD, safe=""), "another"))
    asking = asyncio.create_task(probe.run())
    await asyncio.sleep(3)
    await end_tasks(asking)
    await probe.close()
    assert probe.last
    assert probe.last.is_lasting
    assert 2 <= private_server.log.count("password authentication failed") <= 6
    with pytest.raises(DatabaseUnavailable, match=r"refused the user or password\. Waiting won't help"):
        await probe.require_available()
