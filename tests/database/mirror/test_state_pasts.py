"""What of the past is noted: what came before all that the mirror saw itself, and each of it once."""

from datetime import timedelta

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import mirror, state_pasts
from shareable_backlog.database.mirror.state_pasts import PastMoves, PastProgress
from tests.support.mirrored import NOON, item, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)


def name(type_: str) -> str:
    return f"ENG-{type_}-0"


async def put(*moves: tuple[str, str, float]) -> list[tuple[str, str, float]]:
    """Store moves of an item, each so many days before noon, and return what is noted of it."""
    columns = list(zip(*moves, strict=True))
    async with transaction() as tx:
        await state_pasts.store_moves(
            tx,
            PastMoves(
                ["item-ENG-1"] * len(moves),
                range(len(moves)),
                [name(one[0]) for one in moves],
                [name(one[1]) for one in moves],
                [NOON - days * DAY for days in columns[2]],
            ),
        )
    return await list_noted()


async def list_noted() -> list[tuple[str, str, float]]:
    rows = await query(
        """
        SELECT split_part(from_value, '-', 2), split_part(to_value, '-', 2), changed_at FROM field_changes
        WHERE entity_id = 'item-ENG-1' AND field = 'state' ORDER BY changed_at
        """
    )
    return [(before, after, (NOON - at) / DAY) for before, after, at in rows]


async def store_item(type_: str, days: float) -> None:
    await store(
        *(state(one) for one in ("backlog", "started", "completed")),
        item(1, state_id=name(type_), created_at=NOON - 90 * DAY, updated_at=NOON - days * DAY),
    )


async def test_all_moves_of_an_item_that_never_changed_here_are_noted_once() -> None:
    await store_item("completed", 1)
    moves = ("backlog", "started", 9.0), ("started", "completed", 2.0)
    assert await put(*moves) == list(moves)
    assert await put(*moves) == list(moves)


async def test_what_the_mirror_noted_itself_is_not_noted_again() -> None:
    await store_item("started", 5)
    await store_item("completed", 1.5)
    moves = ("backlog", "started", 9.0), ("started", "completed", 2.0)
    assert await put(*moves) == [moves[0], ("started", "completed", 1.5)]


async def test_what_the_mirror_is_yet_to_see_is_left_to_it() -> None:
    await store_item("started", 5)
    moves = ("backlog", "started", 9.0), ("started", "completed", 2.0)
    assert await put(*moves) == [moves[0]]
    await store_item("completed", 1.5)
    assert await list_noted() == [moves[0], ("started", "completed", 1.5)]


async def test_a_past_that_leads_elsewhere_is_not_taken() -> None:
    await store_item("backlog", 1)
    assert await put(("backlog", "started", 9.0)) == []


async def test_how_far_it_was_read_is_kept_and_the_end_changes_the_version() -> None:
    await store(item(1), item(2))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 1")
    assert await state_pasts.read_progress() == PastProgress("", is_complete=False)
    assert await state_pasts.list_next_ids("", 9) == ["item-ENG-2"]
    version = await mirror.read_version()
    async with transaction() as tx:
        await state_pasts.note_reached(tx, "item-ENG-2")
    assert await state_pasts.list_next_ids("item-ENG-2", 9) == []
    assert await mirror.read_version() == version
    await state_pasts.complete()
    assert await state_pasts.read_progress() == PastProgress("item-ENG-2", is_complete=True)
    assert await mirror.read_version() != version
