"""How items went from state to state, noted by a real PostgreSQL while the mirror is written."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import state_changes
from shareable_backlog.database.mirror import mirror
from shareable_backlog.streams.issues import ItemRow
from tests.support.mirrored import NOON, item, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TO_DO = state("unstarted", name="Todo", color="#bec2c8")
DOING = state("started", name="In Progress", color="#f2c94c")
DONE = state("completed", name="Done")
CANCELED = state("canceled", name="Canceled")


async def changed(number: int, to: str | None, hours: float, **fields: Any) -> None:
    """Store the item as it is `hours` after noon, in the state `to`."""
    await store(item(number, state_id=to, updated_at=NOON + timedelta(hours=hours), **fields), indexed=False)


async def history(scope: Scope | None = None) -> list[tuple[str | None, str | None, float]]:
    """Return the names of both states of each change of the first item, and how many hours after noon it was."""
    found = await state_changes.list_state_changes(scope or EVERYTHING, "item-ENG-1")
    return [(one.from_name, one.to_name, (one.changed_at - NOON) / timedelta(hours=1)) for one in found]


async def count() -> int:
    [(number,)] = await query("SELECT count(*) FROM field_changes")
    return number


async def test_an_items_changes_of_state_are_noted_oldest_first_with_names_types_and_colours() -> None:
    await store(TO_DO, DOING, DONE)
    await changed(1, TO_DO.id, 0)
    await changed(1, DOING.id, 1)
    await changed(1, DONE.id, 2)
    assert await history() == [("Todo", "In Progress", 1), ("In Progress", "Done", 2)]
    [first, _] = await state_changes.list_state_changes(EVERYTHING, "item-ENG-1")
    assert (first.from_type, first.from_color) == ("unstarted", "#bec2c8")
    assert (first.to_type, first.to_color) == ("started", "#f2c94c")


async def test_what_leaves_the_state_as_it_is_notes_nothing() -> None:
    await store(TO_DO)
    await changed(1, TO_DO.id, 0)
    await changed(1, TO_DO.id, 0)
    await changed(1, TO_DO.id, 1, title="Another title", completed_at=NOON)
    assert await count() == 0


async def test_a_change_happened_when_the_item_says_not_when_it_was_last_touched() -> None:
    await store(TO_DO, DOING, DONE, CANCELED)
    await changed(1, TO_DO.id, 0)
    started = {"started_at": NOON + timedelta(hours=1)}
    await changed(1, DOING.id, 5, **started)
    await changed(1, DONE.id, 9, **started, completed_at=NOON + timedelta(hours=7))
    await changed(1, TO_DO.id, 10, **started)
    await changed(1, CANCELED.id, 20, **started, canceled_at=NOON + timedelta(hours=12))
    assert [hours for _, _, hours in await history()] == [1, 7, 10, 12]


async def test_several_changes_between_two_syncs_are_one_at_the_time_of_the_last() -> None:
    await store(TO_DO, DONE)
    await changed(1, TO_DO.id, 0)
    times = {"started_at": NOON + timedelta(hours=1), "completed_at": NOON + timedelta(hours=2)}
    await changed(1, DONE.id, 3, **times)
    assert await history() == [("Todo", "Done", 2)]


async def test_an_item_may_come_from_no_state_and_go_to_one_that_is_not_mirrored() -> None:
    await store(TO_DO)
    await changed(1, None, 0)
    await changed(1, TO_DO.id, 1)
    await changed(1, "unknown", 2)
    assert await history() == [(None, "Todo", 1), ("Todo", None, 2)]


async def test_an_item_that_is_not_shown_has_no_history_to_show() -> None:
    await store(TO_DO, DOING)
    await changed(1, TO_DO.id, 0)
    await changed(1, DOING.id, 1)
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-ENG', false)")
    assert await history() == []


async def test_a_state_of_a_team_that_is_not_shown_is_not_named() -> None:
    of_ops = state("started", team="OPS", name="Before the court")
    await store(item(9, team="OPS"), of_ops, DOING)
    await changed(1, of_ops.id, 0)
    await changed(1, DOING.id, 1)
    assert await history() == [("Before the court", "In Progress", 1)]
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Engineering') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, 'team', 'team-ENG')",
        {"group": group},
    )
    assert await history(Scope((group,))) == [(None, "In Progress", 1)]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    assert await history() == [(None, "In Progress", 1)]


async def test_the_history_goes_with_its_item_and_with_no_other() -> None:
    for number in (1, 2):
        await changed(number, "a", 0)
        await changed(number, "b", 1)
    await query("DELETE FROM backlog_items WHERE id = 'item-ENG-2'")
    assert await query("SELECT entity_id FROM field_changes") == [("item-ENG-1",)]


async def test_an_upsert_of_many_notes_those_that_changed_alone() -> None:
    rows = [item(number, state_id="a") for number in range(1, 101)]
    await store(*rows, indexed=False)
    again = [item(number, state_id="b" if number <= 3 else "a", title="Other") for number in range(1, 101)]
    async with transaction() as one:
        stored = await mirror.upsert_rows(one, ItemRow, again, seen_at=datetime.now(UTC))
    assert (stored.updated, await count()) == (100, 3)
