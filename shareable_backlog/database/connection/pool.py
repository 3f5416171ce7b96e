"""Keep the process's connection pool: opened in the background, so that the program starts without a database."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic
from typing import Any, Self, TypeVar

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from shareable_backlog import logs
from shareable_backlog.config import Settings
from shareable_backlog.database.connection import conninfo as conninfo_words
from shareable_backlog.database.connection import faults, prepared, session_options
from shareable_backlog.database.connection.deadline import hang_up_after
from shareable_backlog.database.connection.outage_log import OutageLog
from shareable_backlog.database.connection.prepared import PreparedUse, Wish
from shareable_backlog.database.connection.probe import Probe, has_news
from shareable_backlog.database.connection.server import use_server
from shareable_backlog.database.connection.standby.standby import Standby, StandbyConnection
from shareable_backlog.process_state import ProcessState
from shareable_backlog.tasks import end_tasks

_LOG = logs.get_logger(__name__)

C = TypeVar("C", bound=psycopg.AsyncConnection[TupleRow])

_MIN_SIZE = 2
_RECONNECT_TIMEOUT_S = 2  # the default of 300 s grows its waits to 16 s after an outage (measured)
_WAITING_PER_CONNECTION = 10  # beyond this queue a request is refused at once
_MARGIN_S = 0.5  # the server's own statement time-out goes first
_QUIET_S = 5.0


class OpenDatabase(Struct, frozen=True):
    """What one process has open: the pool, its probe, how long one statement may take in all, and a standby."""

    conninfo: str
    pool: AsyncConnectionPool
    probe: Probe
    deadline_s: float
    exhaustion_log: OutageLog
    standby: Standby | None

    def record_exhaustion(self) -> None:
        """Note for the log that the pool had no connection to give to a request."""
        if self.pool.closed or monotonic() - self.probe.back_at < self.pool.timeout:
            return  # it waited through the end, or through an outage, which is in the log
        self.exhaustion_log.refused += 1
        self.exhaustion_log.record_failure(_FAILURE.value or "All connections of the pool are in use.")


class _PooledConnection(psycopg.AsyncConnection[TupleRow]):
    """A pooled connection, and remember why none could be made.

    The pool itself logs that in the driver's words alone, which name the host.
    """

    @classmethod
    async def connect(cls, conninfo: str = "", **words: Any) -> Self:  # noqa: ANN401 (as the driver takes them)
        """Connect as psycopg does."""
        try:
            connection = await session_options.connect_to_read(super().connect, conninfo, **words)
        except psycopg.Error as error:
            _FAILURE.value = f"The database {faults.describe_reason(error)}."
            raise
        _FAILURE.value = None
        return connection


class _HotFirstPool(AsyncConnectionPool[C]):
    """A pool that lends the connection that was used last.

    Its session has its plans and tables at hand; one connection after the other would find each one's gone cold.
    """

    async def _get_ready_connection(self, timeout: float | None) -> C | None:  # noqa: ASYNC109 (as the driver calls it)
        self._pool.rotate(1)
        return await super()._get_ready_connection(timeout)


_OPENED = ProcessState[OpenDatabase | None](lambda: None)
_FAILURE = ProcessState[str | None](lambda: None)
_PREPARED_USE = ProcessState[PreparedUse](lambda: prepared.DIRECT)


def require_database() -> OpenDatabase:
    """Return what `open_database()` opened. Raises RuntimeError outside of it."""
    if _OPENED.value is None:
        raise RuntimeError("the database is used outside `async with open_database(settings)`")
    return _OPENED.value


def pool() -> AsyncConnectionPool:
    """Return the process's pool; `query()` and `transaction()` are the usual ways to it."""
    return require_database().pool


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[str]:
    """Open the process's pool, yield the connection string in use, and close the pool at the end.

    Returns at once, also while the database is away: connections are made in the background and the probe
    tells when it answers. Without DATABASE_URL the embedded server runs at least as long. Raises
    ConfigurationInvalid, EmbeddedServerFailed, or RuntimeError when a database is open already.
    """
    if _OPENED.value is not None:
        raise RuntimeError("a database is open already")
    with use_server(settings) as server:
        ours = _build_database(server, settings)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(ours.pool.close)
            stack.push_async_callback(ours.probe.close)
            stack.push_async_callback(end_tasks, asyncio.create_task(ours.probe.run(), name="database probe"))
            stack.callback(_OPENED.reset)
            stack.enter_context(_OPENED.hold(ours))
            await ours.pool.open(wait=False)
            if ours.standby is not None:
                stack.push_async_callback(ours.standby.pool.close)
                await ours.standby.pool.open(wait=False)
            yield server


