"""One run: pages into PostgreSQL, with a row in sync_history."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.connection import locks
from shareable_backlog.database.mirror import sync_history
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.database.search import search_entries
from shareable_backlog.errors import Contended, DatabaseFailed, LinearFailed, SyncFailed
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import runs
from shareable_backlog.sync.runs import OnPage, RunReport
from shareable_backlog.sync.store import Batch, StreamPage, build_batch
from tests.support.database.locking import stumble

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_NOW = "2026-01-02T03:04:05.678Z"


def label(id_: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "createdAt": _NOW, "updatedAt": _NOW, "archivedAt": None, "name": "Bug", **fields}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    ids: dict[str, Any] = {"identifier": f"ENG-{number}", "number": number, "team": {"id": "team"}, "priority": 0}
    return {**label(f"issue-{number}"), "title": "A title", **ids, **fields}


def batch(*nodes: dict[str, Any], stream: str = "labels") -> Batch:
    return build_batch(STREAMS[stream], nodes, seen_at=datetime.now(UTC))


async def pages(*nodes: dict[str, Any], stream: str = "labels") -> AsyncIterator[Batch]:
    yield batch(*nodes, stream=stream)


def silent(_report: RunReport, _page: StreamPage) -> None:
    pass


async def run(source: AsyncIterator[Batch], on_page: OnPage = silent, *, is_sample: bool = False) -> RunReport:
    async with runs.record_run("manual") as report:
        await runs.store_batches(report, source, on_page, is_sample=is_sample)
        return report


async def test_rows_are_stored_and_counted() -> None:
    report = await run(pages(label("a"), label("b")))
    assert report.streams == {"labels": RowCounts(created=2)}
    assert await query("SELECT id FROM labels ORDER BY id") == [("a",), ("b",)]


async def test_the_same_rows_again_change_nothing() -> None:
    await run(pages(label("a")))
    [before] = await query("SELECT xmin::text, * FROM labels")
    report = await run(pages(label("a")))
    assert report.total == RowCounts(unchanged=1)
    assert await query("SELECT xmin::text, * FROM labels") == [before]


async def test_a_changed_row_is_updated() -> None:
    await run(pages(label("a")))
    report = await run(pages(label("a", name="Feature")))
    assert report.total == RowCounts(updated=1)
    assert await query("SELECT name FROM labels") == [("Feature",)]


async def test_a_row_that_was_marked_as_removed_is_back() -> None:
    await run(pages(label("a")))
    await query("UPDATE labels SET removed_at = now()")
    assert (await run(pages(label("a")))).total == RowCounts(updated=1)
    assert await query("SELECT removed_at FROM labels") == [(None,)]


async def test_a_run_is_recorded() -> None:
    await run(pages(label("a")))
    [recorded] = await sync_history.list_latest_runs(5)
    assert (recorded.status, recorded.trigger_type) == ("succeeded", "manual")
    assert (recorded.items_synced, recorded.items_failed) == (1, 0)
    assert recorded.completed_at is not None
    assert recorded.duration_ms is not None
    assert recorded.duration_ms >= 0


async def test_a_bad_row_is_set_aside_and_the_others_are_stored() -> None:
    report = await run(pages(label("a"), label("b", name=None), label("c")))
    assert [(bad.id, bad.field, bad.reason) for bad in report.bad_rows] == [("b", "name", "is missing")]
    assert await query("SELECT id FROM labels ORDER BY id") == [("a",), ("c",)]


async def test_a_run_with_bad_rows_is_recorded_as_partial_with_their_reasons() -> None:
    await run(pages(label("a"), label("b", name=None)))
    [(status, failed, details)] = await query("SELECT status, items_failed, error_details FROM sync_history")
    assert (status, failed) == ("partial", 1)
    assert details == [{"stream": "labels", "id": "b", "field": "name", "reason": "is missing"}]


@pytest.mark.owner
async def test_a_page_that_meets_nothing_but_deadlocks_fails_the_run_after_three_tries() -> None:
    await stumble("labels", 99)
    with pytest.raises(Contended):
        await run(pages(label("a")))
    assert await query("SELECT nextval('stumbles')") == [(4,)]
    assert (await sync_history.list_latest_runs(1))[0].status == "failed"


@pytest.mark.owner
async def test_a_table_that_is_not_there_fails_the_run_and_blames_no_row() -> None:
    await query("ALTER TABLE labels RENAME TO elsewhere")
    with pytest.raises(DatabaseFailed):
        await run(pages(label("a"), label("b")))
    assert [(run.status, run.items_failed) for run in await sync_history.list_latest_runs(5)] == [("failed", 0)]


@pytest.mark.parametrize(
    "title", ["", "\x00", "a\ud800b", "\u202eright to left", "<script>alert(1)</script>", "=1+1"]
)
async def test_a_title_may_hold_anything(title: str) -> None:
    report = await run(pages(issue(1, title=title), stream="issues"))
    assert report.status == "succeeded"


async def test_a_description_of_2_mb_is_stored_whole_and_can_be_searched() -> None:
    description = "needle " + "".join(f"w{number} " for number in range(280_000))
    report = await run(pages(issue(1, description=description), stream="issues"))
    assert report.status == "succeeded"
    assert await search_entries.refresh_entries(10) == 1
    found = await query(
        "SELECT length(description) FROM backlog_items i JOIN search_entries e ON e.item_id = i.id"
        " WHERE words @@ to_tsquery('simple', 'needle')"
    )
    assert found == [(len(description),)]


async def test_each_page_is_told_once_it_is_stored() -> None:
    async def ready() -> AsyncIterator[Batch]:
        for id_ in "abc":
            yield batch(label(id_))
        yield batch(issue(1), stream="issues")

    stored: list[str] = []
    await run(ready(), lambda _report, page: stored.append(page.stream.name))
    assert stored == ["labels", "labels", "labels", "issues"]


async def test_no_more_than_a_few_batches_wait_while_one_is_stored() -> None:
    fetched: list[int] = []
    before_store: list[int] = []

    async def endless() -> AsyncIterator[Batch]:
        for number in range(20):
            fetched.append(number)
            yield batch(label(f"label-{number}"))

    await run(endless(), lambda _report, _page: before_store.append(len(fetched)))
    assert before_store[0] <= 5
    assert await query("SELECT count(*) FROM labels") == [(20,)]


async def test_a_fault_of_the_source_fails_the_run_and_keeps_what_was_stored() -> None:
    async def breaking() -> AsyncIterator[Batch]:
        yield batch(label("a"))
        raise LinearFailed("Linear is away.")

    with pytest.raises(LinearFailed):
        await run(breaking())
    [recorded] = await sync_history.list_latest_runs(5)
    assert (recorded.status, recorded.error_message) == ("failed", "Linear is away.")
    assert await query("SELECT id FROM labels") == [("a",)]


async def test_an_error_of_the_program_itself_fails_the_run_too() -> None:
    async def broken() -> AsyncIterator[Batch]:
        yield batch(label("a"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run(broken())
    assert (await sync_history.list_latest_runs(1))[0].status == "failed"


async def test_a_cancelled_run_is_recorded_as_interrupted() -> None:
    stored = asyncio.Event()

    async def endless() -> AsyncIterator[Batch]:
        yield batch(label("a"))
        await asyncio.Event().wait()

    task = asyncio.create_task(run(endless(), lambda _report, _page: stored.set()))
    await stored.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await sync_history.list_latest_runs(1))[0].status == "interrupted"


async def test_a_run_left_behind_by_a_killed_process_is_shown_as_interrupted() -> None:
    async with transaction() as tx:
        await sync_history.start_run(tx, "automatic", run_id=None, is_full=False)
    await run(pages(label("a")))
    newest, older = await sync_history.list_latest_runs(5)
    assert (newest.status, older.status) == ("succeeded", "interrupted")


async def test_a_second_run_at_once_is_refused() -> None:
    async with locks.hold_lock(locks.SYNC) as ours:
        assert ours
        with pytest.raises(SyncFailed, match="is running"):
            await run(pages(label("a")))
    assert await sync_history.list_latest_runs(5) == []


async def test_real_rows_take_the_place_of_the_sample(live_database: Settings) -> None:
    del live_database
    await run(pages(label("sample-label")), is_sample=True)
    await query(
        "INSERT INTO teams (id, key, name, created_at, updated_at) VALUES ('sample-1', 'S', 'S', now(), now())"
    )
    await run(pages(label("a")))
    assert await query("SELECT id FROM labels") == [("a",)]
    assert await query("SELECT count(*) FROM teams") == [(0,)]
