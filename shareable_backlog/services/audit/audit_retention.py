"""Remove the oldest part of the audit log, if that is wanted; what remains can still be verified."""

import asyncio
import contextlib
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog import clock
from shareable_backlog.database import transaction
from shareable_backlog.database.audit import audit_chain, audit_seals
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.errors import BacklogError
from shareable_backlog.services.audit import audit_actions, audit_sealing
from shareable_backlog.services.audit.audit_actions import Action, Actor
from shareable_backlog.services.audit.audit_sealing import SealConfig

_ROWS_AT_ONCE = 5000
_ALL_ROWS = 2**62
_WITHIN_S = 60.0
_EVERY_S = 3600.0
_BACKGROUND = Actor(None, "background", None, None)


class PrunedEntries(Struct, frozen=True):
    """What was removed: how many rows, the place of the last of them, and the hash on which the rest builds."""

    rows: int
    through: int
    hash: str


async def count_older(config: SealConfig, days: int) -> int:
    """Count the rows that `prune_entries` would remove."""
    await audit_sealing.seal_entries(config)
    async with transaction(within_s=_WITHIN_S) as tx:
        return await audit_chain.count_prunable(tx, _compute_limit(days), _ALL_ROWS)


async def prune_entries(config: SealConfig, actor: Actor, days: int) -> int:
    """Remove all sealed rows that are older than `days` and return how many they were; each removal is recorded.

    It works in steps of 5000 rows, a transaction each, in which nobody else can seal. A removal that breaks off keeps
    what it did. There has to be a key: the seal that a removal makes is what tells it from a theft.
    """
    await audit_sealing.seal_entries(config)
    limit, count = _compute_limit(days), 0
    while True:
        async with transaction(within_s=_WITHIN_S) as tx:
            pruned = await prune_oldest(tx, config, limit, _ROWS_AT_ONCE)
            if pruned is None:
                return count
            await audit_actions.record(
                tx,
                actor,
                Action.AUDIT_PRUNED,
                details={
                    "rows": pruned.rows,
                    "through": pruned.through,
                    "hash": pruned.hash,
                    "older_than_days": days,
                },
            )
        count += pruned.rows


async def keep_pruning(config: SealConfig, days: int) -> None:
    """Remove what is older than `days`, for ever, once an hour; 0 keeps everything and returns at once."""
    while days:
        await asyncio.sleep(_EVERY_S)
        with contextlib.suppress(BacklogError):  # the probe, or the failed statement, has it in the log
            await prune_entries(config, _BACKGROUND, days)


async def prune_oldest(tx: Transaction, config: SealConfig, before: datetime, at_most: int) -> PrunedEntries | None:
    """Remove the oldest rows, all sealed and older than `before` and at most so many; None when there is none.

    Nobody can seal until the transaction ends, in which the caller has to record the removal.
    """
    newest, now = await audit_sealing.read_newest_locked(tx)
    count = await audit_chain.count_prunable(tx, before, at_most)
    if not count:
        return None
    position = newest.pruned_position + count
    number, pruned_hash = await _find_boundary(tx, newest, position)
    wanted = replace(
        newest,
        ids=[],
        row_hashes=b"",
        pruned_number=number,
        pruned_position=position,
        pruned_hash=pruned_hash,
        sealed_at=now,
    )
    await audit_sealing.add_seal(tx, config, newest, wanted)
    return PrunedEntries(await audit_seals.remove_pruned(tx), position, pruned_hash.hex())


async def _find_boundary(tx: Transaction, newest: AuditSeal, position: int) -> tuple[int, bytes]:
    """Return the last seal that goes with the rows up to `position` (-1: none), and the hash that is built upon."""
    if boundary := await audit_seals.find_pruned_seal(tx, position):
        return boundary
    if newest.pruned_number >= 0:
        return newest.pruned_number, newest.pruned_hash
    [link] = await audit_chain.list_chained(tx, position - 1, 1)
    return -1, link.hash or b""


def _compute_limit(days: int) -> datetime:
    return clock.read_time() - timedelta(days=days)
