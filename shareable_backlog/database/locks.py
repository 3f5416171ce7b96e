"""Let one process at a time do a thing, by PostgreSQL's advisory locks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg

from shareable_backlog.database import faults
from shareable_backlog.database.pool import current

SYNC = 5_317_001
"""The key of whoever writes the mirror."""


@asynccontextmanager
async def held(key: int) -> AsyncGenerator[bool]:
    """Hold the lock `key` inside the context; False when another process, or task, has it: then do nothing.

    The lock has a connection of its own: PostgreSQL frees it when the process dies. Raises
    DatabaseUnavailable.
    """
    current().probe.require_answering()
    try:
        connection = await psycopg.AsyncConnection.connect(current().conninfo, autocommit=True)
    except psycopg.Error as error:
        raise faults.plain(error) from None
    try:
        async with connection:
            # Dead clients' locks are freed within a second, not at the end of their statement.
            await connection.execute("SET client_connection_check_interval = '1s'")
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", [key])
            row = await cursor.fetchone()
            yield bool(row and row[0])
    except psycopg.Error as error:
        raise faults.plain(error) from None
