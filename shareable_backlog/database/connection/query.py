"""Run one statement on the process's pool."""

import logging
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, LiteralString, TypeAlias, TypeVar, overload

import psycopg
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL, Composed

from shareable_backlog import logs, tracing
from shareable_backlog.database.connection import faults
from shareable_backlog.database.connection.deadline import hung_up_after
from shareable_backlog.database.connection.pool import Opened, current
from shareable_backlog.database.connection.probe import ConnectionTest
from shareable_backlog.tracing import TracedStatement

_LOG = logs.logger(__name__)

T = TypeVar("T")
Sql: TypeAlias = LiteralString | SQL | Composed
Params: TypeAlias = Mapping[str, object]

inside_transaction: ContextVar[bool] = ContextVar("inside_transaction", default=False)


async def test_connection() -> ConnectionTest:
    """Run `SELECT NOW()` now and give the latency, or the error in plain words; the database never makes it raise."""
    return await current().probe.ask()


def last_connection_test() -> ConnectionTest | None:
    """Give the probe's last result, about a second old at most; None before its first answer."""
    return current().probe.last


@overload
async def query(sql: Sql, params: Params | None = None) -> list[tuple[Any, ...]]: ...
@overload
async def query(sql: Sql, params: Params | None = None, *, row: type[T]) -> list[T]: ...
async def query(sql: Sql, params: Params | None = None, *, row: type[T] | None = None) -> list[Any]:
    """Run one statement in a connection of its own and give its rows, as tuples or built by `row`.

    `%(name)s` in the text stands for `params["name"]`. It commits by itself. A SELECT whose connection turns
    out to be lost is run once more on a fresh one; nothing else is. Waiting for a connection and running take
    no longer than DATABASE_STATEMENT_TIMEOUT_MS and half a second together. Raises DatabaseUnavailable
    or DatabaseFailed, and RuntimeError inside a `transaction()`, whose own `query` is to be used there.
    """
    if inside_transaction.get():
        raise RuntimeError("query() inside transaction(): use the transaction's own query()")
    tries = 2 if isinstance(sql, str) and sql.lstrip()[:6].upper() == "SELECT" else 1
    opened = current()
    deadline = monotonic() + opened.deadline_s
    while True:
        tries -= 1
        try:
            async with leased(opened, deadline) as connection:
                return await run(connection, sql, params, row)
        except psycopg.Error as error:
            await note(opened, error)
            if tries and faults.is_lost(error) and monotonic() < deadline:
                continue
            raise faults.plain(error) from None


@asynccontextmanager
async def leased(opened: Opened, deadline: float) -> AsyncGenerator[psycopg.AsyncConnection]:
    """Lend a pooled connection until `deadline` (of `monotonic()`), so that a frozen server holds nobody.

    Raises DatabaseUnavailable, or the driver's errors.
    """
    await opened.probe.require_answering()
    wait_s = max(0.0, min(opened.pool.timeout, deadline - monotonic()))
    async with opened.pool.connection(timeout=wait_s) as connection:
        opened.exhausted.not_seen()
        with hung_up_after(deadline - monotonic(), connection):
            yield connection


async def run(
    connection: psycopg.AsyncConnection, sql: Sql, params: Params | None, row: type[Any] | None
) -> list[Any]:
    """Run one statement on `connection`, log it at debug without its parameters, and give its rows."""
    started = monotonic()
    factory = class_row(row) if row is not None else tuple_row
    with failure_logged(sql):
        async with connection.cursor(row_factory=factory) as cursor:
            await cursor.execute(sql, params)
            # Unlike `description`, the number does not describe each column first.
            rows: list[Any] = await cursor.fetchall() if cursor.rownumber is not None else []
            log_done(sql, params, started, cursor.rowcount)
            return rows


def log_done(sql: Sql, params: Params | None, started: float, rows: int) -> None:
    """Log at debug a statement that began at `started` (of `monotonic()`), without its parameters, and trace it."""
    if (trace := tracing.get_trace()) is not None:
        trace.statements.append(TracedStatement(sql, params, (monotonic() - started) * 1000, rows))
    if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        _LOG.debug("query", text=_one_line(sql), duration_ms=round((monotonic() - started) * 1000, 1), rows=rows)


@contextmanager
def failure_logged(sql: Sql) -> Generator[None]:
    """Log the failure of the statement `sql`, unless its connection was lost: the probe logs that once for all."""
    try:
        yield
    except psycopg.Error as error:
        if not faults.is_lost(error):
            # The server's words about a wrong value quote it.
            told = None if isinstance(error, psycopg.DataError) else error.diag.message_primary
            _LOG.error(
                "query_failed", text=_one_line(sql), sqlstate=error.sqlstate, message=told or type(error).__name__
            )
        raise


def _one_line(sql: Sql) -> str:
    return " ".join((sql if isinstance(sql, str) else sql.as_string(None)).split())


async def note(opened: Opened, error: psycopg.Error) -> None:
    """React to trouble that lasts, which the log sums up: an exhausted pool or a lost server.

    Raises DatabaseUnavailable when it has turned out meanwhile that the database is away.
    After a lost connection the idle ones are thrown away, as their server is probably the same.
    """
    if faults.is_pools(error):
        await opened.probe.require_answering()  # else the pool is not what is wrong
        opened.note_exhausted()
    elif faults.is_lost(error):
        opened.probe.doubt()
        await opened.pool.drain()
