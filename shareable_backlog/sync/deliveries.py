"""Bring into the mirror what Linear's webhooks brought, in the order in which it happened there.

Polling alone keeps the mirror right; deliveries only make it quicker. So whatever is in doubt is left to polling.
"""

import asyncio
import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic

import msgspec
from msgspec import Struct, field

from shareable_backlog import logs
from shareable_backlog.database import transaction
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.database.mirror import mirror, webhook_deliveries
from shareable_backlog.database.mirror.webhook_deliveries import DeliveryOutcome, WaitingDelivery
from shareable_backlog.database.projects import teams
from shareable_backlog.errors import BacklogError, DataRefused
from shareable_backlog.linear import checking
from shareable_backlog.linear.nodes import make_node_type
from shareable_backlog.services import readiness
from shareable_backlog.streams import DELIVERED
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.issues import ItemRow
from shareable_backlog.streams.stream import Stream
from shareable_backlog.sync.mapping import make_mapper

_LOG = logs.get_logger(__name__)

_AT_ONCE = 200
_LOOK_AGAIN_S = 1.0  # for what another process took in
_KEPT_FOR = timedelta(days=7)  # Linear repeats a delivery for some hours
_CLEAN_EVERY_S = 3600.0
_DELETED_AT_ONCE = 5000
_PAUSE_S = 0.02  # a delivery that comes alone does not wait; of many, some are applied together


async def keep_applying(arrived: asyncio.Event) -> None:
    """Apply deliveries as they arrive, for ever; those that other processes took in within a second."""
    clean_at = monotonic()
    while True:
        arrived.clear()
        applied = 0
        try:
            if readiness.is_ready():
                applied = await apply_waiting()
                if monotonic() >= clean_at:
                    clean_at = monotonic() + _CLEAN_EVERY_S
                    await delete_old()
        except BacklogError as error:
            _LOG.debug("deliveries_wait", code=error.code)  # the probe, or the statement, has the reason in the log
        if applied:
            await asyncio.sleep(_PAUSE_S)
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_S):
                    await arrived.wait()


async def delete_old() -> None:
    """Delete the deliveries that were finished a week ago, in slices."""
    while await webhook_deliveries.delete_old_deliveries(_KEPT_FOR, _DELETED_AT_ONCE) == _DELETED_AT_ONCE:
        pass


async def apply_waiting() -> int:
    """Apply the oldest deliveries that wait, at most 200 in one transaction, and count them.

    One that can't be applied is set aside with its reason. Raises DatabaseUnavailable, Contended among it, and
    DatabaseFailed: then all go on waiting.
    """
    limit = _AT_ONCE
    while True:
        taken: list[WaitingDelivery] = []
        try:
            # Should a crash undo it, they still wait.
            async with transaction(durable_at_once=False) as tx:
                taken = await webhook_deliveries.take_deliveries(tx, limit)
                if taken:
                    await _apply_to_mirror(tx, taken)
        except Exception as error:
            if isinstance(error, BacklogError) and not isinstance(error, DataRefused):
                raise
            if len(taken) > 1:
                limit = len(taken) // 2
                continue
            await _mark_failed(taken, error)
        return len(taken)


async def _mark_failed(taken: Sequence[WaitingDelivery], error: Exception) -> None:
    if not taken:
        raise error
    is_refused = isinstance(error, DataRefused)
    _LOG.error("delivery_failed", type=taken[0].type, id=taken[0].id, exc_info=None if is_refused else error)
    reason = "The database refused it." if is_refused else "An internal error; the log has the details."
    async with transaction() as tx:
        await webhook_deliveries.finish_deliveries(tx, [one.id for one in taken], "failed", reason=reason)


async def _apply_to_mirror(tx: Transaction, taken: Sequence[WaitingDelivery]) -> None:
    """Change the mirror as `taken` say, and note what became of each."""
    team_ids = await teams.list_ids(tx)
    if any(id_.startswith(mirror.SAMPLE_PREFIX) for id_ in team_ids):
        fates = dict.fromkeys((one.id for one in taken), _Fate("ignored", "The mirror holds the sample."))
    else:
        fates: dict[str, _Fate] = {}
        for name, stream in DELIVERED.items():
            of_type = [one for one in taken if one.type == name]
            if of_type:
                fates |= await _apply_to_stream(tx, stream, of_type, team_ids)
    for fate in set(fates.values()):
        alike = [id_ for id_, other in fates.items() if other == fate]
        await webhook_deliveries.finish_deliveries(tx, alike, fate.outcome, reason=fate.reason)


