"""Bring a fake workspace into the mirror, and see what the mirror shows of it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace
from psycopg.sql import SQL, Identifier

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.sync.runs import RunReport, Trigger
from tests.fakes.linear import Bump, FakeLinear, Row, World
from tests.fakes.linear.rows import LISTS

_HOUR = 3_600
EVERY_SECOND = [
    pytest.param(list(STREAMS)[first::2], id=name) for first, name in enumerate(("odd ones", "even ones"))
]
"""The streams in two parts: something happens to all of one, while nothing may to those between them."""


async def run_sync(
    settings: Settings, fake: FakeLinear, *, full: bool = False, allowed: bool = False, trigger: Trigger = "manual"
) -> RunReport:
    """Run once, without repetitions of what failed."""
    settings = replace(settings, linear_api_url=fake.url, linear_api_key=Secret(fake.key))
    wanted = SyncRequest(trigger, full, allowed)
    return await pull.run_sync(settings, wanted, lambda _report, _page: None, retries=Retries(attempts=1))


async def run_until_quiet(settings: Settings, fake: FakeLinear) -> None:
    """Run until the next run has nothing to read once more: beyond the overlap of windows."""
    await run_sync(settings, fake)
    fake.world.pass_time(_HOUR)
    await run_sync(settings, fake)
    fake.requests.clear()


def small_world(bumps: frozenset[Bump] = frozenset()) -> tuple[World, dict[str, Row]]:
    """Return a world with something in each list, and by stream a row that nothing else needs."""
    world = World(bumps=bumps)
    for listed in LISTS.values():
        for root in listed.needs.values():
            world.add_one(root)
    return world, {name: world.add_one(stream.root) for name, stream in STREAMS.items()}


async def list_live_ids(stream: str) -> set[str]:
    """Return the ids of a stream's rows that have not gone."""
    table = Identifier(STREAMS[stream].table)
    return {id_ for (id_,) in await query(SQL("SELECT id FROM {} WHERE removed_at IS NULL").format(table))}


async def titles() -> dict[str, str]:
    """Return the titles of the items that have not gone, by their identifiers."""
    return dict(await query("SELECT identifier, title FROM backlog_items WHERE removed_at IS NULL"))


def titles_in(world: World) -> dict[str, str]:
    """Return the titles of the issues of a world, by their identifiers."""
    return {row["identifier"]: row["title"] for row in world.rows["issues"].values()}


def wheres(fake: FakeLinear, stream: str = "issues") -> list[Any]:
    """Return the filters that a list was asked for with, request by request."""
    return [request.variables.get(f"{stream}_where") for request in fake.requests]


@contextmanager
def before_request(fake: FakeLinear, number: int, act: Any) -> Generator[None]:
    """Call `act` before the fake answers the `number`th request from now on."""
    already = len(fake.requests)
    fake.on_request = lambda _number: act() if len(fake.requests) - already == number else None
    try:
        yield
    finally:
        fake.on_request = None
