"""The program behind PgBouncer in transaction mode, where one session serves many clients in turn."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.sql import SQL

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import describe_prepared_use, pool, query, transaction
from shareable_backlog.database.connection import locks
from shareable_backlog.errors import DatabaseFailed
from tests.fakes.linear import FakeLinear, World, run_linear
from tests.fakes.pgbouncer import PORT_OF_POOLER, choose_host, run_pooler
from tests.fakes.postgres import PORT, PrivateServer
from tests.support.served import run_serve, slb

_OPTIONS_IGNORED = "ignore_startup_parameters = options"
_KEEPS_ACCOUNT = "max_prepared_statements = 100"


@pytest.fixture
def linear() -> Iterator[FakeLinear]:
    world = World()
    world.add_issue()
    with run_linear(world) as fake:
        yield fake


def test_a_pooler_that_refuses_our_options_is_named_as_the_reason(
    tmp_path: Path, private_server: PrivateServer
) -> None:
    words = "is behind a pooler that refuses our options (there, set ignore_startup_parameters = options)"
    with run_pooler(private_server) as url:
        code, said = slb(tmp_path, "doctor", DATABASE_URL=url)
        assert (code, words in said) == (1, True)
        with run_serve(tmp_path, DATABASE_URL=url) as program:
            assert words in program.until_logged("database_is_away")["reason"]
            assert words in program.get("/api/health").text
            assert program.get("/").status == 503


def test_pages_and_syncs_work_behind_a_pooler_that_ignores_them(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    asks_linear = {"LINEAR_API_URL": linear.url, "LINEAR_API_KEY": linear.key}
    with run_pooler(private_server, _OPTIONS_IGNORED) as url:
        for _ in range(2):
            assert slb(tmp_path, "sync", DATABASE_URL=url, **asks_linear)[0] == 0
        assert "up to date" in slb(tmp_path, "doctor", DATABASE_URL=url)[1]
        with run_serve(tmp_path, DATABASE_URL=url) as program:
            program.until("/", 200)
            for _ in range(20):
                assert program.get("/items/ENG-1").status == 200
            assert not program.events("query_failed", "database_is_away")
        assert "as the pooler would mix them up" in slb(tmp_path, "doctor", DATABASE_URL=url)[1]
    assert "prepared statement" not in private_server.log
    with private_server.connect() as admin:
        runs = admin.execute("SELECT status FROM sync_history").fetchall()
    assert runs == [("succeeded",), ("succeeded",)]


@pytest.mark.anyio
async def test_the_lock_is_one_process_at_a_time_behind_a_pooler_too(private_server: PrivateServer) -> None:
    with run_pooler(private_server, _OPTIONS_IGNORED) as url:
        async with database.open_database(parse_settings({"DATABASE_URL": url})):
            async with locks.hold_lock(locks.SYNC) as first, locks.hold_lock(locks.SYNC) as second:
                assert (first, second) == (True, False)
            async with locks.hold_lock(locks.SYNC) as again:
                assert again


@pytest.mark.anyio
async def test_no_setting_of_one_transaction_reaches_another_client(private_server: PrivateServer) -> None:
    with run_pooler(private_server, _OPTIONS_IGNORED) as url:
        async with database.open_database(parse_settings({"DATABASE_URL": url})):

            async def at_work() -> None:
                async with transaction(within_s=7) as tx:
                    await tx.query("SELECT pg_sleep(0.1)")

            await asyncio.gather(*(at_work() for _ in range(6)))
            found = await asyncio.gather(
                *(query("SELECT current_setting('statement_timeout'), pg_sleep(0.05)::text") for _ in range(6))
            )
            assert {rows[0][0] for rows in found} == {"0"}


def test_statements_are_prepared_where_the_pooler_keeps_account_of_them(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    private_server.stop()
    private_server.start("log_statement=all")
    with run_pooler(private_server, _OPTIONS_IGNORED, _KEEPS_ACCOUNT) as url:
        assert slb(tmp_path, "sync", DATABASE_URL=url, LINEAR_API_URL=linear.url, LINEAR_API_KEY=linear.key)[0] == 0
        assert "yes: the pooler keeps account of them" in slb(tmp_path, "doctor", DATABASE_URL=url)[1]
        with run_serve(tmp_path, DATABASE_URL=url) as program:
            program.until("/", 200)
            for _ in range(20):
                assert program.get("/items/ENG-1").status == 200
            assert not program.events("query_failed", "database_is_away", "prepared_statements_are_stale")
    assert "execute PGBOUNCER_" in private_server.log
    assert "execute _pg3_" not in private_server.log


@pytest.mark.anyio
async def test_its_oldest_ones_are_closed_there_as_newer_ones_come(private_server: PrivateServer) -> None:
    with run_pooler(private_server, _OPTIONS_IGNORED, _KEEPS_ACCOUNT) as url:
        async with database.open_database(parse_settings({"DATABASE_URL": url, "DATABASE_POOL_MAX": "1"})):
            for number in range(130):
                for _ in range(4):
                    assert await query(SQL("SELECT {}").format(number)) == [(number,)]
            with pytest.raises(DatabaseFailed):  # after which the driver throws all away
                async with transaction() as tx:
                    await tx.query("SELECT 1 / 0")
            for _ in range(4):
                assert await query("SELECT 1") == [(1,)]
    assert "prepared statement" not in private_server.log


@pytest.mark.anyio
@pytest.mark.parametrize(("wish", "is_prepared"), [("auto", False), ("yes", True)])
async def test_in_session_mode_they_are_prepared_if_the_setting_says_so(
    private_server: PrivateServer, wish: str, *, is_prepared: bool
) -> None:
    changes = {"DATABASE_POOL_MAX": "1", "DATABASE_PREPARED_STATEMENTS": wish}
    with run_pooler(private_server, _OPTIONS_IGNORED, "pool_mode = session") as url:
        async with database.open_database(parse_settings({"DATABASE_URL": url, **changes})):
            for _ in range(5):
                await query("SELECT 2")
            found = await query("SELECT 1 FROM pg_prepared_statements WHERE statement = 'SELECT 2'")
            assert (bool(found), describe_prepared_use().startswith("yes")) == (is_prepared, is_prepared)


@pytest.mark.anyio
async def test_told_wrongly_to_prepare_it_never_answers_another_question(private_server: PrivateServer) -> None:
    """Each asks a question of its own over and over, while sessions go from one to the other."""
    wrong: list[tuple[int, object]] = []
    answered = 0

    async def ask(number: int) -> None:
        nonlocal answered
        for _ in range(12):
            with contextlib.suppress(DatabaseFailed):
                answer = await query(SQL("SELECT {}, pg_sleep(0.002)::text").format(number))
                answered += 1
                if answer[0][0] != number:
                    wrong.append((number, answer))

    with run_pooler(private_server, _OPTIONS_IGNORED) as url:
        told = parse_settings({"DATABASE_URL": url, "DATABASE_PREPARED_STATEMENTS": "yes"})
        async with database.open_database(told):
            await asyncio.gather(*(ask(number) for number in range(8)))
    assert (wrong, answered > 8) == ([], True)
    assert "prepared statement" in private_server.log, "else it was not told wrongly"


@pytest.mark.anyio
async def test_a_pooler_that_is_put_in_while_the_program_runs_is_noticed(private_server: PrivateServer) -> None:
    """The URL names the pooler first, which is not there yet."""
    host = choose_host()
    first = f"{host}:{PORT_OF_POOLER},{private_server.host}:{PORT}"
    url = private_server.url.replace(f"{private_server.host}:{PORT}", first)
    async with database.open_database(parse_settings({"DATABASE_URL": url})):
        for _ in range(10):
            await query("SELECT 2")
        assert describe_prepared_use() == "yes"
        with run_pooler(private_server, _OPTIONS_IGNORED, host=host):
            await pool().drain()
            await asyncio.gather(*(query("SELECT pg_sleep(0.05)::text") for _ in range(10)))
            assert describe_prepared_use().startswith("no, as the pooler would mix them up")
            for _ in range(10):
                await query("SELECT 2")
        await pool().drain()
        await asyncio.gather(*(query("SELECT pg_sleep(0.05)::text") for _ in range(10)))
        assert describe_prepared_use() == "yes"
    assert "prepared statement" not in private_server.log


def test_pages_do_not_fail_when_a_migration_changes_tables_under_the_program(
    tmp_path: Path, private_server: PrivateServer, linear: FakeLinear
) -> None:
    asks_linear = {"LINEAR_API_URL": linear.url, "LINEAR_API_KEY": linear.key}
    assert slb(tmp_path, "sync", DATABASE_URL=private_server.url, **asks_linear)[0] == 0
    paths = ("/", "/items/ENG-1", "/board", "/changes", "/roadmap", "/filters", "/about", "/account")
    with (
        run_serve(tmp_path, DATABASE_URL=private_server.url, DATABASE_POOL_MAX="1") as program,
        private_server.connect() as admin,
    ):
        program.until("/", 200)
        for change in ("teams ALTER name TYPE varchar(1000)", "users ALTER display_name TYPE varchar(300)", None):
            for path in paths * 4:
                assert program.get(path).status == 200, path
            if change:
                admin.execute(SQL("ALTER TABLE ") + SQL(change))
        assert program.events("prepared_statements_are_stale")
        assert not program.events("query_failed")
