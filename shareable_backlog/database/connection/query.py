"""Run one statement on the process's pool."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, Literal, LiteralString, TypeAlias, TypeVar, overload

import psycopg
from psycopg.rows import class_row, tuple_row
from psycopg.sql import SQL, Composed

from shareable_backlog import logs, tracing
from shareable_backlog.database.connection import faults
from shareable_backlog.database.connection.deadline import hang_up_after
from shareable_backlog.database.connection.pool import OpenDatabase, require_database
from shareable_backlog.database.connection.probe import ConnectionTest
from shareable_backlog.database.connection.query_times import QUERY_TIMES
from shareable_backlog.database.connection.standby.standby import LIST_READS
from shareable_backlog.tracing import TracedStatement, spans

_LOG = logs.get_logger(__name__)

_SLOW_MS = 1000.0

T = TypeVar("T")
Sql: TypeAlias = LiteralString | SQL | Composed
Params: TypeAlias = Mapping[str, object]

inside_transaction: ContextVar[bool] = ContextVar("inside_transaction", default=False)


async def test_connection() -> ConnectionTest:
    """Run `SELECT NOW()` now and return the latency, or the error in plain words; no database makes it raise."""
    return await require_database().probe.run_test()


def read_last_connection_test() -> ConnectionTest | None:
    """Return the probe's last result, about a second old at most; None before its first answer."""
    return require_database().probe.last


@overload
async def query(
    sql: Sql, params: Params | None = None, *, plan_anew: bool = False, on_standby: bool = False
) -> list[tuple[Any, ...]]: ...
@overload
async def query(
    sql: Sql, params: Params | None = None, *, row: type[T], plan_anew: bool = False, on_standby: bool = False
) -> list[T]: ...
async def query(
    sql: Sql,
    params: Params | None = None,
    *,
    row: type[T] | None = None,
    plan_anew: bool = False,
    on_standby: bool = False,
) -> list[Any]:
    """Run one statement in a connection of its own and return its rows, as tuples or built by `row`.

    `%(name)s` in the text stands for `params["name"]`. It commits by itself. A SELECT whose connection turns
    out to be lost is run once more on a fresh one, and so is whatever was refused as it was prepared for another
    schema; nothing else is. With `plan_anew` it is planned for its values each time, as what is put together from a
    person's filters needs: a plan for any label is a bad one for a common one. With `on_standby` the standby may run
    it, if there is one that is as new as the version of the mirror that the primary last said in this request: for
    what reads nothing but the mirror and what is shared. Waiting for a connection and running take no longer than
    DATABASE_STATEMENT_TIMEOUT_MS and half a second together, after half of that on a standby that fell silent. Raises
    DatabaseUnavailable or DatabaseFailed, and RuntimeError inside a `transaction()`, whose own `query` is to be used
    there.
    """
    return await _run_leased(
        [sql],
        lambda connection: run_statement(connection, sql, params, row, plan_anew=plan_anew),
        on_standby=on_standby,
    )


async def query_all(
    statements: Sequence[tuple[Sql, Params]], *, row: type[T], plan_anew: bool = False, on_standby: bool = False
) -> list[list[T]]:
    """Run several statements in one round trip, as `query` runs one, and return the rows of each, built by `row`.

    They are committed together, but each sees what was committed when it began.
    """
    return await _run_leased(
        [sql for sql, _ in statements],
        lambda connection: run_all(connection, statements, row, plan_anew=plan_anew),
        on_standby=on_standby,
    )


async def _run_leased(
    statements: Sequence[Sql], work: Callable[[psycopg.AsyncConnection], Awaitable[list[Any]]], *, on_standby: bool
) -> list[Any]:
    if inside_transaction.get():
        raise RuntimeError("query() inside transaction(): use the transaction's own query()")
    is_repeatable, is_repeated = all(map(_is_select, statements)), False
    database = require_database()
    if on_standby:
        if database.standby is not None and (found := await database.standby.run(work)) is not None:
            LIST_READS.value.standby += 1
            return found
        LIST_READS.value.primary += 1
    deadline = monotonic() + database.deadline_s
    while True:
        try:
            async with lease_connection(database, deadline) as connection:
                return await work(connection)
        except psycopg.Error as error:
            await handle_error(database, error)
            once_more = faults.is_stale(error) or (is_repeatable and faults.is_lost(error))
            if is_repeated or not once_more or monotonic() >= deadline:
                raise faults.translate_error(error) from None
            is_repeated = True


def _is_select(sql: Sql) -> bool:
    return isinstance(sql, str) and sql.lstrip()[:6].upper() == "SELECT"


@asynccontextmanager
async def lease_connection(database: OpenDatabase, deadline: float) -> AsyncGenerator[psycopg.AsyncConnection]:
    """Lend a pooled connection until `deadline` (of `monotonic()`), so that a frozen server holds nobody.

    Raises DatabaseUnavailable, or the driver's errors.
    """
    await database.probe.require_available()
    wait_s = max(0.0, min(database.pool.timeout, deadline - monotonic()))
    # The pool's own context would commit what its connections, which commit by themselves, never have open.
    connection = await database.pool.getconn(wait_s)
    try:
        database.exhaustion_log.record_success()
        with hang_up_after(deadline - monotonic(), connection):
            yield connection
    finally:
        await database.pool.putconn(connection)


