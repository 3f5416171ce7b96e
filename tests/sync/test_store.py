"""A batch is stored whole or not at all, but for rows that can't be: those are set aside with their reasons."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from psycopg.sql import SQL, Identifier

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import mirror, sweeps, sync_cursors, sync_history
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.database.mirror.sweeps import SweepEntry
from shareable_backlog.database.mirror.sync_cursors import StreamCursor
from shareable_backlog.errors import Contended, DatabaseFailed, DataRefused
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.streams.stream import Stream
from shareable_backlog.streams.workspace import LABELS, TEAMS
from shareable_backlog.sync.store import (
    BadRow,
    Batch,
    BatchOutcome,
    StreamPage,
    build_batch,
    map_page,
    prepare_batch,
    store_batch,
)
from tests.support.database.locking import stumble

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

Node = Mapping[str, Any]

_NOW = "2026-01-02T03:04:05.678Z"
_SEEN_AT = datetime(2026, 1, 2, 4, tzinfo=UTC)
_CURSOR = StreamCursor("labels", _SEEN_AT, None, None)


def label(id_: str, **fields: Any) -> Node:
    return {"id": id_, "createdAt": _NOW, "updatedAt": _NOW, "archivedAt": None, "name": "Bug", **fields}


def issue(number: int, **fields: Any) -> Node:
    ids = {"identifier": f"ENG-{number}", "number": number, "team": {"id": "team"}, "priority": 0}
    return {**label(f"issue-{number}"), "title": "A title", **ids, **fields}


def team(id_: str) -> Node:
    return label(id_, key="ENG", visibility="public")


def build_page(stream: Stream, *nodes: Node) -> StreamPage:
    [page] = build_batch(stream, nodes, seen_at=_SEEN_AT).pages
    return page


def labels(*nodes: Node) -> Batch:
    return Batch([build_page(LABELS, *nodes)], _SEEN_AT)


def see(id_: str) -> SweepEntry:
    return SweepEntry(stream="labels", id=id_, updated_at=_SEEN_AT, archived_at=None, trashed=False, parent_id=None)


async def store(batch: Batch, *, instead_of: Sequence[str] = ()) -> BatchOutcome:
    async with transaction() as tx:
        run_id = await sync_history.start_run(tx, "manual", run_id=None, is_full=False)
    return await store_batch(prepare_batch(batch), run_id, instead_of=instead_of)


async def list_ids(stream: Stream = LABELS) -> list[str]:
    rows = await query(SQL("SELECT id FROM {} ORDER BY id").format(Identifier(stream.table)))
    return [id_ for (id_,) in rows]


async def refuse(stream: Stream, *ids: str) -> None:
    """Let PostgreSQL refuse the rows with these ids."""
    await query(
        SQL("ALTER TABLE {} ADD CONSTRAINT refused CHECK (id <> ALL ({}))").format(
            Identifier(stream.table), list(ids)
        )
    )


async def test_nodes_become_rows_and_what_is_no_node_is_set_aside_with_its_reason() -> None:
    page = build_page(LABELS, label("a"), label("b", name=None), label("c", createdAt="yesterday"), {"name": "no id"})
    rows, bad = map_page(page)
    assert [row.id for row in rows] == ["a"]
    assert [(one.stream, one.id, one.field) for one in bad] == [
        ("labels", "b", "name"),
        ("labels", "c", "createdAt"),
        ("labels", "None", "id"),
    ]
    assert all(one.reason for one in bad)


async def test_of_two_nodes_with_one_id_the_later_counts() -> None:
    outcome = await store(labels(label("a", name="old"), label("b"), label("a", name="new")))
    assert outcome.stored == {"labels": RowCounts(created=2)}
    assert await query("SELECT name FROM labels WHERE id = 'a'") == [("new",)]


async def test_a_page_without_a_fit_row_is_not_stored_and_its_bad_rows_are_told() -> None:
    outcome = await store(labels(label("b", name=None)))
    assert outcome == BatchOutcome({}, [BadRow("labels", "b", "name", "is missing")])


async def test_rows_are_counted_by_their_stream() -> None:
    await store(Batch([build_page(LABELS, label("a"), label("b"))], _SEEN_AT))
    pages = [
        build_page(LABELS, label("a"), label("b", name="Defect"), label("c"), label("d", name=None)),
        build_page(TEAMS, team("team")),
    ]
    outcome = await store(Batch(pages, _SEEN_AT))
    assert outcome.stored == {"labels": RowCounts(created=1, updated=1, unchanged=1), "teams": RowCounts(created=1)}
    assert [one.id for one in outcome.bad] == ["d"]


async def test_how_far_it_got_and_what_was_seen_is_stored_with_the_rows() -> None:
    outcome = await store(replace(labels(label("a")), cursors=[_CURSOR], swept=[see("a"), see("b")]))
    assert outcome.stored == {"labels": RowCounts(created=1)}
    assert await sync_cursors.list_by_stream() == {"labels": _CURSOR}
    assert await sweeps.count_seen(LABELS) == 2


async def test_a_batch_may_hold_cursors_alone() -> None:
    assert (await store(Batch([], _SEEN_AT, cursors=[_CURSOR]))).stored == {}
    assert await sync_cursors.list_by_stream() == {"labels": _CURSOR}


async def test_a_cursor_says_in_which_run_it_was_stored() -> None:
    await store(Batch([], _SEEN_AT, cursors=[_CURSOR]))
    assert await query("SELECT sync_history_id FROM sync_cursors") == await query("SELECT id FROM sync_history")


@pytest.mark.owner
async def test_nothing_is_stored_of_a_batch_of_which_something_cannot_be() -> None:
    await store(labels(label("sample-a")))
    await query("ALTER TABLE sweep_entries RENAME TO elsewhere")
    with pytest.raises(DatabaseFailed):
        await store(
            replace(labels(label("a")), cursors=[_CURSOR], swept=[see("a")]), instead_of=[mirror.SAMPLE_PREFIX]
        )
    assert await list_ids() == ["sample-a"]
    assert await sync_cursors.list_by_stream() == {}


@pytest.mark.parametrize(("older_too", "name"), [(False, "Bug"), (True, "Defect")])
async def test_older_rows_take_the_place_of_newer_ones_only_where_the_batch_says_so(
    name: str, *, older_too: bool
) -> None:
    await store(labels(label("a")))
    older = labels(label("a", name="Defect", updatedAt="2026-01-01T00:00:00.000Z"))
    await store(replace(older, older_too=older_too))
    assert await query("SELECT name FROM labels") == [(name,)]


@pytest.mark.parametrize(("later", "is_back"), [(timedelta(0), False), (timedelta(seconds=1), True)])
async def test_a_row_is_back_that_was_asked_for_after_it_had_gone(later: timedelta, *, is_back: bool) -> None:
    await store(labels(label("a")))
    await query("UPDATE labels SET removed_at = %(at)s", {"at": _SEEN_AT})
    await store(replace(labels(label("a")), seen_at=_SEEN_AT + later))
    assert await query("SELECT removed_at IS NULL FROM labels") == [(is_back,)]


@pytest.mark.owner
async def test_a_row_that_only_the_database_refuses_is_found_and_set_aside() -> None:
    await query("ALTER TABLE backlog_items ADD CONSTRAINT backlog_items_title_check CHECK (title <> 'refused')")
    nodes = [issue(number, title="refused" if number == 4 else "A title") for number in range(9)]
    outcome = await store(build_batch(STREAMS["issues"], nodes, seen_at=_SEEN_AT))
    assert [(bad.id, bad.field) for bad in outcome.bad] == [("issue-4", None)]
    assert await query("SELECT count(*) FROM backlog_items") == [(8,)]


@pytest.mark.parametrize("refused", [["a"], ["g"], ["a", "g"], ["c", "d"], list("abcdefg")], ids="".join)
@pytest.mark.owner
async def test_all_rows_are_stored_and_counted_once_but_those_that_are_refused(refused: list[str]) -> None:
    await store(labels(label("b", name="Old"), label("e")))
    fit = [id_ for id_ in "abcdefg" if id_ not in refused]
    await refuse(LABELS, *[id_ for id_ in refused if id_ not in "be"])
    outcome = await store(labels(*(label(id_) for id_ in "abcdefg")))
    there = sorted({*fit, "b", "e"})
    assert await list_ids() == there
    assert outcome.stored == {"labels": RowCounts(created=len(there) - 2, updated=1, unchanged=1)}
    assert outcome.bad == [
        BadRow("labels", id_, None, "was refused by the database") for id_ in refused if id_ not in "be"
    ]


@pytest.mark.owner
async def test_a_refused_row_keeps_nothing_else_of_its_batch_from_being_stored() -> None:
    await store(labels(label("sample-a")))
    await refuse(LABELS, "b")
    pages = [
        build_page(LABELS, label("a"), label("b"), label("c", name=None)),
        build_page(TEAMS, team("team")),
        build_page(ISSUES, issue(1)),
    ]
    batch = Batch(pages, _SEEN_AT, cursors=[_CURSOR], swept=[see("a")])
    outcome = await store(batch, instead_of=[mirror.SAMPLE_PREFIX])
    assert outcome.stored == {name: RowCounts(created=1) for name in ("labels", "teams", "issues")}
    assert {(bad.id, bad.field) for bad in outcome.bad} == {("b", None), ("c", "name")}
    assert await sync_cursors.list_by_stream() == {"labels": _CURSOR}
    assert await sweeps.count_seen(LABELS) == 1
    assert await list_ids() == ["a"]


@pytest.mark.owner
async def test_rows_are_stored_apart_by_the_same_rules() -> None:
    await store(labels(label("a")))
    await query("UPDATE labels SET removed_at = %(at)s", {"at": _SEEN_AT})
    await refuse(LABELS, "b")
    old = label("a", name="Defect", updatedAt="2026-01-01T00:00:00.000Z")
    await store(replace(labels(old, label("b")), older_too=True))
    assert await query("SELECT name, removed_at FROM labels") == [("Bug", _SEEN_AT)]
    await store(replace(labels(old, label("b")), older_too=True, seen_at=_SEEN_AT + timedelta(seconds=1)))
    assert await query("SELECT name, removed_at FROM labels") == [("Defect", None)]


@pytest.mark.parametrize("refused", [[], ["b"]], ids=["no row refused", "a row refused too"])
@pytest.mark.owner
async def test_a_batch_fails_of_which_something_is_refused_that_is_no_row(refused: list[str]) -> None:
    await refuse(LABELS, *refused)
    await query("ALTER TABLE sync_cursors ADD CONSTRAINT refused CHECK (stream <> 'labels')")
    with pytest.raises(DataRefused):
        await store(replace(labels(label("a"), label("b")), cursors=[_CURSOR]))
    assert await sync_cursors.list_by_stream() == {}


async def test_an_id_may_hold_what_no_text_of_postgresql_can() -> None:
    outcome = await store(replace(labels(label("a\x00b")), swept=[see("a\x00b")]))
    assert (outcome.stored, outcome.bad) == ({"labels": RowCounts(created=1)}, [])
    assert await query("SELECT s.id FROM sweep_entries s JOIN labels l ON l.id = s.id") == [("a\ufffdb",)]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.owner
async def test_a_batch_that_meets_a_deadlock_is_stored_again_whole(times: int) -> None:
    await stumble("labels", times)
    outcome = await store(replace(labels(label("a")), cursors=[_CURSOR]))
    assert outcome.stored == {"labels": RowCounts(created=1)}
    assert await sync_cursors.list_by_stream() == {"labels": _CURSOR}


@pytest.mark.owner
async def test_a_batch_that_meets_nothing_but_deadlocks_is_given_up_after_three_tries() -> None:
    await stumble("labels", 99)
    with pytest.raises(Contended):
        await store(labels(label("a")))
    assert await query("SELECT nextval('stumbles')") == [(4,)]
    assert await list_ids() == []


async def test_the_sample_goes_at_once_when_the_first_real_rows_come() -> None:
    await store(Batch([build_page(LABELS, label("sample-a")), build_page(TEAMS, team("sample-team"))], _SEEN_AT))
    await store(labels(label("a")), instead_of=[mirror.SAMPLE_PREFIX])
    assert (await list_ids(), await list_ids(TEAMS)) == (["a"], [])


async def test_made_up_rows_stay_where_nothing_takes_their_place() -> None:
    await store(labels(label("sample-a"), label("csv-a")))
    await store(labels(label("a")))
    await store(labels(label("b", name=None)), instead_of=[mirror.SAMPLE_PREFIX, mirror.IMPORT_PREFIX])
    assert await list_ids() == ["a", "csv-a", "sample-a"]


async def test_an_imported_item_goes_when_linears_own_comes() -> None:
    await store(build_batch(ISSUES, [issue(1, id="csv-1"), issue(2, id="csv-2")], seen_at=_SEEN_AT))
    await store(build_batch(ISSUES, [issue(1)], seen_at=_SEEN_AT), instead_of=[mirror.IMPORT_PREFIX])
    assert await list_ids(ISSUES) == ["csv-2", "issue-1"]


async def test_an_imported_item_stays_when_only_the_sample_is_to_make_place() -> None:
    await store(build_batch(ISSUES, [issue(1, id="csv-1")], seen_at=_SEEN_AT))
    await store(build_batch(ISSUES, [issue(1)], seen_at=_SEEN_AT), instead_of=[mirror.SAMPLE_PREFIX])
    assert await list_ids(ISSUES) == ["csv-1", "issue-1"]


async def test_an_imported_item_stays_when_the_same_import_comes_again() -> None:
    imported = build_batch(ISSUES, [issue(1, id="csv-1")], seen_at=_SEEN_AT)
    await store(imported)
    outcome = await store(imported, instead_of=[mirror.IMPORT_PREFIX])
    assert outcome.stored == {"issues": RowCounts(unchanged=1)}
