"""One statement in a connection of its own."""

import asyncio
from contextvars import Context
from dataclasses import dataclass
from time import monotonic
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from structlog.testing import capture_logs

from shareable_backlog import database as database_module
from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import pool, query, transaction
from shareable_backlog.database.connection.query import query_all
from shareable_backlog.errors import DatabaseFailed, DatabaseUnavailable, DataRefused
from tests.conftest import as_url

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Pair:
    number: int
    word: str


def quick(database: str, **changes: str) -> Settings:
    """Return settings under which a statement may take a fifth of a second."""
    words = {"DATABASE_URL": as_url(database), "DATABASE_STATEMENT_TIMEOUT_MS": "200", **changes}
    return parse_settings(words)


async def backend() -> int:
    return (await query("SELECT pg_backend_pid()"))[0][0]


async def running(expression: str) -> bool:
    """Return whether some session of this database runs `SELECT expression`."""
    return bool(
        await query(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'active' AND query = %(text)s",
            {"text": f"SELECT {expression}"},
        )
    )


async def terminate_others(conninfo: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.usefixtures("live_database")
async def test_rows_are_tuples() -> None:
    assert await query("SELECT 1 AS number, 'one' AS word UNION SELECT 2, 'two' ORDER BY 1") == [
        (1, "one"),
        (2, "two"),
    ]


@pytest.mark.usefixtures("live_database")
async def test_rows_are_built_by_the_given_class() -> None:
    assert await query("SELECT 'one' AS word, 1 AS number", row=Pair) == [Pair(1, "one")]


@pytest.mark.usefixtures("live_database")
async def test_a_parameter_is_named_and_never_part_of_the_text() -> None:
    hostile = "'; DROP TABLE users; --"
    assert await query("SELECT %(word)s::text, %(word)s::text", {"word": hostile}) == [(hostile, hostile)]


@pytest.mark.usefixtures("live_database")
async def test_a_composed_statement_is_taken() -> None:
    assert await query(SQL("SELECT count(*) FROM {}").format(Identifier("users"))) == [(0,)]


@pytest.mark.usefixtures("live_database")
async def test_a_statement_without_rows_gives_none_and_is_committed() -> None:
    assert await query("INSERT INTO users (email) VALUES (%(email)s)", {"email": "alice@example.com"}) == []
    assert await query("SELECT email FROM users") == [("alice@example.com",)]


@pytest.mark.usefixtures("live_database")
async def test_a_session_is_in_utc_and_has_the_programs_limits() -> None:
    [found] = await query(
        "SELECT current_setting('timezone'), current_setting('statement_timeout'),"
        " current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')"
    )
    assert found == ("UTC", "5s", "3s", "1min")


@pytest.mark.usefixtures("live_database")
async def test_the_log_has_text_duration_and_row_count_but_no_parameter(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "shareable_backlog.database.connection.query"), capture_logs() as logged:
        await query("SELECT  %(word)s::text\n FROM generate_series(1, 3)", {"word": "open-sesame"})
    [event] = logged
    assert (event["event"], event["log_level"]) == ("query", "debug")
    assert event["text"] == "SELECT %(word)s::text FROM generate_series(1, 3)"
    assert event["rows"] == 3
    assert event["duration_ms"] >= 0
    assert "open-sesame" not in str(logged)


@pytest.mark.usefixtures("live_database")
async def test_a_wrong_statement_fails_in_plain_words_and_the_log_has_the_servers() -> None:
    with capture_logs() as logged, pytest.raises(DatabaseFailed) as caught:
        await query("SELECT * FROM no_such_table")
    assert "no_such_table" not in str(caught.value)
    assert caught.value.__cause__ is None
    [event] = logged
    assert (event["event"], event["sqlstate"]) == ("query_failed", "42P01")
    assert "no_such_table" in event["message"]
    assert "no_such_table" in event["text"]


@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize("cast", ["SELECT %(value)s::text", "SELECT %(value)s::text::int"])
async def test_a_refused_value_does_not_show_in_the_log(cast: Any) -> None:
    with capture_logs() as logged, pytest.raises(DataRefused):
        await query(cast, {"value": "open-sesame" + "\x00" * cast.endswith("text")})
    assert [event["event"] for event in logged] == ["query_failed"]
    assert "open-sesame" not in str(logged)


@pytest.mark.usefixtures("live_database")
async def test_inside_a_transaction_it_is_an_error_of_the_program() -> None:
    async with transaction():
        with pytest.raises(RuntimeError, match="the transaction's own query"):
            await query("SELECT 1")
    assert await query("SELECT 1") == [(1,)]


async def test_outside_of_opened_it_is_an_error_of_the_program() -> None:
    with pytest.raises(RuntimeError, match="outside"):
        await query("SELECT 1")


@pytest.mark.usefixtures("live_database")
async def test_another_task_may_query_while_one_is_in_a_transaction() -> None:
    async with transaction():

        async def elsewhere() -> list[tuple[Any, ...]]:
            return await query("SELECT 1")

        # A task begun here would inherit the context, and with it the transaction.
        task = asyncio.get_running_loop().create_task(elsewhere(), context=Context())
        assert await task == [(1,)]


async def test_a_statement_that_takes_too_long_is_broken_off_and_its_connection_is_used_again(database: str) -> None:
    async with database_module.open_database(quick(database, DATABASE_POOL_MAX="1")):
        first = await backend()
        started = monotonic()
        with pytest.raises(DatabaseUnavailable, match="took too long"):
            await query("SELECT pg_sleep(30)")
        assert monotonic() - started < 2
        assert await backend() == first


async def test_a_read_on_a_closed_connection_is_run_once_more(live_database: Settings, database: str) -> None:
    first = await backend()
    await terminate_others(database)
    assert await backend() != first
    assert live_database


async def test_a_read_that_loses_its_connection_under_way_is_run_once_more(database: str) -> None:
    async with database_module.open_database(quick(database, DATABASE_STATEMENT_TIMEOUT_MS="5000")):
        await query("CREATE SEQUENCE runs")
        ends_itself_once = (
            "SELECT CASE WHEN nextval('runs') = 1 THEN pg_terminate_backend(pg_backend_pid())::text ELSE 'done' END"
        )
        assert await query(ends_itself_once) == [("done",)]


@pytest.mark.usefixtures("live_database")
@pytest.mark.owner
async def test_a_write_that_loses_its_connection_is_not_run_again() -> None:
    await query("CREATE SEQUENCE runs")
    with pytest.raises(DatabaseUnavailable):
        await query(
            "INSERT INTO users (email) SELECT nextval('runs') || pg_terminate_backend(pg_backend_pid())::text"
        )
    assert await query("SELECT last_value FROM runs") == [(1,)]


@pytest.mark.usefixtures("live_database")
async def test_several_statements_give_the_rows_of_each() -> None:
    pair = "SELECT %(number)s::integer AS number, word FROM unnest(%(words)s::text[]) word"
    found = await query_all(
        [(pair, {"number": 1, "words": ["a", "b"]}), (pair, {"number": 2, "words": []})], row=Pair
    )
    assert found == [[Pair(1, "a"), Pair(1, "b")], []]


@pytest.mark.usefixtures("live_database")
async def test_the_log_has_the_text_of_several_statements_once(caplog: pytest.LogCaptureFixture) -> None:
    pair = "SELECT %(number)s::integer AS number, 'a' AS word"
    with caplog.at_level("DEBUG", "shareable_backlog.database.connection.query"), capture_logs() as logged:
        await query_all([(pair, {"number": 1}), (pair, {"number": 2})], row=Pair)
    assert [(event["text"], event["rows"]) for event in logged] == [(pair, 2)]


async def test_one_that_fails_among_several_fails_all_and_their_connection_is_used_again(database: str) -> None:
    pair = "SELECT %(number)s::integer AS number, pg_sleep(%(number)s)::text AS word"
    async with database_module.open_database(quick(database, DATABASE_POOL_MAX="1")):
        first = await backend()
        with pytest.raises(DatabaseUnavailable, match="took too long"):
            await query_all([(pair, {"number": number}) for number in (0, 30, 0)], row=Pair)
        assert await backend() == first


@pytest.mark.parametrize(
    ("other", "is_run_again"), [("SELECT 1 AS number, '' AS word", True), ("CREATE TABLE one ()", False)]
)
async def test_several_that_lose_their_connection_are_run_once_more_if_all_are_reads(
    database: str, other: LiteralString, *, is_run_again: bool
) -> None:
    async with database_module.open_database(quick(database, DATABASE_STATEMENT_TIMEOUT_MS="5000")):
        await query("CREATE SEQUENCE runs")
        ends_itself_once = """
            SELECT CASE WHEN nextval('runs') = 1 THEN pg_terminate_backend(pg_backend_pid())::text ELSE 'done' END
                   AS word, 1 AS number
        """
        running = query_all([(ends_itself_once, {}), (other, {})], row=Pair)
        if is_run_again:
            assert await running == [[Pair(1, "done")], [Pair(1, "")]]
        else:
            with pytest.raises(DatabaseUnavailable):
                await running


@pytest.mark.owner
@pytest.mark.usefixtures("live_database")
async def test_several_that_are_cancelled_leave_their_connection_clean() -> None:
    sleeping = asyncio.create_task(query_all([("SELECT pg_sleep(30)", {}), ("SELECT pg_sleep(30)", {})], row=Pair))
    while not await running("pg_sleep(30)"):  # PostgreSQL tells nobody that a statement began
        assert not sleeping.done(), sleeping
        await asyncio.sleep(0.01)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert not await running("pg_sleep(30)")
    assert await query("SELECT 1") == [(1,)]


@pytest.mark.owner
@pytest.mark.usefixtures("live_database")
async def test_a_cancelled_query_leaves_its_connection_clean() -> None:
    sleeping = asyncio.create_task(query("SELECT pg_sleep(30)"))
    while not await running("pg_sleep(30)"):  # PostgreSQL tells nobody that a statement began
        assert not sleeping.done(), sleeping
        await asyncio.sleep(0.01)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert not await running("pg_sleep(30)")
    assert await query("SELECT 1") == [(1,)]


async def test_beyond_the_waiting_line_requests_are_refused_at_once_and_the_log_says_so_once(database: str) -> None:
    async with database_module.open_database(
        quick(database, DATABASE_POOL_MAX="1", DATABASE_STATEMENT_TIMEOUT_MS="1000")
    ):
        await query("SELECT 1")
        with capture_logs() as logged:
            results = await asyncio.gather(
                *(query("SELECT pg_sleep(0.05)") for _ in range(30)), return_exceptions=True
            )
        refused = [result for result in results if isinstance(result, BaseException)]
        assert len(refused) == 30 - 1 - 10
        assert {str(error) for error in refused} == {"The database is busy. Please try again in a few seconds."}
        assert [event["event"] for event in logged] == ["pool_is_exhausted"]
        assert logged[0]["reason"] == "All connections of the pool are in use."
        assert pool().get_stats()["connections_num"] <= 3  # nothing healthy was thrown away


@pytest.mark.usefixtures("live_database")
async def test_a_slow_statement_is_in_the_log_without_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shareable_backlog.database.connection.query._SLOW_MS", 20)
    with capture_logs() as logged:
        await query("SELECT pg_sleep(0.03), %(word)s::text", {"word": "open-sesame"})
    [event] = [one for one in logged if one["event"] != "query"]
    assert (event["event"], event["log_level"], event["rows"]) == ("query_slow", "info", 1)
    assert event["duration_ms"] >= 20
    assert "open-sesame" not in str(logged)
