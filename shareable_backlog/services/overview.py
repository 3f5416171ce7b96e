"""Tell in one look how the product is: its people, its mirror, its mails, its versions."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TypeVar

from shareable_backlog import database
from shareable_backlog.database import overview
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.access.users import UserState
from shareable_backlog.database.mail.outgoing_mails import OutboxState
from shareable_backlog.database.mirror import mirror, sync_history, webhook_deliveries
from shareable_backlog.database.mirror.sync_history import SyncRun
from shareable_backlog.database.overview import DatabaseServer, PoolNumbers
from shareable_backlog.errors import BacklogError
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.mail import outbox

T = TypeVar("T")

_EACH_WITHIN_S = 1.0
_COUNTED_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class CountedItems:
    """How many items there were in a version of the mirror, and when that was counted (`monotonic()`)."""

    version: str
    at: float
    items: int


_COUNTED = ProcessState[CountedItems | None](lambda: None)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the overview tells; `failed` is the newest run when it failed, `shown` of `items` are shown.

    No admin has decided of `labels_waiting` labels.
    `held_back` is the number of rows that a full sync found gone and that an admin has to confirm, 0 for none;
    `mails` is None without a mail server.
    """

    people: Mapping[UserState, int]
    sessions: int
    failed: SyncRun | None
    held_back: int
    items: int
    shown: int
    labels_waiting: int
    mails: OutboxState | None
    server: DatabaseServer


@dataclass(frozen=True, slots=True)
class ProductNumbers:
    """What a monitoring system is told; None is what can't be had just now, `last_good_at` also before a good run."""

    people: Mapping[UserState, int] | None
    sessions: int | None
    last_good_at: datetime | None
    items: int | None
    deliveries: Mapping[str, int] | None


async def read_overview(limits: SessionLimits, *, has_mail: bool) -> Overview:
    """Return what the overview tells. Raises DatabaseUnavailable."""
    last, swept = await sync_history.find_last_ended_run(), await sync_history.find_last_sweep()
    return Overview(
        people=await overview.count_people_by_state(),
        sessions=await overview.count_sessions(limits.idle_hours, limits.max_days),
        failed=last if last and last.status == "failed" else None,
        held_back=swept.gone if swept else 0,
        items=await mirror.count_items(),
        shown=await overview.count_shown_items(),
        labels_waiting=await label_offers.count_waiting(),
        mails=await outbox.read_state() if has_mail else None,
        server=await overview.read_server(),
    )


async def read_numbers(limits: SessionLimits) -> ProductNumbers:
    """Return what a monitoring system is told; a number that can't be had within a second is left out alone."""
    people, sessions, last_good_at, items, deliveries = await asyncio.gather(
        _read_or_leave(overview.count_people_by_state()),
        _read_or_leave(overview.count_sessions(limits.idle_hours, limits.max_days)),
        _read_or_leave(sync_history.find_last_good_at()),
        _read_or_leave(_count_items()),
        _read_or_leave(webhook_deliveries.count_by_outcome()),
    )
    return ProductNumbers(people, sessions, last_good_at, items, deliveries)


async def _read_or_leave(reading: Awaitable[T]) -> T | None:
    try:
        async with asyncio.timeout(_EACH_WITHIN_S):
            return await reading
    except (BacklogError, TimeoutError):
        return None


async def _count_items() -> int:
    """Return how many items there are; they are counted again only when the mirror has changed, and once a minute."""
    version, counted = await mirror.read_version(), _COUNTED.value
    if counted is None or (counted.version != version and monotonic() - counted.at >= _COUNTED_EVERY_S):
        counted = _COUNTED.value = CountedItems(version, monotonic(), await mirror.count_items())
    return counted.items


def is_database_up() -> bool:
    """Return whether the database answered a second ago; asks nobody."""
    test = database.read_last_connection_test()
    return test is not None and test.connected


def read_pool_numbers() -> PoolNumbers:
    """Return the numbers of this process's database connections; asks nobody."""
    return overview.read_pool_numbers()
