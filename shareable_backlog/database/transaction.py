"""Run several statements as one."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, TypeVar, overload

import psycopg
from psycopg import sql as compose

from shareable_backlog.database import faults
from shareable_backlog.database.pool import current
from shareable_backlog.database.query import Params, Sql, failure_logged, inside_transaction, leased, note, run

T = TypeVar("T")


class Transaction:
    """Be one transaction under way: everything through it is committed together or not at all."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    @overload
    async def query(self, sql: Sql, params: Params | None = None) -> list[tuple[Any, ...]]: ...
    @overload
    async def query(self, sql: Sql, params: Params | None = None, *, row: type[T]) -> list[T]: ...
    async def query(self, sql: Sql, params: Params | None = None, *, row: type[Any] | None = None) -> list[Any]:
        """Run one statement of the transaction and give its rows, as tuples or built by `row`."""
        return await run(self._connection, sql, params, row)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write `rows` into `columns` of `table` by COPY, PostgreSQL's fastest way in."""
        statement = compose.SQL("COPY {} ({}) FROM STDIN").format(
            compose.Identifier(table), compose.SQL(", ").join(map(compose.Identifier, columns))
        )
        with failure_logged(statement):
            async with self._connection.cursor() as cursor, cursor.copy(statement) as copying:
                for row in rows:
                    await copying.write_row(row)


@asynccontextmanager
async def transaction(*, within_s: float | None = None) -> AsyncGenerator[Transaction]:
    """Open a transaction, commit it at the end, roll it back on any error.

    `within_s` is how long it may take in all; None means as long as one `query()`. A longer time is also given
    to each of its statements. Raises DatabaseUnavailable or DatabaseFailed in place of the driver's errors,
    and RuntimeError inside another transaction.
    """
    if inside_transaction.get():
        raise RuntimeError("transaction() inside transaction(): pass the outer one on")
    opened = current()
    token = inside_transaction.set(True)
    try:
        deadline = monotonic() + (within_s or opened.deadline_s)
        async with leased(opened, deadline) as connection, connection.transaction():
            if within_s is not None:
                await connection.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [str(round(within_s * 1000))]
                )
            yield Transaction(connection)
    except psycopg.Error as error:
        await note(opened, error)
        raise faults.plain(error) from None
    finally:
        inside_transaction.reset(token)
