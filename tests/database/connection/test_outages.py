"""What becomes of queries when the server goes away, comes back, freezes or refuses writes."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

import pytest
from structlog.testing import capture_logs

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import pool, query, read_last_connection_test, transaction
from shareable_backlog.database.connection import locks
from shareable_backlog.errors import DatabaseReadOnly, DatabaseUnavailable
from shareable_backlog.tasks import end_tasks
from tests.fakes.postgres import PrivateServer, PrivateServers

pytestmark = pytest.mark.anyio

RECOVERED_WITHIN_S = 3.0


@asynccontextmanager
async def open_at(url: str, **changes: str) -> AsyncGenerator[None]:
    async with database.open_database(parse_settings({"DATABASE_URL": url, **changes})):
        yield


async def until_it_works() -> float:
    """Query until a query succeeds, and return how many seconds that took."""
    started = monotonic()
    while True:
        try:
            await query("SELECT 1")
        except DatabaseUnavailable:
            assert monotonic() - started < 30
        else:
            return monotonic() - started


async def _update_until_refused() -> None:
    while True:
        await query("UPDATE users SET id = id")


async def until_it_is(*, connected: bool) -> None:
    """Wait until the probe has seen the database there, or away."""
    while (test := read_last_connection_test()) is None or test.connected != connected:  # noqa: ASYNC110 (nobody is told)
        await asyncio.sleep(0.01)


async def fill_the_pool(size: int) -> None:
    """Have the pool make `size` connections."""
    all_have_one = asyncio.Barrier(size)

    async def hold_one() -> None:
        async with transaction():
            await all_have_one.wait()

    await asyncio.gather(*(hold_one() for _ in range(size)))
    assert pool().get_stats()["pool_available"] >= size


def events(logged: list[Any], *, without: str = "query") -> list[str]:
    return [event["event"] for event in logged if event["event"] != without]


async def test_the_database_may_be_down_at_the_start_and_is_used_soon_after_its_own(
    private_servers: PrivateServers,
) -> None:
    server = private_servers.make()
    started = monotonic()
    with capture_logs() as logged:
        async with open_at(server.url):
            assert monotonic() - started < 0.5
            await until_it_is(connected=False)
            results = await asyncio.gather(*(query("SELECT 1") for _ in range(100)), return_exceptions=True)
            assert {str(result) for result in results} == {"The database is not running or not listening."}
            server.start()
            assert await until_it_works() < RECOVERED_WITHIN_S
            await until_it_is(connected=True)
    assert events(logged) == ["database_is_away", "database_is_back"]
    assert logged[-1]["refused"] >= 100


async def test_after_a_restart_twenty_reads_on_an_idle_pool_of_ten_have_no_error(
    private_server: PrivateServer,
) -> None:
    async with open_at(private_server.url):
        await fill_the_pool(10)
        private_server.restart()
        durations: list[float] = []
        for _ in range(20):
            started = monotonic()
            await query("SELECT 1")
            durations.append(monotonic() - started)
        assert max(durations) < 0.5


async def test_after_a_restart_twenty_reads_at_once_have_no_error(private_server: PrivateServer) -> None:
    async with open_at(private_server.url):
        await fill_the_pool(10)
        private_server.restart("immediate")
        assert await asyncio.gather(*(query("SELECT 1") for _ in range(20))) == [[(1,)]] * 20


async def test_after_a_restart_a_write_finds_a_fresh_connection(private_server: PrivateServer) -> None:
    async with open_at(private_server.url):
        await fill_the_pool(4)
        private_server.restart()
        async with transaction() as at_work:
            await at_work.query("INSERT INTO users (email) VALUES ('carol@example.com')")
        assert await query("SELECT count(*) FROM users WHERE email = 'carol@example.com'") == [(1,)]


async def test_killed_sessions_are_replaced_without_a_word(private_server: PrivateServer) -> None:
    async with open_at(private_server.url):
        await fill_the_pool(4)
        with capture_logs() as logged, private_server.connect() as admin:
            for pid in private_server.sessions():
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            assert (await database.test_connection()).connected
            assert await query("SELECT 1") == [(1,)]
        assert events(logged) == []


async def test_a_restart_under_load_is_logged_once_and_only_delays_or_refuses(private_server: PrivateServer) -> None:
    refused: list[str] = []
    stop = asyncio.Event()

    async def ask_again_and_again() -> None:
        while not stop.is_set():
            try:
                await query("SELECT 1")
            except DatabaseUnavailable as error:
                refused.append(str(error))
            await asyncio.sleep(0.02)

    async with open_at(private_server.url):
        await until_it_works()
        with capture_logs() as logged:
            asking = [asyncio.create_task(ask_again_and_again()) for _ in range(10)]
            await asyncio.to_thread(private_server.stop, "immediate")
            await until_it_is(connected=False)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(private_server.start)
            assert await until_it_works() < RECOVERED_WITHIN_S
            before = len(refused)
            await asyncio.sleep(1)
            stop.set()
            await asyncio.gather(*asking)
    assert len(refused) == before, "nothing is refused once it works again"
    assert events(logged) == ["database_is_away", "database_is_back"]


async def test_a_frozen_server_holds_a_query_no_longer_than_its_time(private_server: PrivateServer) -> None:
    async with open_at(private_server.url, DATABASE_STATEMENT_TIMEOUT_MS="500"):
        await fill_the_pool(4)
        private_server.freeze()
        started = monotonic()
        results = await asyncio.gather(*(query("SELECT 1") for _ in range(4)), return_exceptions=True)
        assert monotonic() - started < 1.5
        assert {str(error).partition(".")[0] for error in results if isinstance(error, DatabaseUnavailable)} == {
            "The database did not answer in time"
        }
        await until_it_is(connected=False)
        assert monotonic() - started < 4
        private_server.thaw()
        assert await until_it_works() < RECOVERED_WITHIN_S


async def test_a_frozen_server_holds_nobody_who_wants_the_lock(private_server: PrivateServer) -> None:
    async with open_at(private_server.url, DATABASE_STATEMENT_TIMEOUT_MS="500", DATABASE_CONNECT_TIMEOUT_S="2"):
        await until_it_works()
        private_server.freeze()
        started = monotonic()
        with pytest.raises(DatabaseUnavailable):
            async with locks.hold_lock(locks.SYNC):
                pytest.fail("nobody can have it")
        assert monotonic() - started < 4
        private_server.thaw()


async def test_at_most_one_probe_is_under_way(private_server: PrivateServer) -> None:
    async with open_at(private_server.url):
        await until_it_works()
        private_server.freeze()
        asking = [asyncio.create_task(database.test_connection()) for _ in range(3)]
        await asyncio.sleep(0.3)
        private_server.thaw()
        assert all([(await one).connected for one in asking])
        probes = [pid for pid in private_server.sessions() if pid]
        assert len(probes) <= 1 + pool().get_stats()["pool_size"]


async def test_a_server_that_turns_read_only_can_be_read_until_it_takes_writes_again(
    private_server: PrivateServer,
) -> None:
    async with open_at(private_server.url):
        await fill_the_pool(3)
        with private_server.connect() as admin:
            admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        private_server.reload()
        async with asyncio.timeout(10):
            with pytest.raises(DatabaseUnavailable, match="accepts no writes"):
                await _update_until_refused()  # each session takes the setting up by itself
        for _ in range(10):
            assert (await database.test_connection()).is_read_only
            assert await query("SELECT 1") == [(1,)]
        await pool().drain()  # as after a restart: what connects anew can be read too
        assert await query("SELECT 1") == [(1,)]
        with pytest.raises(DatabaseReadOnly, match="accepts no writes"):
            await query("UPDATE users SET id = id")
        with private_server.connect() as admin:
            admin.execute("SET default_transaction_read_only = off")
            admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        private_server.reload()
        assert await until_it_works() < RECOVERED_WITHIN_S
        await query("UPDATE users SET id = id")


async def test_when_the_server_has_no_connection_left_that_is_said_and_logged_once(
    private_servers: PrivateServers,
) -> None:
    server = private_servers.make()
    server.start("max_connections=6")
    taken = [server.connect() for _ in range(6)]
    with capture_logs() as logged:
        async with open_at(server.url):
            await until_it_is(connected=False)
            with pytest.raises(DatabaseUnavailable, match="has no connections left"):
                await query("SELECT 1")
            for connection in taken:
                connection.close()
            assert await until_it_works() < RECOVERED_WITHIN_S
    assert events(logged) == ["database_is_away", "database_is_back"]
    assert logged[0]["reason"] == "The database has no connections left."


async def test_a_pool_that_cannot_grow_says_so_in_the_log_once_with_the_cause(
    private_servers: PrivateServers,
) -> None:
    server = private_servers.make()
    server.start("max_connections=8")
    async with open_at(server.url, DATABASE_CONNECT_TIMEOUT_S="1", DATABASE_POOL_MAX="8"):
        # One by one two are opened for the pool and one for the probe, and no other before the pool is asked.
        while (opened_at_start := len(server.sessions())) < 3:  # noqa: ASYNC110 (nobody is told)
            await asyncio.sleep(0.02)
        taken = [server.connect() for _ in range(8 - opened_at_start - 1)]
        with capture_logs() as logged:
            results = await asyncio.gather(*(query("SELECT pg_sleep(1.5)") for _ in range(9)), return_exceptions=True)
        assert {str(result) for result in results if isinstance(result, Exception)} == {
            "The database is busy. Please try again in a few seconds."
        }
        assert [one for one in events(logged) if one != "query_slow"] == ["pool_is_exhausted"]
        assert logged[0]["reason"] == "The database has no connections left."
        assert (await database.test_connection()).connected
        for connection in taken:
            connection.close()


async def test_a_server_in_recovery_is_one_that_is_starting(private_servers: PrivateServers) -> None:
    server = private_servers.make()
    (server.data / "standby.signal").touch()
    server.start("hot_standby=off")
    async with open_at(server.url):
        await until_it_is(connected=False)
        assert await database.test_connection() == database.ConnectionTest(
            connected=False, error="The database is starting."
        )


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..example.com", "x" * 64 + ".example.com"])
async def test_a_host_name_that_cannot_be_found_is_said_to_be_one(host: str) -> None:
    async with open_at(f"postgresql://alice:open-sesame@{host}/backlog"):
        await until_it_is(connected=False)
        assert (await database.test_connection()).error == "The database can't be found: its host name is not known."


async def test_a_wrong_password_is_said_to_be_one(private_server: PrivateServer) -> None:
    async with open_at(private_server.url.replace("open%23", "shut%23")):
        assert (await database.test_connection()).error == "The database refused the user or password."


async def test_a_password_with_every_awkward_character_arrives(private_server: PrivateServer) -> None:
    async with open_at(private_server.url):
        assert (await database.test_connection()).connected


async def test_a_request_that_waits_in_vain_is_told_that_the_database_is_away(private_server: PrivateServer) -> None:
    has_the_only_one = asyncio.Event()

    async def keep_it() -> None:
        with suppress(DatabaseUnavailable):
            async with transaction():
                has_the_only_one.set()
                await asyncio.Event().wait()

    async with open_at(private_server.url, DATABASE_CONNECT_TIMEOUT_S="3", DATABASE_POOL_MAX="1"):
        await until_it_works()
        keeping = asyncio.create_task(keep_it())
        await has_the_only_one.wait()
        with capture_logs() as logged:
            waiting = asyncio.create_task(query("SELECT 1"))
            await asyncio.to_thread(private_server.stop)
            with pytest.raises(DatabaseUnavailable, match="is not running or not listening"):
                await waiting
        assert events(logged) == ["database_is_away"]
        await end_tasks(keeping)


async def test_a_name_that_leads_to_another_address_is_followed_without_a_restart(
    private_servers: PrivateServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = private_servers.make(), private_servers.make()
    for server in (old, new):
        server.start()
    leads_to, resolve = old.host, socket.getaddrinfo

    def resolve_name(host: Any, *more: Any, **options: Any) -> Any:
        return resolve(leads_to if host == "db.example.com" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_name)
    async with open_at(old.url.replace(old.host, "db.example.com")):
        await until_it_works()
        assert await query("SELECT host(inet_server_addr())") == [(old.host,)]
        leads_to = new.host
        await asyncio.to_thread(old.stop)
        assert await until_it_works() < RECOVERED_WITHIN_S
        assert await query("SELECT host(inet_server_addr())") == [(new.host,)]
