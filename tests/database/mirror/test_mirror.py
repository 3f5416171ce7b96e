"""What becomes of rows of the mirror that are stored, marked as gone, locked, or deleted as they were made up."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import mirror
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.issues import ItemRow
from shareable_backlog.streams.workspace import LabelRow, TeamRow
from tests.support import mirrored
from tests.support.database.locking import list_free, run_beside
from tests.support.mirrored import NOON

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_BEFORE, _AFTER = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)
_LATER = NOON + timedelta(hours=1)


async def upsert(*rows: MirrorRow, seen_at: datetime = _LATER, older_too: bool = False) -> RowCounts:
    async with transaction() as tx:
        return await mirror.upsert_rows(tx, type(rows[0]), rows, seen_at=seen_at, older_too=older_too)


async def mark_removed(kind: type[MirrorRow], removed_at: Mapping[str, datetime]) -> None:
    async with transaction() as tx:
        await mirror.mark_removed(tx, kind, removed_at)


async def list_labels() -> list[tuple[Any, ...]]:
    return await query("SELECT id, name, removed_at FROM labels ORDER BY id")


def bug(name: str = "Bug", *, updated_at: datetime = NOON) -> LabelRow:
    return LabelRow(id="bug", name=name, is_group=False, created_at=_BEFORE, updated_at=updated_at)


_ITEM = mirrored.item(
    1, "A title", label_ids=["label-a", "label-b"], due_date=NOON.date(), estimate=2.5, trashed=True
)
_ROWS = [
    mirrored.team("ENG", private=True),
    mirrored.state("started"),
    mirrored.label("Bug", color="#ff0000"),
    mirrored.person("Alice", active=False),
    mirrored.project("Atlas"),
    _ITEM,
    mirrored.comment(1, _ITEM, "Words", archived_at=_LATER),
    mirrored.relation("blocks", _ITEM, mirrored.item(2)),
    mirrored.attachment(1, _ITEM),
]


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: type(row).__name__)
async def test_a_row_comes_back_as_it_was_stored(row: MirrorRow) -> None:
    assert await upsert(row) == RowCounts(created=1)
    async with transaction() as tx:
        assert await mirror.lock_rows(tx, type(row), [row.id]) == {row.id: (row, None)}


async def test_what_became_of_each_row_is_counted() -> None:
    await upsert(mirrored.label("same"), mirrored.label("other", color="#000000"))
    again = await upsert(mirrored.label("same"), mirrored.label("other", color="#ffffff"), mirrored.label("new"))
    assert again == RowCounts(created=1, updated=1, unchanged=1)


async def test_counts_are_added_each_to_its_like() -> None:
    assert RowCounts(1, 2, 3, 4) + RowCounts(10, 20, 30, 40) == RowCounts(11, 22, 33, 44)


@pytest.mark.owner
async def test_no_rows_are_stored_without_asking_the_database() -> None:
    async with transaction() as tx:
        await tx.query("ALTER TABLE labels RENAME TO elsewhere")
        assert await mirror.upsert_rows(tx, LabelRow, [], seen_at=NOON) == RowCounts()
        await tx.query("ALTER TABLE elsewhere RENAME TO labels")


async def test_the_same_row_again_is_left_untouched() -> None:
    await upsert(bug())
    [before] = await query("SELECT xmin::text, * FROM labels")
    assert await upsert(bug()) == RowCounts(unchanged=1)
    assert await query("SELECT xmin::text, * FROM labels") == [before]


@pytest.mark.parametrize("updated_at", [NOON, _AFTER])
async def test_a_row_that_is_not_older_takes_the_place_of_the_stored_one(updated_at: datetime) -> None:
    await upsert(bug())
    assert await upsert(bug("Defect", updated_at=updated_at)) == RowCounts(updated=1)
    assert await list_labels() == [("bug", "Defect", None)]


async def test_an_older_row_changes_nothing() -> None:
    await upsert(bug())
    assert await upsert(bug("Defect", updated_at=_BEFORE)) == RowCounts(unchanged=1)
    assert await list_labels() == [("bug", "Bug", None)]


async def test_an_older_row_takes_the_place_of_a_newer_one_where_that_is_wanted() -> None:
    await upsert(bug())
    assert await upsert(bug("Defect", updated_at=_BEFORE), older_too=True) == RowCounts(updated=1)
    assert await list_labels() == [("bug", "Defect", None)]


async def test_a_field_that_has_become_empty_is_emptied() -> None:
    await upsert(mirrored.label("Bug", color="#000000"))
    await upsert(mirrored.label("Bug"))
    assert await query("SELECT color FROM labels") == [(None,)]


async def test_a_row_that_had_gone_before_it_was_seen_is_back() -> None:
    await upsert(bug())
    await mark_removed(LabelRow, {"bug": NOON})
    assert await upsert(bug(), seen_at=_AFTER) == RowCounts(updated=1)
    assert await list_labels() == [("bug", "Bug", None)]


@pytest.mark.parametrize("gone_at", [_AFTER, _LATER])
@pytest.mark.parametrize("older_too", [False, True])
async def test_a_row_that_has_gone_since_it_was_seen_stays_gone(gone_at: datetime, *, older_too: bool) -> None:
    await upsert(bug())
    await mark_removed(LabelRow, {"bug": gone_at})
    assert await upsert(bug("Defect"), seen_at=_AFTER, older_too=older_too) == RowCounts(unchanged=1)
    assert await list_labels() == [("bug", "Bug", gone_at)]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\x00\x00", "\ufffd\ufffd"),
        ("\\\x00", "\\\ufffd"),
        (r"\u0000", r"\u0000"),
        (r"\\u0000", r"\\u0000"),
        ("\\u0000\x00", "\\u0000\ufffd"),
    ],
)
async def test_what_no_text_of_postgresql_can_hold_is_replaced_and_nothing_that_looks_like_it(
    text: str, stored: str
) -> None:
    await upsert(bug(text))
    assert await query("SELECT name FROM labels") == [(stored,)]


async def test_two_sessions_that_store_one_new_row_at_once_make_one_of_it(database: str) -> None:
    other = "INSERT INTO labels (id, name, created_at, updated_at) VALUES ('bug', 'Theirs', %(at)s, %(at)s)"
    stored = await run_beside(database, other, {"at": _BEFORE}, upsert(bug("Ours")))
    assert stored == RowCounts(updated=1)
    assert await list_labels() == [("bug", "Ours", None)]


async def list_stale() -> dict[str, datetime]:
    return dict(await query("SELECT item_id, stale_since FROM search_entries WHERE stale_since IS NOT NULL"))


async def test_an_item_that_changed_is_marked_for_the_search_and_one_that_did_not_is_not() -> None:
    same, changed = mirrored.item(1), mirrored.item(2, "Before")
    await mirrored.store(same, changed)
    await upsert(same, mirrored.item(2, "After"))
    assert set(await list_stale()) == {changed.id}


async def test_the_item_of_a_comment_that_came_is_marked_for_the_search() -> None:
    item, other = mirrored.item(1), mirrored.item(2)
    await mirrored.store(item, other)
    await upsert(mirrored.comment(1, item))
    assert set(await list_stale()) == {item.id}


async def test_both_items_of_a_comment_that_moved_are_marked_for_the_search() -> None:
    before, after = mirrored.item(1), mirrored.item(2)
    await mirrored.store(before, after, mirrored.item(3), mirrored.comment(1, before))
    await upsert(mirrored.comment(1, after))
    assert set(await list_stale()) == {before.id, after.id}


async def test_an_item_that_waits_for_the_search_already_goes_on_waiting_since_then() -> None:
    await upsert(mirrored.item(1, "First"))
    before = await list_stale()
    await upsert(mirrored.item(1, "Second"))
    assert await list_stale() == before


async def test_a_row_is_gone_since_the_time_that_is_named_for_it() -> None:
    await upsert(mirrored.label("a"), mirrored.label("b"), mirrored.label("c"))
    await mark_removed(LabelRow, {"label-a": _AFTER, "label-b": _LATER, "unknown": _LATER})
    assert [removed_at for _, _, removed_at in await list_labels()] == [_AFTER, _LATER, None]


@pytest.mark.parametrize(("changed_at", "gone"), [(_BEFORE, True), (NOON, True), (_AFTER, False)])
async def test_a_row_that_changed_after_it_is_said_to_have_gone_stays(changed_at: datetime, *, gone: bool) -> None:
    await upsert(bug(updated_at=changed_at))
    await mark_removed(LabelRow, {"bug": NOON})
    assert await list_labels() == [("bug", "Bug", NOON if gone else None)]


async def test_a_row_that_has_gone_already_keeps_its_time() -> None:
    await upsert(bug())
    await mark_removed(LabelRow, {"bug": NOON})
    await mark_removed(LabelRow, {"bug": _LATER})
    assert await list_labels() == [("bug", "Bug", NOON)]


async def test_locked_rows_are_told_with_when_they_went_and_what_is_not_there_is_left_out() -> None:
    here, gone = mirrored.label("here"), mirrored.label("gone")
    await upsert(here, gone)
    await mark_removed(LabelRow, {gone.id: _AFTER})
    async with transaction() as tx:
        locked = await mirror.lock_rows(tx, LabelRow, [here.id, gone.id, "unknown"])
    assert locked == {here.id: (here, None), gone.id: (gone, _AFTER)}


async def test_the_rows_asked_for_are_locked_and_no_others(database: str) -> None:
    await upsert(mirrored.label("a"), mirrored.label("b"), mirrored.label("c"))
    async with transaction() as tx:
        await mirror.lock_rows(tx, LabelRow, ["label-c", "label-a"])
        assert await asyncio.to_thread(list_free, database, "labels") == ["label-b"]


async def fill_made_up(prefix: str) -> None:
    """Store a team and two items with made-up ids beside a real team and two real items."""
    made_up = [mirrored.item(number, id=f"{prefix}{number}", team_id=f"{prefix}team") for number in (7, 8)]
    await upsert(mirrored.team("REAL"))
    await upsert(TeamRow(id=f"{prefix}team", key="ENG", name="ENG", private=False, created_at=NOON, updated_at=NOON))
    await upsert(mirrored.item(1, team="REAL"), mirrored.item(2), *made_up)


@pytest.mark.parametrize("prefix", [mirror.SAMPLE_PREFIX, mirror.IMPORT_PREFIX])
async def test_the_prefixes_are_told_that_made_up_rows_have(prefix: str) -> None:
    assert await mirror.list_used_prefixes() == []
    await upsert(mirrored.team("REAL"))
    assert await mirror.list_used_prefixes() == []
    await fill_made_up(prefix)
    assert await mirror.list_used_prefixes() == [prefix]


async def test_made_up_rows_are_deleted_from_each_table_and_from_the_search() -> None:
    await fill_made_up("sample-")
    real, made_up = mirrored.item(1, team="REAL"), mirrored.item(7, id="sample-7")
    await upsert(mirrored.comment(1, real), mirrored.comment(2, made_up, id="sample-2"))
    await upsert(mirrored.label("real"), mirrored.label("made up", id="sample-label"))
    async with transaction() as tx:
        await mirror.delete_by_prefix(tx, "sample-")
    assert await query("SELECT id FROM teams") == [("team-REAL",)]
    assert await query("SELECT id FROM labels") == [("label-real",)]
    assert await query("SELECT id FROM comments") == [("comment-1",)]
    assert await query("SELECT id FROM backlog_items ORDER BY id") == [("item-ENG-2",), ("item-REAL-1",)]
    assert await query("SELECT item_id FROM search_entries ORDER BY item_id") == [("item-ENG-2",), ("item-REAL-1",)]


async def test_of_imported_items_those_go_that_linear_has_itself() -> None:
    await fill_made_up("csv-")
    async with transaction() as tx:
        await mirror.delete_imported(tx, ["ENG-7", "REAL-1", "ENG-99"])
    assert await query("SELECT id FROM backlog_items ORDER BY id") == [("csv-8",), ("item-ENG-2",), ("item-REAL-1",)]


async def test_a_mirror_is_empty_until_it_has_held_a_team() -> None:
    assert await mirror.is_empty()
    await upsert(mirrored.team("ENG"))
    await query("UPDATE teams SET removed_at = now()")
    assert not await mirror.is_empty()


async def test_items_are_counted_that_have_not_gone_and_archived_ones_too() -> None:
    assert await mirror.count_items() == 0
    await upsert(mirrored.item(1), mirrored.item(2, archived_at=_LATER), mirrored.item(3))
    await mark_removed(ItemRow, {"item-ENG-3": _LATER})
    assert await mirror.count_items() == 2
