"""Ask the database once a second whether it answers, so that nobody else has to wait to find out.

Health and readiness read the last result; requests are refused while the database is known to be away; trouble
is logged once with its cause, then summed up once a minute, and once more when it ends.
"""

import asyncio
import contextlib
import math
import select
from time import monotonic

import psycopg
from msgspec import Struct

from shareable_backlog import clock, logs
from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.database.connection.deadline import hang_up_after
from shareable_backlog.database.connection.outage_log import OutageLog
from shareable_backlog.errors import DatabaseUnavailable
from shareable_backlog.tasks import end_tasks

_LOG = logs.get_logger(__name__)

_INTERVAL_S = 1.0
_LONGEST_PAUSE_S = 5.0
_WHILE_AWAY_S = 0.1  # a restart takes a moment only, and a refused connection costs little
_PATIENCE_S = 0.3
_ANSWER_WITHIN_S = 2.0
_CLOCKS_AGREE_S = 30


class ConnectionTest(Struct, frozen=True):
    """Whether the database answered: then `latency_ms` is set, otherwise `error` is, in plain words."""

    connected: bool
    latency_ms: int | None = None
    error: str | None = None
    is_lasting: bool = False
    """Whether waiting won't help."""
    is_read_only: bool = False
    """Whether it answered, but takes no changes."""


def has_news(connection: psycopg.AsyncConnection) -> bool:
    """Return whether the server said something on an idle connection, most likely good-bye; costs no round trip."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))


async def _connect(conninfo: str) -> psycopg.AsyncConnection:
    """Connect, and begin a transaction: a pooler in statement mode has none to give, and pages need them."""
    connection = await session_options.connect_to_read(
        psycopg.AsyncConnection.connect, conninfo, autocommit=True, prepare_threshold=None
    )
    try:
        # A server may fall silent also just after it has let somebody in.
        with hang_up_after(_ANSWER_WITHIN_S, connection):
            async with connection.transaction():
                pass
    except BaseException:
        await connection.close()
        raise
    return connection


class Probe:
    """One connection of its own and the last result; `last` is None until the first answer."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection | None = None
        self._connecting: asyncio.Task[psycopg.AsyncConnection] | None = None
        self._doubted = False
        self._wake = asyncio.Event()
        self._back = asyncio.Event()
        self._tested = asyncio.Event()
        self._asking = asyncio.Lock()
        self._away = OutageLog("database_is_away", "database_is_still_away", "database_is_back")
        self._read_only = OutageLog(
            "database_is_read_only", "database_is_still_read_only", "database_takes_changes_again"
        )
        self._ahead_s = 0
        self.last: ConnectionTest | None = None
        self.back_at = -math.inf
        """When it last came back from being away (`time.monotonic()`)."""

    async def require_available(self) -> None:
        """Raise DatabaseUnavailable while the database is known to be away, a third of a second later at most.

        That moment lets requests ride out the end of a restart.
        """
        if self.last is None or self.last.connected:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                await self._back.wait()
        if not self.last.connected:
            self._away.refused += 1
            reason = self.last.error or "The database can't be reached right now."
            raise DatabaseUnavailable(f"{reason} {faults.WAITING_IS_NO_HELP}" if self.last.is_lasting else reason)

    async def wait_for_result(self) -> ConnectionTest:
        """Return the last result, and wait for the first."""
        while self.last is None:
            await self._tested.wait()
        return self.last

    def doubt_connection(self) -> None:
        """Ask again now, on a new connection: somebody has just lost one."""
        self._doubted = True
        self._wake.set()

    async def run(self) -> None:
        """Ask for ever: once a second, more often while the database is away, ever less when waiting won't help."""
        pause_s = _WHILE_AWAY_S
        while True:
            self._wake.clear()
            test = await self.run_test()
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S) if test.is_lasting else _WHILE_AWAY_S
            await asyncio.sleep(pause_s)
            if test.connected:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_INTERVAL_S - _WHILE_AWAY_S):
                        await self._wake.wait()

    async def run_test(self) -> ConnectionTest:
        """Run `SELECT NOW()` on the probe's connection and keep the result; at most one is under way."""
        async with self._asking:
            try:
                latency_ms, is_read_only = await self._select_now()
                result = ConnectionTest(connected=True, latency_ms=latency_ms, is_read_only=is_read_only)
            except Exception as error:  # noqa: BLE001 (without the probe the program would believe its last result)
                await self._disconnect()
                said = f"The database {faults.describe_reason(error)}."
                result = ConnectionTest(connected=False, error=said, is_lasting=faults.is_lasting(error))
            self._record_result(result)
            return result

    async def _select_now(self) -> tuple[int, bool]:
        """Run it and return its latency in ms, and whether it takes no changes; raises whatever the driver does."""
        connection = await self._ensure_connection()
        started = monotonic()
        with hang_up_after(_ANSWER_WITHIN_S, connection):
            cursor = await connection.execute("SELECT NOW(), current_setting('transaction_read_only') = 'on'")
            [(time, is_read_only)] = await cursor.fetchall()
        clock.set_time(time)
        self._tell_difference()
        return round((monotonic() - started) * 1000), is_read_only

    def _tell_difference(self) -> None:
        """Say so once if this machine's clock, whose times the log has, is another than the database's."""
        ahead_s = round(clock.measure_difference().total_seconds())
        if abs(ahead_s - self._ahead_s) > _CLOCKS_AGREE_S:
            self._ahead_s = ahead_s
            _LOG.warning("clocks_differ", this_machine_is_ahead_s=ahead_s, counts="the database's")

    def _record_result(self, result: ConnectionTest) -> None:
        if result.connected:
            if self.last is not None and not self.last.connected:
                self.back_at = monotonic()
            self._back.set()
            self._away.record_success()
            if result.is_read_only:
                self._read_only.record_failure(faults.READ_ONLY)
            else:
                self._read_only.record_success()
        else:
            self._back.clear()
            self._away.record_failure(result.error or "")
        self.last = result
        self._tested.set()

    async def _ensure_connection(self) -> psycopg.AsyncConnection:
        """Return the connection, or a new one if that is closed or in doubt.

        An attempt may take longer than one answer, as each of several hosts has its time: it goes on meanwhile.
        """
        if self._doubted or (self._connection is not None and has_news(self._connection)):
            self._doubted = False
            await self._disconnect()
        if self._connection is None:
            if self._connecting is None:
                self._connecting = asyncio.create_task(_connect(self._conninfo))
            done, _ = await asyncio.wait({self._connecting}, timeout=_ANSWER_WITHIN_S)
            if not done:
                raise TimeoutError("timed out")
            connected, self._connecting = self._connecting, None
            self._connection = connected.result()
        return self._connection

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def close(self) -> None:
        """Close the probe's connection, also one that is only being made."""
        connecting, self._connecting = self._connecting, None
        try:
            if connecting is not None:
                await end_tasks(connecting)
        finally:
            if connecting is not None and not connecting.cancelled() and connecting.exception() is None:
                self._connection = connecting.result()
            await self._disconnect()
