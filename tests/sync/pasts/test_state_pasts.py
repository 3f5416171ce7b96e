"""The past of items, read once in the background: whole, within the budget, from where it was cut off."""

import asyncio
from collections.abc import Generator

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import locks, schema_watch
from shareable_backlog.database.mirror import state_pasts as stored
from shareable_backlog.errors import LinearFailed
from shareable_backlog.linear.connection.client import open_client
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.state_history import MOST_ISSUES
from shareable_backlog.sync.pasts import pace, state_pasts
from shareable_backlog.tasks import end_tasks
from tests.fakes.linear import FakeLinear, Refusing, run_linear
from tests.support.pulling import run_sync

pytestmark = pytest.mark.anyio

COUNT = 20


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with issues that went from one state to the one they are in."""
    with run_linear() as fake:
        for _ in range(COUNT):
            row = fake.world.add_issue()
            before = next(
                one["id"] for one in fake.world.rows["workflowStates"].values() if one["id"] != row["state"]
            )
            spans = [(before, "2025-10-01"), (row["state"], "2025-11-01")]
            fake.world.edit(
                row,
                stateHistory={
                    "nodes": [
                        {
                            "id": f"{row['id']}-{day}",
                            "stateId": id_,
                            "startedAt": f"{day}T00:00:00.000Z",
                            "endedAt": None,
                        }
                        for id_, day in spans
                    ]
                },
            )
        yield fake


async def read(fake: FakeLinear, most: int = MOST_ISSUES) -> None:
    async with open_client(fake.url, fake.key, retries=Retries(attempts=1)) as client:
        await state_pasts.read_pasts(client, 0, most)


async def list_moved() -> list[str]:
    rows = await query("SELECT entity_id FROM field_changes WHERE field = 'state' ORDER BY entity_id")
    return [id_ for (id_,) in rows]


def list_asked(fake: FakeLinear) -> list[int]:
    return [one.variables["first"] for one in fake.requests if one.operation == "Pasts"]


async def test_it_is_read_once_and_whole(live_database: Settings, fake: FakeLinear) -> None:
    await run_sync(live_database, fake)
    await read(fake)
    assert await list_moved() == sorted(fake.world.rows["issues"])
    assert list_asked(fake) == [COUNT]
    await read(fake)
    assert list_asked(fake) == [COUNT]


async def test_it_goes_on_where_it_was_cut_off(live_database: Settings, fake: FakeLinear) -> None:
    await run_sync(live_database, fake)
    asked: list[int] = []

    def refuse_second(number: int) -> None:
        asked.append(number)
        fake.refused = [Refusing("issues", "rights", "null")] if len(asked) == 2 else []

    fake.on_request = refuse_second
    with pytest.raises(LinearFailed):
        await read(fake, most=8)
    assert await list_moved() == sorted(fake.world.rows["issues"])[:8]
    await read(fake, most=8)
    assert await list_moved() == sorted(fake.world.rows["issues"])
    assert list_asked(fake) == [8, 8, 8, 4]


async def test_an_issue_that_is_refused_keeps_the_others_from_nothing(
    live_database: Settings, fake: FakeLinear
) -> None:
    await run_sync(live_database, fake)
    refused = sorted(fake.world.rows["issues"])[7]
    fake.refused = [Refusing("issues", "error", node_id=refused)]
    await read(fake)
    assert await list_moved() == [one for one in sorted(fake.world.rows["issues"]) if one != refused]
    assert (await stored.read_progress()).is_complete


async def test_while_another_process_reads_nothing_is_asked_for(live_database: Settings, fake: FakeLinear) -> None:
    await run_sync(live_database, fake)
    async with locks.hold_lock(locks.STATE_PASTS) as ours:
        assert ours
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await read(fake)
    assert list_asked(fake) == []


async def test_the_background_reads_it_once_the_mirror_is_filled_and_ends(
    live_database: Settings, fake: FakeLinear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "LOOK_AGAIN_S", 0.01)
    settings = replace(live_database, linear_api_url=fake.url, linear_api_key=Secret(fake.key))
    await run_sync(settings, fake)
    looked = asyncio.Event()
    watch = asyncio.create_task(schema_watch.watch_schema(looked))
    try:
        async with asyncio.timeout(20):
            await looked.wait()
            await state_pasts.keep_reading_pasts(settings)
    finally:
        await end_tasks(watch)
    assert len(await list_moved()) == COUNT
