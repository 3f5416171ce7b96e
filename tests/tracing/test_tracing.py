"""What is noted of a request, and when."""

import asyncio

import pytest

from shareable_backlog import database, tracing
from shareable_backlog.config import Settings

pytestmark = pytest.mark.anyio


async def test_nothing_is_noted_unless_somebody_asks(live_database: Settings) -> None:
    del live_database
    await database.query("SELECT 1")
    assert tracing.get_trace() is None


async def test_each_statement_is_noted_with_its_time_and_rows(live_database: Settings) -> None:
    del live_database
    with tracing.trace_statements() as trace:
        await database.query("SELECT generate_series(1, %(last)s)", {"last": 3})
        async with database.transaction() as tx:
            await tx.query("SELECT pg_sleep(0.01)")
    assert [(one.sql, one.params, one.rows) for one in trace.statements] == [
        ("SELECT generate_series(1, %(last)s)", {"last": 3}, 3),
        ("SELECT pg_sleep(0.01)", None, 1),
    ]
    assert trace.duration_ms >= 10


async def test_what_tasks_of_a_request_run_belongs_to_it_and_not_to_another(live_database: Settings) -> None:
    del live_database

    async def trace_one(sql: str) -> list[str]:
        with tracing.trace_statements() as trace:
            await asyncio.create_task(database.query(sql))  # pyright: ignore[reportArgumentType] (one of those below)
            return [one.sql for one in trace.statements]

    assert await asyncio.gather(trace_one("SELECT 1"), trace_one("SELECT 2")) == [["SELECT 1"], ["SELECT 2"]]


async def test_nothing_more_is_noted_once_it_is_stopped(live_database: Settings) -> None:
    del live_database
    with tracing.trace_statements() as trace:
        tracing.stop_tracing()
        await database.query("SELECT 1")
    assert trace.statements == []
