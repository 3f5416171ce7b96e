"""Fill the mirror from Linear's own CSV export, for those who have no key."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.mirror import imported_items, mirror, sync_cursors
from shareable_backlog.database.search import search_entries
from shareable_backlog.errors import SyncFailed
from shareable_backlog.linear.csv import csv_export
from shareable_backlog.linear.csv.csv_export import CsvExport, InferredState
from shareable_backlog.streams import STREAMS
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.sync import runs
from shareable_backlog.sync.store import BadRow, Batch, build_batch, map_page

_PAGE = 250
_MISSING_TOLD = 100
_DRY_RUN_WITHIN_S = 600.0


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import did, or would do: `run_id` is None for a dry run, the counts are of items.

    `states` are the types that were inferred from the names of the states, for a person to check. `missing` are the
    identifiers of items of the file's teams that earlier files had and this one has not, the first hundred of
    `missing_count`; they are hidden if `is_missing_hidden`. `left_out` names rows of the file that say nothing.
    """

    run_id: int | None
    rows: int
    created: int
    updated: int
    unchanged: int
    states: tuple[InferredState, ...]
    bad_rows: tuple[BadRow, ...]
    missing: tuple[str, ...]
    missing_count: int
    is_missing_hidden: bool
    left_out: tuple[str, ...]


async def import_file(path: Path, *, dry_run: bool, hides_missing: bool = False) -> ImportReport:
    """Import the export at `path`, or with `dry_run` only say what would change.

    `hides_missing` hides what earlier files had of its teams and this one has not.

    The whole file is checked first: raises ImportInvalid, with nothing stored, when anything is wrong in it.
    Raises SyncFailed when another sync is under way, and when Linear's API keeps the mirror up to date.
    """
    export = await asyncio.to_thread(csv_export.read_export, path)
    if dry_run:
        items, bad_rows = await _preview_import(export)
        missing = await _find_missing(export, hides=False)
        run_id = None
    else:
        async with runs.record_run("import") as report:
            await _refuse_beside_linear()
            await runs.store_batches(report, _read_batches(export), lambda _report, _page: None)
            missing = await _find_missing(export, hides=hides_missing)
            if hides_missing:
                report.add_counts("issues", mirror.RowCounts(removed=len(missing)))
            while await search_entries.refresh_entries(_PAGE):
                pass
        items, bad_rows, run_id = report.streams["issues"], report.bad_rows, report.run_id
    return ImportReport(
        run_id=run_id,
        rows=len(export.identifiers),
        created=items.created,
        updated=items.updated,
        unchanged=items.unchanged,
        states=export.states,
        bad_rows=tuple(bad_rows),
        missing=tuple(missing[:_MISSING_TOLD]),
        missing_count=len(missing),
        is_missing_hidden=hides_missing and not dry_run,
        left_out=export.left_out,
    )


async def _find_missing(export: CsvExport, *, hides: bool) -> list[str]:
    """Return the identifiers of what is shown of the file's teams and not in it, and hide them if it `hides`."""
    team_ids = [node["id"] for node in export.streams["teams"]]
    async with transaction(within_s=_DRY_RUN_WITHIN_S) as tx:
        found = await imported_items.list_missing_items(tx, team_ids, export.identifiers)
        if hides:
            now = clock.read_time()
            await mirror.mark_removed(tx, ISSUES.kind, {id_: now for id_, _ in found})
    return [identifier for _, identifier in found]


async def _refuse_beside_linear() -> None:
    if any(cursor.complete_until for cursor in (await sync_cursors.list_by_stream()).values()):
        raise SyncFailed(
            "The mirror is kept up to date by Linear's API, so an older file was not imported. Nothing was changed."
        )


async def _read_batches(export: CsvExport) -> AsyncGenerator[Batch]:
    seen_at = clock.read_time()
    for name, nodes in export.streams.items():
        yield build_batch(STREAMS[name], nodes, seen_at=seen_at)
    issues = export.read_issues()
    while nodes := await asyncio.to_thread(lambda: list(islice(issues, _PAGE))):
        yield build_batch(ISSUES, nodes, seen_at=seen_at)


class _Undone(Exception):
    """Leave a transaction without keeping anything of it."""


async def _preview_import(export: CsvExport) -> tuple[mirror.RowCounts, list[BadRow]]:
    """Store everything in one transaction, count, and undo it."""
    await _refuse_beside_linear()
    items, bad_rows = mirror.RowCounts(), list[BadRow]()
    try:
        async with transaction(within_s=_DRY_RUN_WITHIN_S) as tx:
            async for batch in _read_batches(export):
                [page] = batch.pages
                rows, bad = map_page(page)
                stored = await mirror.upsert_rows(tx, page.stream.kind, rows, seen_at=batch.seen_at)
                bad_rows += bad
                if page.stream is ISSUES:
                    items += stored
            raise _Undone  # noqa: TRY301 (not an error: the way out of a transaction that must not stay)
    except _Undone:
        return items, bad_rows
