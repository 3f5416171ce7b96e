"""Store a batch of pages; a row that can't be stored is set aside with its reason and stops nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from msgspec import Struct, field

from shareable_backlog.database import transaction
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror import mirror, sweeps, sync_cursors, sync_refusals
from shareable_backlog.database.mirror.mirror import RowCounts, Upsert
from shareable_backlog.database.mirror.sweeps import SweepEntry
from shareable_backlog.database.mirror.sync_cursors import StreamCursor
from shareable_backlog.database.mirror.sync_refusals import RefusalKey
from shareable_backlog.errors import Contended, DataRefused
from shareable_backlog.linear import checking
from shareable_backlog.linear.checking import BadNode
from shareable_backlog.linear.nodes import Seen, make_node_type
from shareable_backlog.linear.refusals import RefusedPart
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.issues import ISSUES, ItemRow
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync.mapping import make_mapper
from shareable_backlog.sync.refused import build_refused

_WITHIN_S = 60.0
_ATTEMPTS = 3


class BadRow(Struct, frozen=True):
    """Which node was set aside: its stream, its id as far as known, the field (None: the whole row), why."""

    stream: str
    id: str
    field: str | None
    reason: str


class StreamPage(Struct, frozen=True):
    """Nodes of one stream, checked, at most about a thousand, and those that were no such nodes.

    The nodes lack the fields `without`, by their names in Linear.
    """

    stream: Stream
    nodes: Sequence[Seen]
    bad: Sequence[BadNode] = ()
    without: frozenset[str] = frozenset()

    @property
    def columns_without(self) -> frozenset[str]:
        """Return the columns of the fields that are lacking."""
        return frozenset(column.name for column in self.stream.columns if column.key in self.without)


class Batch(Struct, frozen=True):
    """What is stored together, at most one page a stream; `seen_at` is when it was asked for.

    `cursors`, `swept` (what a sweep saw), `refused` (what Linear refused) and `recovered` (the keys of refusals that
    are over) are stored in the same transaction. `older_too` lets rows take the place of newer ones.
    """

    pages: Sequence[StreamPage]
    seen_at: datetime
    cursors: Sequence[StreamCursor] = ()
    swept: Sequence[SweepEntry] = ()
    older_too: bool = False
    refused: Sequence[RefusedPart] = ()
    recovered: Sequence[RefusalKey] = ()


class BatchOutcome(Struct, frozen=True):
    """What became of a batch."""

    stored: Mapping[str, RowCounts] = field(default_factory=dict[str, RowCounts])
    bad: Sequence[BadRow] = ()


def build_batch(stream: Stream, nodes: Sequence[Mapping[str, Any]], *, seen_at: datetime) -> Batch:
    """Return a batch of nodes of one stream that are no longer JSON."""
    good, bad = checking.check_nodes(make_node_type(stream), nodes)
    return Batch([StreamPage(stream, good, bad)], seen_at)


def map_page(page: StreamPage) -> tuple[list[MirrorRow], list[BadRow]]:
    """Return the page's rows and what was set aside; of two nodes with the same id the later counts."""
    make_row = make_mapper(page.stream)
    rows = {node.id: make_row(node) for node in page.nodes}
    return list(rows.values()), [BadRow(page.stream.name, bad.id, bad.field, bad.why) for bad in page.bad]


class PreparedBatch(Struct, frozen=True):
    """A batch whose rows are ready to be sent to PostgreSQL."""

    batch: Batch
    rows: Mapping[Stream, list[MirrorRow]]
    upserts: Mapping[Stream, Upsert]
    bad: list[BadRow]


def prepare_batch(batch: Batch) -> PreparedBatch:
    """Make the rows of a batch; it takes a while, which is best spent while another batch is being stored."""
    rows: dict[Stream, list[MirrorRow]] = {}
    upserts: dict[Stream, Upsert] = {}
    bad: list[BadRow] = []
    for page in batch.pages:
        good, bad_rows = map_page(page)
        bad += bad_rows
        if good:
            rows[page.stream] = good
            upserts[page.stream] = mirror.build_upsert(
                page.stream.kind,
                good,
                seen_at=batch.seen_at,
                older_too=batch.older_too,
                without=page.columns_without,
            )
    return PreparedBatch(batch, rows, upserts, bad)


