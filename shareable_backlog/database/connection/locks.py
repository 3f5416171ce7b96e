"""Let one process at a time do a thing, by PostgreSQL's advisory locks."""

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import psycopg

from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.database.connection.deadline import hang_up_after
from shareable_backlog.database.connection.pool import require_database

# The transaction does nothing while the lock is held; only servers from 17 on know the second setting.
_NO_TIME_LIMITS = """
SELECT set_config(name, '0', true) FROM pg_settings
WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""

_FREED_WITHIN_S = 2.0

SYNC = 5_317_001
"""The key of whoever writes the mirror."""
STATE_PASTS = 5_317_004
"""The key of whoever reads the past of items."""


@asynccontextmanager
async def hold_lock(key: int) -> AsyncGenerator[bool]:
    """Hold the lock `key` inside the context; False when another process, or task, has it: then do nothing.

    The lock is that of a transaction on a connection of its own, which a pooler leaves together; PostgreSQL
    frees it when the process dies. Raises DatabaseUnavailable.
    """
    database = require_database()
    await database.probe.require_available()
    try:
        connection = await session_options.connect_async(
            psycopg.AsyncConnection.connect, database.conninfo, prepare_threshold=None
        )
    except psycopg.Error as error:
        raise faults.translate_error(error) from None
    try:
        yield await _take_lock(connection, key, database.deadline_s)
    finally:
        try:
            # The server would notice the closed connection a little later than whoever wants the lock next.
            with contextlib.suppress(psycopg.Error), hang_up_after(_FREED_WITHIN_S, connection):
                await connection.rollback()
        finally:
            await connection.close()


async def _take_lock(connection: psycopg.AsyncConnection, key: int, within_s: float) -> bool:
    try:
        with hang_up_after(within_s, connection):
            cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
            row = await cursor.fetchone()
            # Last, as a statement without parameters lets go of the snapshot: vacuum need not wait for this lock.
            await connection.execute(_NO_TIME_LIMITS)
    except psycopg.Error as error:
        raise faults.translate_error(error) from None
    return bool(row and row[0])
