"""A mirror that is filled from a CSV file, and may then be kept up to date by Linear's API."""

from collections.abc import Generator
from pathlib import Path

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import locks
from shareable_backlog.errors import ImportInvalid, LinearFailed, SyncFailed
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import import_csv, sample
from tests.fakes.linear import FakeLinear, Fault, Row, run_linear
from tests.support.pulling import list_live_ids, run_sync, titles, titles_in

pytestmark = pytest.mark.anyio

_COLUMNS = (
    *("ID", "Team", "Title", "Description", "Status", "Estimate", "Priority", "Project ID", "Project"),
    *("Creator", "Assignee", "Labels", "Cycle Number", "Cycle Name", "Cycle Start", "Cycle End"),
    *("Created", "Updated", "Started", "Triaged", "Completed", "Canceled", "Archived", "Due Date"),
    *("Parent issue", "Initiatives", "Project Milestone ID", "Project Milestone", "SLA Status"),
)
_OF_TODAY = ("UUID", "Time in status (minutes)", "Related to", "Blocked by", "Duplicate of")


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with three issues."""
    with run_linear() as fake:
        label = fake.world.add_label("Bug")
        for number in (1, 2, 3):
            fake.world.add_issue(title=f"Title {number}", labelIds=[label["id"]])
        yield fake


@pytest.fixture
def export(fake: FakeLinear, tmp_path: Path) -> Path:
    """Return the workspace as Linear exported it before it told UUIDs."""
    return exported(fake, tmp_path, _COLUMNS)


def exported(fake: FakeLinear, folder: Path, columns: tuple[str, ...]) -> Path:
    lines = [_line(columns, dict.fromkeys(columns, "") | {column: column for column in columns})]
    lines += [_line(columns, _cells(issue)) for issue in fake.world.rows["issues"].values()]
    path = folder / "export.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _cells(issue: Row) -> dict[str, str]:
    times = {"Created": issue["createdAt"], "Updated": issue["updatedAt"]}
    named = {"ID": issue["identifier"], "Team": "Engineering", "Title": issue["title"], "UUID": issue["id"]}
    return named | times | {"Status": "Triage", "Priority": "No priority", "Labels": "Bug", "Creator": "Bob"}


def _line(columns: tuple[str, ...], cells: dict[str, str]) -> str:
    return ",".join(f'"{cells.get(column, "")}"' for column in columns) + "\n"


async def made_up() -> list[str]:
    """Return the streams that hold made-up rows."""
    return [stream for stream in STREAMS if any(id_.startswith("csv-") for id_ in await list_live_ids(stream))]


async def imported(path: Path) -> None:
    report = await import_csv.import_file(path, dry_run=False)
    assert report.bad_rows == ()


@pytest.mark.parametrize("columns", [_COLUMNS, _COLUMNS + _OF_TODAY], ids=["without UUIDs", "with UUIDs"])
async def test_linears_own_rows_take_the_place_of_imported_ones_and_nothing_is_doubled(
    live_database: Settings, fake: FakeLinear, tmp_path: Path, columns: tuple[str, ...]
) -> None:
    await imported(exported(fake, tmp_path, columns))
    assert await titles() == titles_in(fake.world)
    assert "teams" in await made_up()
    await run_sync(live_database, fake)
    assert await made_up() == []
    assert {stream: await list_live_ids(stream) for stream in STREAMS} == {
        name: set(fake.world.rows[stream.root]) for name, stream in STREAMS.items()
    }
    assert await query("SELECT count(*) FROM search_entries") == [(3,)]


async def test_imported_issues_that_linear_has_no_more_are_gone_after_the_first_run(
    live_database: Settings, fake: FakeLinear, tmp_path: Path
) -> None:
    await imported(exported(fake, tmp_path, _COLUMNS + _OF_TODAY))
    [gone, *_] = fake.world.rows["issues"].values()
    fake.world.delete(gone)
    await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)


async def test_imported_rows_stay_when_the_first_run_fails(
    live_database: Settings, fake: FakeLinear, export: Path
) -> None:
    await imported(export)
    fake.fail_next(Fault.BAD_GATEWAY)
    with pytest.raises(LinearFailed):
        await run_sync(live_database, fake)
    assert len(await list_live_ids("issues")) == 3


async def test_a_later_file_takes_the_place_of_an_earlier_one(
    live_database: Settings, fake: FakeLinear, export: Path, tmp_path: Path
) -> None:
    del live_database
    await imported(export)
    await imported(exported(fake, tmp_path, _COLUMNS + _OF_TODAY))
    assert await list_live_ids("issues") == set(fake.world.rows["issues"])


async def test_the_same_file_again_leaves_every_row_as_it_was(live_database: Settings, export: Path) -> None:
    del live_database
    await imported(export)
    before = await query("SELECT id, xmin::text FROM backlog_items ORDER BY id")
    await imported(export)
    assert await query("SELECT id, xmin::text FROM backlog_items ORDER BY id") == before


@pytest.mark.parametrize("dry_run", [True, False])
async def test_an_import_is_refused_when_linears_api_keeps_the_mirror(
    live_database: Settings, fake: FakeLinear, export: Path, *, dry_run: bool
) -> None:
    await run_sync(live_database, fake)
    with pytest.raises(SyncFailed, match="kept up to date by Linear's API"):
        await import_csv.import_file(export, dry_run=dry_run)
    assert await made_up() == []


async def stored() -> dict[str, set[str]]:
    """Return the ids of all rows, by stream, without the streams that have none."""
    return {stream: ids for stream in STREAMS if (ids := await list_live_ids(stream))}


@pytest.mark.usefixtures("live_database")
async def test_a_dry_run_says_just_what_the_import_then_does_and_leaves_no_trace(export: Path) -> None:
    would = await import_csv.import_file(export, dry_run=True)
    assert await stored() == {}
    assert await query("SELECT 1 FROM sync_history UNION ALL SELECT 1 FROM search_entries") == []
    did = await import_csv.import_file(export, dry_run=False)
    assert would == replace(did, run_id=None)
    assert (did.rows, did.created, did.updated, did.unchanged) == (3, 3, 0, 0)
    assert [(state.team_key, state.name, state.type) for state in did.states] == [("ENG", "Triage", "triage")]


@pytest.mark.usefixtures("live_database")
async def test_an_import_is_a_run_on_record_and_its_words_are_known_to_the_search_at_its_end(export: Path) -> None:
    report = await import_csv.import_file(export, dry_run=False)
    assert await query("SELECT id, status, trigger_type FROM sync_history") == [
        (report.run_id, "succeeded", "import")
    ]
    assert await query("SELECT count(*), count(stale_since) FROM search_entries") == [(3, 0)]


@pytest.mark.usefixtures("live_database")
async def test_a_file_of_many_pages_is_imported_whole(
    monkeypatch: pytest.MonkeyPatch, fake: FakeLinear, export: Path
) -> None:
    monkeypatch.setattr(import_csv, "_PAGE", 2)
    await imported(export)
    assert await titles() == titles_in(fake.world)


@pytest.mark.usefixtures("live_database")
async def test_only_items_count_in_the_report_and_what_has_changed_counts_as_updated(
    fake: FakeLinear, tmp_path: Path
) -> None:
    await imported(exported(fake, tmp_path, _COLUMNS))
    issue = next(iter(fake.world.rows["issues"].values()))
    fake.world.edit(issue, title="Another title")
    report = await import_csv.import_file(exported(fake, tmp_path, _COLUMNS), dry_run=False)
    assert (report.created, report.updated, report.unchanged) == (0, 1, 2)
    assert await titles() == titles_in(fake.world)


@pytest.mark.usefixtures("live_database")
async def test_a_file_with_one_wrong_cell_is_no_run_and_stores_nothing(fake: FakeLinear, tmp_path: Path) -> None:
    fake.world.add_issue(identifier="a title in the wrong column")
    export = exported(fake, tmp_path, _COLUMNS)
    for dry_run in (True, False):
        with pytest.raises(ImportInvalid, match='column "ID"'):
            await import_csv.import_file(export, dry_run=dry_run)
    assert await stored() == {}
    assert await query("SELECT 1 FROM sync_history") == []


@pytest.mark.usefixtures("live_database")
async def test_an_import_beside_another_run_is_refused_and_stores_nothing(export: Path) -> None:
    async with locks.hold_lock(locks.SYNC):
        with pytest.raises(SyncFailed, match="Another sync is running"):
            await import_csv.import_file(export, dry_run=False)
        assert await stored() == {}
        assert (await import_csv.import_file(export, dry_run=True)).created == 3, "what only looks need not wait"


@pytest.mark.usefixtures("live_database")
async def test_an_import_takes_the_place_of_the_sample(fake: FakeLinear, export: Path) -> None:
    await sample.load_sample()
    await imported(export)
    assert await titles() == titles_in(fake.world)