async def store_batch(ready: PreparedBatch, run_id: int, *, instead_of: Sequence[str] = ()) -> BatchOutcome:
    """Store a batch in a transaction of its own and count what happened.

    `instead_of` names the made-up rows (by the prefix of their ids) whose place the batch takes, in the same
    transaction: the sample's all at once, an import's item by item. A batch that others' changes get in the way of
    is tried three times. Raises DatabaseUnavailable, DatabaseFailed for what is no row's fault, and DataRefused when
    PostgreSQL refuses what is no row: by then the rows are stored.
    """
    batch = ready.batch
    statements = [(upsert.statement, upsert.params) for upsert in ready.upserts.values()]
    statements += [sweeps.build_insert(batch.swept)] if batch.swept else []
    statements += [sync_cursors.build_upsert(batch.cursors, run_id)] if batch.cursors else []
    statements += [sync_refusals.build_delete(batch.recovered)] if batch.recovered else []
    statements += [sync_refusals.build_upsert(build_refused(batch.refused), run_id)] if batch.refused else []
    if not statements:
        return BatchOutcome({}, ready.bad)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            async with transaction(within_s=_WITHIN_S, durable_at_once=False) as tx:
                await _delete_replaced_rows(tx, ready.rows, instead_of)
                answers = await tx.query_all(statements)
        except Contended:
            if attempt == _ATTEMPTS:
                raise
        except DataRefused:
            if not ready.upserts:
                raise
            return await _store_without_refused(ready, run_id, instead_of)
        else:
            stored = {
                stream.name: upsert.count_rows(answer)
                for (stream, upsert), answer in zip(ready.upserts.items(), answers, strict=False)
            }
            return BatchOutcome(stored, ready.bad)
    raise AssertionError  # the last attempt returns or raises


async def _delete_replaced_rows(
    tx: Transaction, rows: Mapping[Stream, Sequence[MirrorRow]], instead_of: Sequence[str]
) -> None:
    if mirror.SAMPLE_PREFIX in instead_of:
        await mirror.delete_by_prefix(tx, mirror.SAMPLE_PREFIX)
    if mirror.IMPORT_PREFIX in instead_of:
        items = [cast("ItemRow", row) for row in rows.get(ISSUES, ())]
        real = [item.identifier for item in items if not item.id.startswith(mirror.IMPORT_PREFIX)]
        await mirror.delete_imported(tx, real)


async def _store_without_refused(ready: PreparedBatch, run_id: int, instead_of: Sequence[str]) -> BatchOutcome:
    """Store rows in ever smaller parts where PostgreSQL refuses a value, down to the one row that it refuses."""
    stored: dict[str, RowCounts] = {}
    bad = ready.bad
    without = {page.stream: page.columns_without for page in ready.batch.pages}
    for stream, rows in ready.rows.items():
        stored[stream.name], refused = await _store_in_halves(ready.batch, stream, rows, without[stream])
        bad += refused
    await store_batch(PreparedBatch(ready.batch, ready.rows, {}, []), run_id, instead_of=instead_of)
    return BatchOutcome(stored, bad)


async def _store_in_halves(
    batch: Batch, stream: Stream, rows: Sequence[MirrorRow], without: frozenset[str]
) -> tuple[RowCounts, list[BadRow]]:
    try:
        async with transaction(within_s=_WITHIN_S, durable_at_once=False) as tx:
            return await mirror.upsert_rows(
                tx, stream.kind, rows, seen_at=batch.seen_at, older_too=batch.older_too, without=without
            ), []
    except DataRefused:
        if len(rows) == 1:
            return RowCounts(), [BadRow(stream.name, rows[0].id, None, "was refused by the database")]
    middle = len(rows) // 2
    first, first_bad = await _store_in_halves(batch, stream, rows[:middle], without)
    second, second_bad = await _store_in_halves(batch, stream, rows[middle:], without)
    return first + second, first_bad + second_bad
