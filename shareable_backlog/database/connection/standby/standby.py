"""Run statements on the standby of DATABASE_READ_URL, if it is as new as what the primary said to the same request.

Versions of the mirror have no order, so a connection remembers which one it has seen: its server has that, or a later
one. A standby that is away, behind, or none any more costs a moment, never an error: the primary is asked instead.
"""

import math
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Self

import psycopg
from msgspec import Struct
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from shareable_backlog.database.connection import faults, session_options
from shareable_backlog.database.connection.deadline import hang_up_after
from shareable_backlog.database.connection.outage_log import OutageLog
from shareable_backlog.database.connection.standby.request_version import read_noted_version
from shareable_backlog.process_state import ProcessState

_ASK_EVERY_S = 0.25
_WAIT_S = 0.002  # whoever finds no connection is served by the primary while one is made
_LATE_S = 5.0
_BEHIND = "The standby is behind the primary, or is no standby."
# After a promotion its mirror goes ways of its own.
_VERSION = "SELECT CASE WHEN pg_is_in_recovery() THEN version::text END FROM mirror_versions"

_FAILURE = ProcessState[str | None](lambda: None)


class ListReads(Struct):
    """How many round trips for lists, search, boards and exports went to which server."""

    primary: int = 0
    standby: int = 0


LIST_READS = ProcessState(ListReads)


class StandbyConnection(psycopg.AsyncConnection[TupleRow]):
    """A connection to the standby, with the version of the mirror that was last seen there."""

    _seen: str | None = None
    _asked_at = -math.inf

    @classmethod
    async def connect(cls, conninfo: str = "", **words: Any) -> Self:  # noqa: ANN401 (as the driver takes them)
        """Connect as psycopg does, and remember why that could not be done."""
        try:
            connection = await session_options.connect_async(super().connect, conninfo, **words)
        except psycopg.Error as error:
            _FAILURE.value = f"The standby {faults.describe_reason(error)}."
            raise
        _FAILURE.value = None
        return connection

    async def has_reached(self, version: str) -> bool:
        """Return whether its server has had this version; it is asked every quarter of a second at most."""
        now = monotonic()
        if self._seen != version and now - self._asked_at >= _ASK_EVERY_S:
            self._asked_at = now
            [(self._seen,)] = await (await self.execute(_VERSION)).fetchall()
        return self._seen == version


class Standby:
    """The pool of a standby, and since when it is of no use."""

    def __init__(self, pool: AsyncConnectionPool[StandbyConnection], deadline_s: float) -> None:
        self.pool = pool
        self._deadline_s = deadline_s
        self._away = OutageLog("standby_is_away", "standby_is_still_away", "standby_is_back")
        self._behind_since = self._behind_at = -math.inf

    async def run(self, work: Callable[[psycopg.AsyncConnection], Awaitable[list[Any]]]) -> list[Any] | None:
        """Return what `work` returns on the standby; None when that is left to the primary."""
        version = read_noted_version()
        if version is None:
            return None
        try:
            async with self.pool.connection(timeout=_WAIT_S) as connection:
                with hang_up_after(self._deadline_s, connection):
                    found = await work(connection) if await connection.has_reached(version) else None
        except psycopg.Error as error:
            await self._handle_error(error)
            return None
        if found is None:
            self._note_behind()
        else:
            self._behind_at = -math.inf
            self._away.record_success()
        return found

    async def find_problem(self) -> str | None:
        """Say in plain words why it can't be used; None when it can."""
        try:
            async with self.pool.connection() as connection:
                with hang_up_after(self._deadline_s, connection):
                    cursor = await connection.execute("SELECT pg_is_in_recovery()")
                    [(is_standby,)] = await cursor.fetchall()
        except psycopg.Error:
            return _FAILURE.value or "The standby did not answer in time."
        return None if is_standby else "This server is no standby, so nothing is read there."

    async def _handle_error(self, error: psycopg.Error) -> None:
        """Log that the standby is away; whatever else went wrong goes wrong on the primary too, or was its own."""
        if faults.is_from_pool(error):
            if _FAILURE.value is not None:
                self._away.record_failure(_FAILURE.value)
        elif faults.is_lost(error):
            self._away.record_failure(f"The standby {faults.describe_reason(error)}.")
            await self.pool.drain()

    def _note_behind(self) -> None:
        """Log it when it lasts: for a moment it is behind after each change."""
        now = monotonic()
        if now - self._behind_at >= _LATE_S:
            self._behind_since = now
        self._behind_at = now
        if now - self._behind_since >= _LATE_S:
            self._away.record_failure(_BEHIND)
