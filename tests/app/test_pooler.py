"""The program behind PgBouncer in transaction mode, where one session serves many clients in turn."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.connection import locks
from tests.fakes.linear import FakeLinear, World, run_linear
from tests.fakes.pgbouncer import run_pooler
from tests.fakes.postgres import PrivateServer
from tests.support.served import run_serve, slb

_OPTIONS_IGNORED = "ignore_startup_parameters = options"


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