async def _apply_to_stream(
    tx: Transaction, stream: Stream, deliveries: Sequence[WaitingDelivery], team_ids: Collection[str]
) -> dict[str, "_Fate"]:
    ids = sorted({one.entity_id for one in deliveries})
    stored = await mirror.lock_rows(tx, stream.kind, ids)
    gone_at = await webhook_deliveries.list_removal_times(tx, deliveries[0].type, ids)
    for id_, (_, removed_at) in stored.items():
        if removed_at:
            gone_at[id_] = max(removed_at, gone_at.get(id_, removed_at))
    changes = _Changes(stream, {id_: row for id_, (row, _) in stored.items()}, gone_at, team_ids)
    fates = {one.id: changes.apply_delivery(one) for one in deliveries}
    if changes.removed:
        await mirror.mark_removed(tx, stream.kind, changes.removed)
    rows = list(changes.rows.values())
    if any(id_.startswith(mirror.IMPORT_PREFIX) for id_ in team_ids):
        await mirror.delete_imported(tx, [row.identifier for row in rows if isinstance(row, ItemRow)])
    await mirror.upsert_rows(tx, stream.kind, rows, seen_at=max(one.happened_at for one in deliveries))
    return fates


class _Fate(Struct, frozen=True):
    outcome: DeliveryOutcome
    reason: str | None = None


class _Changes(Struct):
    """Collect in `rows` and `removed` what deliveries, one after the other, do to the rows of one stream.

    `stored` and `gone_at` are what the mirror has, and since when Linear has it no more.
    """

    stream: Stream
    stored: Mapping[str, MirrorRow]
    gone_at: Mapping[str, datetime]
    team_ids: Collection[str]
    rows: dict[str, MirrorRow] = field(default_factory=dict[str, MirrorRow])
    removed: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def apply_delivery(self, one: WaitingDelivery) -> _Fate:
        """Do what a delivery says, unless the mirror knows better."""
        present = self.rows.get(one.entity_id) or self.stored.get(one.entity_id)
        if one.node is None:
            self._remove_row(one)
            return _Fate("applied") if present else _Fate("ignored", "The mirror does not have it.")
        if one.entity_id in self.gone_at and one.happened_at <= self.gone_at[one.entity_id]:
            return _Fate("ignored", "It has been removed since.")
        told = json.loads(one.node)
        good, bad = checking.check_nodes(make_node_type(self.stream), [told])
        if bad:
            return _Fate("failed", f"{bad[0].field or ''} {bad[0].why}".strip())
        row = _merge_row(make_mapper(self.stream)(good[0]), _list_columns(self.stream, told), present)
        if present and present.updated_at > row.updated_at:
            return _Fate("ignored", "The mirror has something newer.")
        # A webhook may tell of teams that the key was not given; an item that moves there goes from sight.
        team_id: str | None = getattr(row, "team_id", None)
        if team_id and team_id not in self.team_ids:
            self._remove_row(one)
            return _Fate("ignored", "It belongs to a team that the mirror does not have.")
        self.rows[one.entity_id] = row
        return _Fate("applied")

    def _remove_row(self, one: WaitingDelivery) -> None:
        self.rows.pop(one.entity_id, None)
        self.removed[one.entity_id] = one.happened_at


def _list_columns(stream: Stream, fields: Collection[str]) -> set[str]:
    """Return the columns that a delivery tells."""
    return {column.name for column in stream.columns if column.key in fields}


def _merge_row(row: MirrorRow, columns: Collection[str], present: MirrorRow | None) -> MirrorRow:
    """Return `row` with those columns of the `present` one that are not among `columns`."""
    if present is None:
        return row
    kept = {name: getattr(present, name) for name in row.__struct_fields__ if name not in columns}
    return msgspec.structs.replace(row, **kept)
