"""Tell a monitoring system how this process and the whole installation are, whatever of it can be had."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime
from time import monotonic
from typing import TypeVar

from msgspec import Struct

from shareable_backlog import clock, database
from shareable_backlog.database import overview
from shareable_backlog.database.access.users import UserState
from shareable_backlog.database.backup import last_backups
from shareable_backlog.database.connection.probe import ConnectionTest
from shareable_backlog.database.connection.query_times import BUCKETS_S, QUERY_TIMES, QueryTimes
from shareable_backlog.database.connection.standby.standby import LIST_READS, ListReads
from shareable_backlog.database.mirror import freshness, sync_history
from shareable_backlog.database.mirror.sync_history import RateBudget
from shareable_backlog.database.monitoring import installation
from shareable_backlog.database.monitoring.installation import AuditBacklog, Backlog, EndedRun, MailBacklog
from shareable_backlog.database.overview import PoolNumbers
from shareable_backlog.errors import BacklogError
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access.sessions import SessionLimits

__all__ = ["BUCKETS_S", "QueryTimes", "RateBudget"]

T = TypeVar("T")

_EACH_WITHIN_S = 1.0
_AT_ONCE = 2  # more would take the connections of pages
_KEPT_FOR_S = 10.0


class ProcessNumbers(Struct, frozen=True):
    """How this process is: its last look at the database (None: none yet), its connections, its statements."""

    probe: ConnectionTest | None
    pool: PoolNumbers
    queries: QueryTimes
    list_reads: ListReads


class InstallationNumbers(Struct, frozen=True, kw_only=True):
    """How the whole installation is; None is what can't be had just now, or what there is not yet."""

    mirror_as_of: datetime | None
    items: int | None
    last_run: EndedRun | None
    held_removals: int | None
    refusals: Mapping[str, int] | None
    budget: RateBudget | None
    deliveries: Mapping[str, int] | None
    mails: MailBacklog | None
    search: Backlog | None
    sessions: int | None
    people: Mapping[UserState, int] | None
    record: AuditBacklog | None
    backup_age_s: float | None

    @property
    def mirror_age_s(self) -> float | None:
        """Return how many seconds ago the mirror was as Linear, by the database's clock."""
        return None if self.mirror_as_of is None else (clock.read_time() - self.mirror_as_of).total_seconds()


_KEPT = ProcessState[tuple[float, InstallationNumbers] | None](lambda: None)


def read_process_numbers() -> ProcessNumbers:
    """Return how this process is; asks nobody."""
    return ProcessNumbers(
        database.read_last_connection_test(), overview.read_pool_numbers(), QUERY_TIMES.value, LIST_READS.value
    )


async def read_installation_numbers(limits: SessionLimits) -> InstallationNumbers | None:
    """Return how the installation is, as it was 10 s ago at most; None while the database is known to be away.

    A number that can't be had within a second is left out alone, and asked for again the next time.
    """
    test = database.read_last_connection_test()
    if test is None or not test.connected:
        return None
    kept = _KEPT.value
    if kept and monotonic() - kept[0] < _KEPT_FOR_S:
        return kept[1]
    reader = _Reader()
    numbers = await _read_numbers(reader, limits)
    _KEPT.value = None if reader.has_left else (monotonic(), numbers)
    return numbers


async def _read_numbers(reader: "_Reader", limits: SessionLimits) -> InstallationNumbers:
    async with asyncio.TaskGroup() as group:
        age = group.create_task(reader.read_or_leave(freshness.read_age()))
        items = group.create_task(reader.read_or_leave(installation.count_items()))
        last_run = group.create_task(reader.read_or_leave(installation.find_last_ended_run()))
        swept = group.create_task(reader.read_or_leave(sync_history.find_last_sweep()))
        refusals = group.create_task(reader.read_or_leave(installation.count_refusals()))
        budget = group.create_task(reader.read_or_leave(sync_history.find_last_budget()))
        deliveries = group.create_task(reader.read_or_leave(installation.count_deliveries()))
        mails = group.create_task(reader.read_or_leave(installation.read_mail_backlog()))
        search = group.create_task(reader.read_or_leave(installation.read_search_backlog()))
        sessions = group.create_task(
            reader.read_or_leave(overview.count_sessions(limits.idle_hours, limits.max_days))
        )
        people = group.create_task(reader.read_or_leave(overview.count_people_by_state()))
        record = group.create_task(reader.read_or_leave(installation.read_audit_backlog()))
        backup_age = group.create_task(reader.read_or_leave(last_backups.read_backup_age_s()))
    as_of, last_sweep, last_budget = age.result(), swept.result(), budget.result()
    return InstallationNumbers(
        mirror_as_of=as_of and as_of.as_of,
        items=items.result(),
        last_run=last_run.result(),
        held_removals=last_sweep and last_sweep.gone,
        refusals=refusals.result(),
        budget=last_budget and last_budget[1],
        deliveries=deliveries.result(),
        mails=mails.result(),
        search=search.result(),
        sessions=sessions.result(),
        people=people.result(),
        record=record.result(),
        backup_age_s=backup_age.result(),
    )


class _Reader:
    """Reads a few numbers at once; `has_left` is whether one of them could not be had."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.has_left = False

    async def read_or_leave(self, reading: Awaitable[T]) -> T | None:
        async with self._slots:
            try:
                async with asyncio.timeout(_EACH_WITHIN_S):
                    return await reading
            except (BacklogError, TimeoutError):
                self.has_left = True
                return None
