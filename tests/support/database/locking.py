"""Look from another session at what a transaction has locked, and let sessions get in each other's way."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import sql

from shareable_backlog.database import query

T = TypeVar("T")

_BLOCKS_SOMEBODY = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


def list_free(conninfo: str, table: str) -> list[Any]:
    """Return the ids of a table's rows that nobody has locked, waiting for nobody."""
    statement = sql.SQL("SELECT id FROM {} ORDER BY id FOR UPDATE SKIP LOCKED").format(sql.Identifier(table))
    with psycopg.connect(conninfo) as connection:
        return [id_ for (id_,) in connection.execute(statement)]


async def run_beside(
    conninfo: str, change: LiteralString, params: Mapping[str, object], work: Coroutine[Any, Any, T]
) -> T:
    """Return the result of `work` that begins after another session's `change` and before its commit.

    The commit comes once `work` waits for it, or has ended without waiting.
    """
    async with await psycopg.AsyncConnection.connect(conninfo) as other:
        await other.execute(change, params)
        working = asyncio.create_task(work)
        while not working.done() and (await (await other.execute(_BLOCKS_SOMEBODY)).fetchone()) is None:  # noqa: ASYNC110 (nobody tells who waits)
            await asyncio.sleep(0.01)
    return await working


async def stumble(table: str, times: int) -> None:
    """Let the first `times` statements that write to a table meet a deadlock."""
    await query("CREATE SEQUENCE stumbles")
    await query(
        sql.SQL(
            "CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF nextval('stumbles') <= {} THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;"
            " RETURN NULL; END $$"
        ).format(times)
    )
    await query(
        sql.SQL("CREATE TRIGGER stumble BEFORE INSERT ON {} FOR EACH STATEMENT EXECUTE FUNCTION stumble()").format(
            sql.Identifier(table)
        )
    )
