"""Have connections prepare their statements, unless a pooler stands between that would mix them up.

A prepared statement belongs to one session of the server, and a pooler in transaction mode gives each transaction
any of its sessions. Some poolers keep account of whose statement is whose, and call them by names of their own
(PgBouncer from 1.22 on, by `max_prepared_statements`); behind another it may be gone, or be somebody else's.
"""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias

import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from shareable_backlog.database.connection.deadline import hang_up_after

Connection: TypeAlias = psycopg.AsyncConnection[Any]
Wish: TypeAlias = Literal["auto", "yes", "no"]

# What a connection runs a third time is a page's; what one person filters by once is not worth a plan that stays.
_THRESHOLD = 2
_MOST = 100
_WITHIN_S = 2.0
_NAME_BITS = 62
_OWN_NAMES = "SELECT name FROM pg_prepared_statements WHERE statement LIKE 'SELECT name FROM pg_prepared_statements%'"
_DRIVERS_NAME = "_pg3_"


class PreparedUse(Struct, frozen=True):
    """Whether a connection prepares its statements, and in `words` why, for operators."""

    is_on: bool
    words: str


_OFF = PreparedUse(is_on=False, words="no, as DATABASE_PREPARED_STATEMENTS says")
DIRECT = PreparedUse(is_on=True, words="yes")
_BY_WISH = PreparedUse(
    is_on=True, words="yes, as DATABASE_PREPARED_STATEMENTS says: the pooler must keep a session for each connection"
)
_KEPT_APART = PreparedUse(is_on=True, words="yes: the pooler keeps account of them")
_MIXED_UP = PreparedUse(
    is_on=False,
    words="no, as the pooler would mix them up: PgBouncer from 1.22 on keeps account of them with"
    " max_prepared_statements = 200",
)
_NEVER_CLOSED = PreparedUse(
    is_on=False, words="no, as there is a pooler, and this libpq can't tell it to close one: it takes libpq 17"
)


async def set_up(connection: Connection, wish: Wish) -> PreparedUse:
    """Have a new connection prepare its statements, or not, and say why. Raises the driver's errors."""
    # The driver counts from 0 in each connection: what meets another's statement must find none, never that one.
    connection._prepared._prepared_idx = secrets.randbits(_NAME_BITS)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (it has no public name)
    connection.prepared_max = _MOST
    with hang_up_after(_WITHIN_S, connection):
        use = await _choose(connection, wish)
    connection.prepare_threshold = _THRESHOLD if use.is_on else None
    return use


async def _choose(connection: Connection, wish: Wish) -> PreparedUse:
    if wish == "no":
        return _OFF
    if not await _is_pooled(connection):
        return DIRECT
    if not psycopg.Capabilities().has_send_close_prepared():
        return _NEVER_CLOSED
    if wish == "yes":
        return _BY_WISH
    return _KEPT_APART if await _is_kept_apart(connection) else _MIXED_UP


async def _is_pooled(connection: Connection) -> bool:
    """Return whether a pooler stands between: the session that answers is not the one that was connected to."""
    [(pid,)] = await (await connection.execute("SELECT pg_backend_pid()")).fetchall()
    return pid != connection.info.backend_pid


async def _is_kept_apart(connection: Connection) -> bool:
    """Return whether the pooler gives a prepared statement a name of its own, by which it keeps account of it.

    What it passes on by our name is taken back in the same transaction, and so in the same session.
    """
    connection.prepare_threshold = 0
    async with connection.transaction():
        names = [name for (name,) in await (await connection.execute(_OWN_NAMES)).fetchall()]
        passed_on = [name for name in names if name.startswith(_DRIVERS_NAME)]
        for name in passed_on:
            await connection.execute(SQL("DEALLOCATE {}").format(Identifier(name)), prepare=False)
    if passed_on:
        # Else the driver would throw away, after a rollback, all that is prepared in whichever session it has then.
        connection._prepared._names.clear()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (it has no public name)
    return bool(names) and not passed_on


@contextmanager
def prepare_nothing(connection: Connection) -> Generator[None]:
    """Use and prepare no prepared statement within the context, as where one that is stale could not be run again."""
    threshold, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        yield
    finally:
        connection.prepare_threshold = threshold
