"""What a sweep saw, compared with the mirror: what is otherwise, what is gone, and what has long been gone."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import sweeps
from shareable_backlog.database.mirror.sweeps import GoneCounts, SweepEntry
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.columns import MirrorRow, PartOf
from shareable_backlog.streams.issues import COMMENTS, ISSUES
from shareable_backlog.streams.stream import Stream
from shareable_backlog.streams.workspace import LABELS, PEOPLE
from tests.fakes.linear import run_linear
from tests.support import mirrored
from tests.support.mirrored import NOON
from tests.support.pulling import list_live_ids, run_until_quiet, small_world

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_BEFORE, _AFTER = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)
_RETENTION = timedelta(days=30)


def entry(row: MirrorRow, stream: Stream = ISSUES, **otherwise: Any) -> SweepEntry:
    """Return what a sweep sees of a row that Linear has as the mirror does, but for what is `otherwise`."""
    fields: dict[str, Any] = {
        "id": row.id,
        "updated_at": row.updated_at,
        "archived_at": row.archived_at,
        "trashed": getattr(row, "trashed", False),
        "parent_id": getattr(row, "parent_id", None),
    }
    return SweepEntry(stream=stream.name, **{**fields, **otherwise})


async def see(*entries: SweepEntry) -> None:
    async with transaction() as tx:
        await tx.query(*sweeps.build_insert(entries))


async def hide(row: MirrorRow, *, days_ago: float = 0) -> None:
    """Mark a row as gone since then."""
    [table] = [stream.table for stream in STREAMS.values() if stream.kind is type(row)]
    gone = SQL("UPDATE {} SET removed_at = now() - %(ago)s WHERE id = %(id)s").format(Identifier(table))
    await query(gone, {"ago": timedelta(days=days_ago), "id": row.id})


async def test_what_a_sweep_sees_is_counted_for_each_stream() -> None:
    one, other, label = mirrored.item(1), mirrored.item(2), mirrored.label("Bug")
    await see(entry(one), entry(label, LABELS))
    await see(entry(other))
    assert (await sweeps.count_seen(ISSUES), await sweeps.count_seen(LABELS)) == (2, 1)
    assert await sweeps.count_seen(COMMENTS) == 0


async def test_a_row_that_is_seen_twice_counts_once_as_it_was_seen_first() -> None:
    item = mirrored.item(1)
    await mirrored.store(item)
    await see(entry(item), entry(item, updated_at=_BEFORE))
    await see(entry(item, trashed=True))
    assert await sweeps.count_seen(ISSUES) == 1
    assert await sweeps.list_differing_ids(ISSUES) == []


async def test_the_next_sweep_begins_with_nothing() -> None:
    await see(entry(mirrored.item(1)))
    async with transaction() as tx:
        await sweeps.clear_entries(tx)
    assert await sweeps.count_seen(ISSUES) == 0


async def test_a_row_of_linear_that_the_mirror_has_as_it_is_does_not_differ() -> None:
    item = mirrored.item(1, archived_at=_AFTER, trashed=True, parent_id="item-ENG-9")
    await mirrored.store(item)
    await see(entry(item))
    assert await sweeps.list_differing_ids(ISSUES) == []


@pytest.mark.parametrize(
    "otherwise",
    [
        {"updated_at": _BEFORE},
        {"updated_at": NOON + timedelta(minutes=2, microseconds=1)},
        {"archived_at": _AFTER},
        {"trashed": True},
        {"parent_id": "item-ENG-9"},
    ],
    ids=str,
)
async def test_a_row_differs_that_linear_has_otherwise(otherwise: dict[str, Any]) -> None:
    same, item = mirrored.item(1), mirrored.item(2)
    await mirrored.store(same, item)
    await see(entry(same), entry(item, **otherwise))
    assert await sweeps.list_differing_ids(ISSUES) == [item.id]


async def test_a_row_differs_that_linear_has_no_more_in_the_archive() -> None:
    item = mirrored.item(1, archived_at=_AFTER)
    await mirrored.store(item)
    await see(entry(item, archived_at=None))
    assert await sweeps.list_differing_ids(ISSUES) == [item.id]


async def test_a_row_differs_that_the_mirror_lacks_or_has_hidden() -> None:
    lost, hidden = mirrored.item(1), mirrored.item(2)
    await mirrored.store(hidden)
    await hide(hidden)
    await see(entry(lost), entry(hidden))
    assert sorted(await sweeps.list_differing_ids(ISSUES)) == [lost.id, hidden.id]


async def test_a_row_that_the_sweep_did_not_see_is_no_difference() -> None:
    await mirrored.store(mirrored.item(1))
    assert await sweeps.list_differing_ids(ISSUES) == []


async def test_streams_are_compared_by_the_columns_of_their_descriptions_alone() -> None:
    label = mirrored.label("Bug")
    await mirrored.store(label)
    await see(entry(label, LABELS, trashed=True, parent_id="label-Group"))
    assert await sweeps.list_differing_ids(LABELS) == []


async def test_what_was_seen_of_one_stream_is_nothing_of_another() -> None:
    await see(entry(mirrored.label("Bug"), LABELS))
    assert await sweeps.list_differing_ids(ISSUES) == []


async def test_rows_dangle_that_refer_to_one_that_is_gone() -> None:
    gone, kept = mirrored.label("Gone"), mirrored.label("Kept")
    state, atlas = mirrored.state("started"), mirrored.project("Atlas")
    items = [
        mirrored.item(1, label_ids=[kept.id, gone.id]),
        mirrored.item(2, label_ids=[kept.id]),
        mirrored.item(3, state_id=state.id),
        mirrored.item(4, project_id=atlas.id, state_id=state.id, label_ids=[gone.id]),
        mirrored.item(5, project_id=atlas.id),
    ]
    await mirrored.store(gone, kept, state, atlas, *items)
    await hide(gone)
    await hide(state)
    assert sorted(await sweeps.list_dangling_ids(ISSUES)) == ["item-ENG-1", "item-ENG-3", "item-ENG-4"]


async def test_a_row_that_is_gone_itself_does_not_dangle() -> None:
    label = mirrored.label("Gone")
    item = mirrored.item(1, label_ids=[label.id])
    await mirrored.store(label, item)
    await hide(label)
    await hide(item)
    assert await sweeps.list_dangling_ids(ISSUES) == []


async def test_a_row_does_not_dangle_whose_reference_the_mirror_never_had() -> None:
    await mirrored.store(mirrored.item(1, assignee_id="person-unseen", label_ids=["label-unseen"]))
    assert await sweeps.list_dangling_ids(ISSUES) == []


async def test_rows_that_refer_to_nothing_do_not_dangle() -> None:
    alice = mirrored.person("Alice")
    await mirrored.store(alice)
    await hide(alice)
    assert await sweeps.list_dangling_ids(PEOPLE) == []


async def store_seen_and_unseen() -> None:
    """Store four items of which a sweep that began a minute after noon sees the first one only."""
    seen, *_ = items = [
        mirrored.item(1),
        mirrored.item(2, created_at=_BEFORE),
        mirrored.item(3),
        mirrored.item(4, created_at=_AFTER),
    ]
    await mirrored.store(*items)
    await see(entry(seen), entry(mirrored.comment(1, seen, id="item-ENG-3"), COMMENTS))


async def count_gone(stream: Stream = ISSUES) -> GoneCounts:
    async with transaction() as tx:
        return await sweeps.count_gone(tx, stream, created_before=_AFTER)


async def hide_gone(removed_at: datetime = NOON) -> int:
    async with transaction() as tx:
        return await sweeps.hide_gone(tx, ISSUES, created_before=_AFTER, removed_at=removed_at)


async def test_gone_is_what_the_sweep_did_not_see_and_what_was_there_when_it_began() -> None:
    await store_seen_and_unseen()
    assert await count_gone() == GoneCounts(gone=2, live=4)
    assert await hide_gone() == 2
    assert await list_live_ids("issues") == {"item-ENG-1", "item-ENG-4"}


async def test_what_is_hidden_already_is_not_gone_once_more_and_keeps_its_time() -> None:
    await store_seen_and_unseen()
    await hide_gone()
    assert await count_gone() == GoneCounts(gone=0, live=2)
    assert await hide_gone(removed_at=_AFTER) == 0
    assert await query("SELECT DISTINCT removed_at FROM backlog_items WHERE removed_at IS NOT NULL") == [(NOON,)]


async def test_nothing_of_a_stream_that_the_mirror_has_not_is_gone() -> None:
    assert await count_gone(LABELS) == GoneCounts(gone=0, live=0)


async def test_hiding_a_comment_marks_its_item_for_the_search() -> None:
    item, other = mirrored.item(1), mirrored.item(2)
    await mirrored.store(item, other, mirrored.comment(0, item))
    async with transaction() as tx:
        assert await sweeps.hide_gone(tx, COMMENTS, created_before=_AFTER, removed_at=NOON) == 1
    assert await query("SELECT item_id FROM search_entries WHERE stale_since IS NOT NULL") == [(item.id,)]


async def test_some_of_what_is_gone_is_named_the_newest_first() -> None:
    await store_seen_and_unseen()
    async with transaction() as tx:
        assert await sweeps.list_gone_identifiers(tx, 5, created_before=_AFTER) == ["ENG-3", "ENG-2"]
        assert await sweeps.list_gone_identifiers(tx, 1, created_before=_AFTER) == ["ENG-3"]
    await hide_gone()
    async with transaction() as tx:
        assert await sweeps.list_gone_identifiers(tx, 5, created_before=_AFTER) == []


async def delete_expired() -> None:
    async with transaction() as tx:
        await sweeps.delete_expired(tx, _RETENTION)


async def test_what_was_hidden_longer_ago_than_is_kept_is_deleted_and_the_search_forgets_it() -> None:
    items = [mirrored.item(number) for number in (1, 2, 3)]
    label, other = mirrored.label("Long gone"), mirrored.label("Lately gone")
    await mirrored.store(*items, label, other)
    await hide(items[0], days_ago=30.01)
    await hide(items[1], days_ago=29.99)
    await hide(label, days_ago=31)
    await hide(other, days_ago=29)
    await delete_expired()
    assert await query("SELECT id FROM backlog_items ORDER BY id") == [(items[1].id,), (items[2].id,)]
    assert await query("SELECT item_id FROM search_entries ORDER BY item_id") == [(items[1].id,), (items[2].id,)]
    assert await query("SELECT id FROM labels") == [(other.id,)]


async def test_what_is_part_of_something_that_is_kept_stays() -> None:
    gone, kept = mirrored.item(1), mirrored.item(2)
    await mirrored.store(gone, kept, mirrored.comment(1, kept), mirrored.relation("blocks", kept, gone))
    await hide(gone, days_ago=29)
    await delete_expired()
    assert await list_live_ids("comments") == {"comment-1"}
    assert len(await list_live_ids("relations")) == 1


async def test_what_only_refers_to_something_that_is_deleted_stays() -> None:
    label = mirrored.label("Gone")
    await mirrored.store(label, mirrored.item(1, label_ids=[label.id]))
    await hide(label, days_ago=31)
    await delete_expired()
    assert await list_live_ids("issues") == {"item-ENG-1"}


_PARTS = [
    (stream, column.name)
    for stream in STREAMS.values()
    for column in stream.columns
    if isinstance(column.refers, PartOf)
]


@pytest.mark.parametrize(("stream", "column"), _PARTS, ids=[f"{stream.name} {column}" for stream, column in _PARTS])
async def test_what_is_part_of_something_is_deleted_together_with_it(
    live_database: Settings, stream: Stream, column: str
) -> None:
    world, rows = small_world()
    with run_linear(world) as fake:
        await run_until_quiet(live_database, fake)
    [whole] = [STREAMS[one.refers.stream].table for one in stream.columns if one.name == column and one.refers]
    gone = SQL(
        "UPDATE {} w SET removed_at = now() - interval '31 days' FROM {} p WHERE w.id = {} AND p.id = %(id)s"
    ).format(Identifier(whole), Identifier(stream.table), Identifier("p", column))
    await query(gone, {"id": rows[stream.name]["id"]})
    async with transaction() as tx:
        await sweeps.delete_expired(tx, _RETENTION)
    assert rows[stream.name]["id"] not in await list_live_ids(stream.name)


async def test_the_newest_row_of_all_streams_tells_until_when_they_are_known() -> None:
    assert await sweeps.find_latest_creation([ISSUES, LABELS]) is None
    await mirrored.store(mirrored.item(1), mirrored.label("Bug", created_at=_AFTER))
    assert await sweeps.find_latest_creation([ISSUES]) == NOON
    assert await sweeps.find_latest_creation([ISSUES, LABELS]) == _AFTER