async def run_statement(
    connection: psycopg.AsyncConnection,
    sql: Sql,
    params: Params | None,
    row: type[Any] | None,
    *,
    plan_anew: bool = False,
) -> list[Any]:
    """Run one statement on `connection`, log it at debug without its parameters, and return its rows."""
    started = monotonic()
    with _log_failure([sql]):
        cursor = connection.cursor(row_factory=class_row(row) if row is not None else tuple_row)
        await cursor.execute(sql, params, prepare=_may_prepare(plan_anew=plan_anew))
        # Unlike `description`, the number does not describe each column first.
        rows: list[Any] = await cursor.fetchall() if cursor.rownumber is not None else []
        _log_done([(sql, params, cursor.rowcount)], started)
        return rows


async def run_all(
    connection: psycopg.AsyncConnection,
    statements: Sequence[tuple[Sql, Params]],
    row: type[Any] | None,
    *,
    plan_anew: bool = False,
) -> list[list[Any]]:
    """Run several statements on `connection` in one round trip, log them as one, and return the rows of each."""
    started = monotonic()
    factory = class_row(row) if row is not None else tuple_row
    with _log_failure([sql for sql, _ in statements]):
        async with connection.pipeline():
            cursors = [
                await connection.cursor(row_factory=factory).execute(
                    sql, params, prepare=_may_prepare(plan_anew=plan_anew)
                )
                for sql, params in statements
            ]
        answers = [await cursor.fetchall() if cursor.rownumber is not None else [] for cursor in cursors]
    _log_done(
        [(sql, params, len(answer)) for (sql, params), answer in zip(statements, answers, strict=True)], started
    )
    return answers


def _may_prepare(*, plan_anew: bool) -> Literal[False] | None:
    return False if plan_anew else None  # None leaves it to the connection


def _log_done(statements: Sequence[tuple[Sql, Params | None, int]], started: float) -> None:
    """Log at debug statements that began together at `started` (of `monotonic()`), slow ones at info; trace them.

    Each stands with its parameters, which are not logged, and its number of rows.
    """
    duration_ms = (monotonic() - started) * 1000
    QUERY_TIMES.value.add_time(duration_ms / 1000)
    if (trace := tracing.get_trace()) is not None:
        # Of several nobody knows how long each of them took.
        each_ms = duration_ms / max(1, len(statements))
        trace.statements.extend(TracedStatement(sql, params, each_ms, rows) for sql, params, rows in statements)
    if spans.has_open_span():
        spans.add_statements([(_join_lines([sql]), rows) for sql, _, rows in statements], duration_ms / 1000)
    is_slow = duration_ms >= _SLOW_MS
    if is_slow or logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        text, rows = _join_lines([sql for sql, _, _ in statements]), sum(count for _, _, count in statements)
        values = {"text": text, "duration_ms": round(duration_ms, 1), "rows": rows}
        if is_slow:
            _LOG.info("query_slow", **values)
        else:
            _LOG.debug("query", **values)


@contextmanager
def _log_failure(statements: Sequence[Sql]) -> Generator[None]:
    """Log the failure of statements, unless the connection was lost, or what it prepared: that is logged for all."""
    try:
        yield
    except psycopg.Error as error:
        if not faults.is_lost(error) and not faults.is_stale(error):
            # The server's words about a wrong value quote it.
            told = None if isinstance(error, psycopg.DataError) else error.diag.message_primary
            _LOG.error(
                "query_failed",
                text=_join_lines(statements),
                sqlstate=error.sqlstate,
                message=told or type(error).__name__,
            )
        raise


def _join_lines(statements: Sequence[Sql]) -> str:
    """Return each text once, however often it ran with other parameters."""
    texts = dict.fromkeys(sql if isinstance(sql, str) else sql.as_string(None) for sql in statements)
    return "; ".join(" ".join(text.split()) for text in texts)


async def handle_error(database: OpenDatabase, error: psycopg.Error) -> None:
    """React to trouble that lasts, which the log sums up: an exhausted pool or a lost server.

    Raises DatabaseUnavailable when it has turned out meanwhile that the database is away.
    After a lost connection the idle ones are thrown away, as their server is probably the same; after a stale
    prepared statement all are, as what they prepared is probably as old.
    """
    if faults.is_from_pool(error):
        await database.probe.require_available()  # else the pool is not what is wrong
        database.record_exhaustion()
    elif error.sqlstate == "25006" and database.probe.last and database.probe.last.is_read_only:
        pass  # as is known: what can be read is read on by the same connections
    elif faults.is_lost(error):
        database.probe.doubt_connection()
        await database.pool.drain()
    elif faults.is_stale(error):
        _LOG.warning("prepared_statements_are_stale", reason=faults.describe_stale(error))
        await database.pool.drain()
