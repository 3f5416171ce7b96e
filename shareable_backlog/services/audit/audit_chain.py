"""Check that the audit log is what was recorded: no row changed, removed or slipped in, and no seal forged.

The hashes are computed here once more, and not by functions of the database, which whoever changes rows could change
as well.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog.database import transaction
from shareable_backlog.database.audit import audit_chain, audit_seals
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.database.connection.transaction import Transaction
from shareable_backlog.services.audit import audit_heads, audit_sealing, chain_walk
from shareable_backlog.services.audit.audit_heads import AuditHead
from shareable_backlog.services.audit.audit_sealing import SealConfig
from shareable_backlog.services.audit.chain_walk import ChainFault, ChainWalk

_PAGE_ROWS = 5000
_MOST_FAULTS = 20
_BEFORE_ALL = -(2**63)
_WITHIN_S = 3600.0


class Verdict(Struct, frozen=True, kw_only=True):
    """How many sealed rows were read and the first faults, at most 20; none means that the log is whole.

    `head` is how far it goes; of what waits for its seal nothing is proven but that it is there. `is_keyed` is
    whether there was a key to check the seals with, and `is_remembered` whether this machine knew how far the log
    went at least.
    """

    rows: int
    faults: list[ChainFault]
    head: AuditHead | None
    sealed_at: datetime | None
    unsealed: int
    oldest_unsealed_at: datetime | None
    is_keyed: bool
    is_remembered: bool


async def verify_chain(config: SealConfig, earlier: Sequence[AuditHead] = ()) -> Verdict:
    """Walk along all rows and seals as they are at one moment, page by page, while others may write.

    Each of the `earlier` heads has to be met on the way, and so has the one that this machine remembers.
    """
    remembered = audit_heads.read_remembered(config.head_file)
    async with transaction(within_s=_WITHIN_S, is_snapshot=True) as tx:
        newest, _ = await audit_seals.read_newest(tx)
        unsealed = await audit_seals.count_unsealed(tx)
        if newest is None:
            rows, faults = 0, [ChainFault(None, None, "The seals are missing: nothing can be proven.")]
        else:
            heads = [*earlier, *([remembered] if remembered else [])]
            walk = ChainWalk(newest, config.keys, heads)
            await _walk_along(tx, walk)
            rows, faults = walk.rows, walk.faults
            faults += _check_heads(walk, newest, earlier, remembered)
        if await audit_chain.count_links(tx) != rows + unsealed.rows:
            faults += await _find_strays(tx)
        faults += [
            ChainFault(row_id, None, f"Row {row_id} was removed before it was sealed.")
            for row_id in await audit_chain.list_lost(tx, _MOST_FAULTS)
        ]
    return Verdict(
        rows=rows,
        faults=faults[:_MOST_FAULTS],
        head=audit_sealing.build_head(newest),
        sealed_at=newest and newest.sealed_at,
        unsealed=unsealed.rows,
        oldest_unsealed_at=unsealed.oldest_at,
        is_keyed=bool(config.keys),
        is_remembered=remembered is not None,
    )


async def _walk_along(tx: Transaction, walk: ChainWalk) -> None:
    """Take the walk from row to row, then from seal to seal, until its end or the most faults."""
    first = True
    async for page in _iterate_seals(tx):
        if first:
            await _walk_links(tx, walk, page[0].position if page[0].number == 0 else 0)
        first = False
        links = await audit_chain.list_links(tx, [row_id for seal in page for row_id in seal.ids])
        for seal in page:
            if seal.number == 0:
                walk.end_links(seal)
            else:
                walk.step_seal(seal, links)
        if len(walk.faults) >= _MOST_FAULTS:
            return
        await asyncio.sleep(0)  # the hashes of a page take a while, in which a server should answer others
    walk.finish()


async def _walk_links(tx: Transaction, walk: ChainWalk, end: int) -> None:
    after: int | None = _BEFORE_ALL
    while after is not None and len(walk.faults) < _MOST_FAULTS:
        links = await audit_chain.list_chained(tx, after, _PAGE_ROWS)
        for link in links:
            walk.step_link(link, end)
        after = links[-1].position if links else None


async def _iterate_seals(tx: Transaction) -> AsyncGenerator[list[AuditSeal]]:
    page = await audit_seals.list_seals(tx, None, _PAGE_ROWS)
    while page:
        yield page
        page = await audit_seals.list_seals(tx, page[-1], _PAGE_ROWS)


def _check_heads(
    walk: ChainWalk, newest: AuditSeal, earlier: Sequence[AuditHead], remembered: AuditHead | None
) -> list[ChainFault]:
    """Return what is to be said of heads that were not met."""
    faults = [
        ChainFault(
            None,
            head.position,
            f"Retention has removed place {head.position} since, so nothing can be said of it. Compare a later head."
            if head.position < newest.pruned_position
            else f"The log never went to {head}: rows or seals were removed, or all was written anew.",
        )
        for head in earlier
        if head not in walk.met
    ]
    if remembered and remembered not in walk.met and remembered.position >= newest.pruned_position:
        cut = (
            f"The log went to place {remembered.position} when this machine saw it last, and its end is another now:"
            " rows were removed, or an older backup was brought back."
        )
        faults.append(ChainFault(None, remembered.position, cut))
    return faults


async def _find_strays(tx: Transaction) -> list[ChainFault]:
    """Return which rows are more than there should be, as their number says."""
    strays = [chain_walk.build_stray(row_id) for row_id in await audit_chain.list_strays(tx, _MOST_FAULTS)]
    return strays or [ChainFault(None, None, "The number of rows is not that of those sealed: some stand twice.")]