def _build_database(server: str, settings: Settings) -> OpenDatabase:
    conninfo = conninfo_words.add_pool_options(server, settings)
    min_size = min(_MIN_SIZE, settings.database_pool_max)
    ours: AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]] = _build_pool(
        conninfo, settings, _PooledConnection, _set_up, min_size=min_size, check=_check_connection, name="slb"
    )
    deadline_s = settings.database_statement_timeout_ms / 1000 + _MARGIN_S
    exhausted = OutageLog("pool_is_exhausted", "pool_is_still_exhausted", "pool_has_room_again", quiet_s=_QUIET_S)
    return OpenDatabase(conninfo, ours, Probe(conninfo), deadline_s, exhausted, _build_standby(settings, deadline_s))


def _build_standby(settings: Settings, deadline_s: float) -> Standby | None:
    """Return the standby of DATABASE_READ_URL, which has half the time: what is late there runs on the primary."""
    if settings.database_read_url is None:
        return None
    server = conninfo_words.parse_url(settings.database_read_url.reveal(), "DATABASE_READ_URL")
    conninfo = conninfo_words.add_pool_options(server, settings, wanted_server="prefer-standby")
    # Connections are made when they are wanted, so that a standby that is away is not asked for ever.
    theirs = _build_pool(conninfo, settings, StandbyConnection, _prepare, min_size=0, check=None, name="slb-standby")
    return Standby(theirs, deadline_s / 2)


def _build_pool(
    conninfo: str,
    settings: Settings,
    connection_class: type[C],
    set_up: Callable[[Wish, C], Awaitable[object]],
    *,
    min_size: int,
    check: Callable[[C], Awaitable[None]] | None,
    name: str,
) -> AsyncConnectionPool[C]:
    async def configure(connection: C) -> None:
        await set_up(settings.database_prepared_statements, connection)

    return _HotFirstPool(
        conninfo,
        connection_class=connection_class,
        kwargs={"autocommit": True, "prepare_threshold": None},
        configure=configure,
        min_size=min_size,
        max_size=settings.database_pool_max,
        max_idle=settings.database_idle_timeout_s,
        timeout=settings.database_connect_timeout_s,
        max_waiting=_WAITING_PER_CONNECTION * settings.database_pool_max,
        reconnect_timeout=_RECONNECT_TIMEOUT_S,
        check=check,
        name=name,
        open=False,
    )


async def _set_up(wish: Wish, connection: psycopg.AsyncConnection[TupleRow]) -> None:
    """Have a new connection prepare its statements or not, and tell when that is another answer than before."""
    use = await _prepare(wish, connection)
    if use != _PREPARED_USE.value:
        _LOG.info("statements_are_prepared" if use.is_on else "statements_are_not_prepared", reason=use.words)
        _PREPARED_USE.value = use


async def _prepare(wish: Wish, connection: psycopg.AsyncConnection[TupleRow]) -> PreparedUse:
    """Have a new connection prepare its statements or not; each decides anew, as a pooler may come or go."""
    try:
        return await prepared.set_up(connection, wish)
    except BaseException:
        await connection.close()  # as the pool forgets it
        raise


def describe_prepared_use() -> str:
    """Say in plain words whether statements are prepared, and why not; as it was for the last new connection."""
    return _PREPARED_USE.value.words


async def _check_connection(connection: psycopg.AsyncConnection) -> None:
    """Refuse a connection that the server has closed, and throw away its equally dead neighbours."""
    if not has_news(connection):
        return
    try:
        with hang_up_after(pool().timeout, connection):
            await AsyncConnectionPool.check_connection(connection)
    except psycopg.Error:
        await pool().drain()
        raise
