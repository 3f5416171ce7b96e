"""Run several statements as one."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, TypeVar, overload

import psycopg

from shareable_backlog.database.connection import faults, prepared
from shareable_backlog.database.connection.pool import OpenDatabase, require_database
from shareable_backlog.database.connection.query import (
    Params,
    Sql,
    handle_error,
    inside_transaction,
    lease_connection,
    run_all,
    run_statement,
)
from shareable_backlog.database.connection.standby.request_version import forget_version

T = TypeVar("T")


class Transaction:
    """One transaction under way: everything through it is committed together or not at all."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    @overload
    async def query(self, sql: Sql, params: Params | None = None) -> list[tuple[Any, ...]]: ...
    @overload
    async def query(self, sql: Sql, params: Params | None = None, *, row: type[T]) -> list[T]: ...
    async def query(self, sql: Sql, params: Params | None = None, *, row: type[Any] | None = None) -> list[Any]:
        """Run one statement of the transaction and return its rows, as tuples or built by `row`."""
        return await run_statement(self._connection, sql, params, row)

    async def query_all(self, statements: Sequence[tuple[Sql, Params]]) -> list[list[tuple[Any, ...]]]:
        """Run several statements in one round trip and return the rows of each."""
        return await run_all(self._connection, statements, None)


@asynccontextmanager
async def _begin(database: OpenDatabase, deadline: float) -> AsyncGenerator[psycopg.AsyncConnection]:
    async with lease_connection(database, deadline) as connection:
        with prepared.prepare_nothing(connection):
            async with connection.transaction():
                yield connection


@asynccontextmanager
async def transaction(
    *, within_s: float | None = None, durable_at_once: bool = True, is_snapshot: bool = False
) -> AsyncGenerator[Transaction]:
    """Open a transaction, commit it at the end, roll it back on any error.

    `within_s` is how long it may take in all; None means as long as one `query()`. A longer time is also given
    to each of its statements. With `durable_at_once=False` a crash of the server may undo it within about a second,
    whole, and with it what was committed since: for what can be fetched again. With `is_snapshot` it reads all as it
    was at one moment, and writes nothing. Raises DatabaseUnavailable or
    DatabaseFailed in place of the driver's errors, and RuntimeError inside another transaction.
    """
    if inside_transaction.get():
        raise RuntimeError("transaction() inside transaction(): pass the outer one on")
    database = require_database()
    token = inside_transaction.set(True)
    if not is_snapshot:
        forget_version()
    try:
        deadline = monotonic() + (within_s or database.deadline_s)
        async with _begin(database, deadline) as connection:
            if is_snapshot:
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if within_s is not None or not durable_at_once:
                await connection.execute(
                    "SELECT set_config('statement_timeout', coalesce(%s, current_setting('statement_timeout')),"
                    " true), set_config('synchronous_commit',"
                    " coalesce(%s, current_setting('synchronous_commit')), true)",
                    [within_s and str(round(within_s * 1000)), None if durable_at_once else "off"],
                )
            yield Transaction(connection)
    except psycopg.Error as error:
        await handle_error(database, error)
        raise faults.translate_error(error) from None
    finally:
        inside_transaction.reset(token)
