"""Ask the database once a second whether it answers, so that nobody else has to wait to find out.

Health and readiness read the last result; requests are refused at once while the database is known to be
away; trouble is logged once with its cause, then summed up once a minute, and once more when it ends.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from time import monotonic

import psycopg
import structlog

from shareable_backlog.database import faults
from shareable_backlog.errors import DatabaseUnavailable

_LOG = structlog.stdlib.get_logger(__name__)

_INTERVAL_S = 1.0
_ANSWER_WITHIN_S = 2.0
_SUMMARY_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """Tell whether the database answered: then `latency_ms` is set, otherwise `error` is, in plain words."""

    connected: bool
    latency_ms: int | None = None
    error: str | None = None


class Probe:
    """Hold one connection of its own and the last result; `last` is None until the first answer."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: psycopg.AsyncConnection | None = None
        self._wake = asyncio.Event()
        self._asking = asyncio.Lock()
        self._away_since: float | None = None
        self._summed_up_at = 0.0
        self._refused = 0
        self.last: ConnectionTest | None = None

    def require_answering(self) -> None:
        """Raise DatabaseUnavailable at once while the database is known to be away."""
        if self.last is not None and not self.last.connected:
            self._refused += 1
            raise DatabaseUnavailable(self.last.error or "The database can't be reached right now.")

    def wake(self) -> None:
        """Ask again now: somebody has just lost a connection."""
        self._wake.set()

    async def run(self) -> None:
        """Ask for ever, once a second."""
        while True:
            self._wake.clear()
            await self.ask()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _INTERVAL_S)

    async def ask(self) -> ConnectionTest:
        """Run `SELECT NOW()` on the probe's connection and keep the result; at most one is under way."""
        async with self._asking:
            started = monotonic()
            try:
                await asyncio.wait_for(self._select_now(), _ANSWER_WITHIN_S)
                result = ConnectionTest(connected=True, latency_ms=round((monotonic() - started) * 1000))
            except TimeoutError:
                self._drop()
                result = ConnectionTest(connected=False, error="The database did not answer in time.")
            except psycopg.Error as error:
                self._drop()
                result = ConnectionTest(connected=False, error=f"The database {faults.reason(error)}.")
            self.last = result
            self._log(result)
            return result

    async def _select_now(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        # A frozen peer still acknowledges packets: only closing the connection ends the wait (FAULTS, the pool).
        closing = asyncio.get_running_loop().call_later(_ANSWER_WITHIN_S, self._drop)
        try:
            await self._connection.execute("SELECT NOW()")
        finally:
            closing.cancel()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.pgconn.finish()
            self._connection = None

    def _log(self, result: ConnectionTest) -> None:
        now = monotonic()
        if result.connected:
            if self._away_since is not None:
                away_s = round(now - self._away_since, 1)
                _LOG.info("database_is_back", away_s=away_s, refused=self._refused)
            self._away_since, self._refused = None, 0
        elif self._away_since is None:
            self._away_since = self._summed_up_at = now
            _LOG.error("database_is_away", reason=result.error)
        elif now - self._summed_up_at >= _SUMMARY_EVERY_S:
            self._summed_up_at = now
            away_s = round(now - self._away_since, 1)
            _LOG.warning("database_is_still_away", reason=result.error, away_s=away_s, refused=self._refused)

    async def close(self) -> None:
        """Close the probe's connection."""
        if self._connection is not None:
            await self._connection.close()
