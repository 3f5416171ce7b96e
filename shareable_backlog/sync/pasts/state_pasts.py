"""Read once, in the background, how items went from state to state before the mirror saw them.

A page at a time, and only while more than half of the key's budget is left, so that no run has to wait for it. How
far it came stands in the database, with what was read: it goes on where it was cut off.
"""

import asyncio

from msgspec import Struct

from shareable_backlog import clock, logs
from shareable_backlog.config import Settings
from shareable_backlog.database import transaction
from shareable_backlog.database.backlog.news import past_ranks
from shareable_backlog.database.connection import locks
from shareable_backlog.database.mirror import state_pasts
from shareable_backlog.database.mirror.state_pasts import PastMoves
from shareable_backlog.errors import BacklogError
from shareable_backlog.linear import state_history
from shareable_backlog.linear.connection import client
from shareable_backlog.linear.connection.client import LinearClient
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.linear.errors import PartialAnswer
from shareable_backlog.linear.state_history import StateMove
from shareable_backlog.services import readiness
from shareable_backlog.sync.pasts import pace

_LOG = logs.get_logger(__name__)

_PAUSE_S = 15.0  # 100,000 items in less than two hours
_MOST_SKIPPED = 5
"""So many single items in a row may be refused; then it is not they that are."""


class _Batching(Struct):
    """How many items are asked for at once, fewer where Linear gives an answer with holes."""

    most: int
    size: int
    skipped: int = 0


async def keep_reading_pasts(settings: Settings) -> None:
    """Read until all was read, and return then. What fails is tried again later; at a start the runs come first."""
    wait_s = pace.LOOK_AGAIN_S
    while True:
        await asyncio.sleep(wait_s)
        try:
            if readiness.is_ready() and await _is_wanted():
                async with client.open_configured_client(settings, retries=Retries(attempts=1)) as linear:
                    await read_pasts(linear)
                _LOG.info("state_pasts_read")
            if readiness.is_ready() and (await state_pasts.read_progress()).is_complete:
                return
            wait_s = pace.LOOK_AGAIN_S
        except BacklogError as error:
            wait_s = pace.choose_wait_s(error)
            _LOG.info("state_pasts_wait", code=error.code, wait_s=round(wait_s))


async def read_pasts(linear: LinearClient, pause_s: float = _PAUSE_S, most: int = state_history.MOST_ISSUES) -> None:
    """Read page by page, of `most` items, `pause_s` apart. Raises LinearFailed, having stored what came before."""
    batching = _Batching(most, most)
    while True:
        if not await _read_page(linear, batching):
            return
        await asyncio.sleep(max(pause_s, pace.compute_pause_s(linear.budget, clock.read_time())))


async def _is_wanted() -> bool:
    """Return whether the mirror was filled from Linear, and not all was read."""
    return not (await state_pasts.read_progress()).is_complete and await past_ranks.read_known_since() is not None


async def _read_page(linear: LinearClient, batching: _Batching) -> bool:
    """Read and store the past of the next items; return whether there may be others."""
    async with locks.hold_lock(locks.STATE_PASTS) as ours:
        if not ours:
            return True
        progress, size = await state_pasts.read_progress(), batching.size
        if progress.is_complete:
            return False
        ids = await state_pasts.list_next_ids(progress.reached_id, size)
        moves = await _fetch_moves(linear, ids, batching) if ids else []
        if moves is None:
            return True
        if ids:
            async with transaction() as tx:
                await state_pasts.store_moves(tx, _turn_into_columns(moves))
                await state_pasts.note_reached(tx, ids[-1])
        if len(ids) < size:
            await state_pasts.complete()
        return len(ids) == size


async def _fetch_moves(linear: LinearClient, ids: list[str], batching: _Batching) -> list[StateMove] | None:
    """Return the moves, None to ask for fewer at once; of a single item that is refused none are known."""
    try:
        moves = await state_history.fetch_moves(linear, ids)
    except PartialAnswer:
        if len(ids) > 1:
            batching.size = max(len(ids) // 16, 1)
            return None
        batching.skipped += 1
        if batching.skipped > _MOST_SKIPPED:
            raise
        return []
    batching.size, batching.skipped = min(batching.size * 16, batching.most), 0
    return moves


def _turn_into_columns(moves: list[StateMove]) -> PastMoves:
    return PastMoves(
        [one.issue_id for one in moves],
        [one.number for one in moves],
        [one.from_id for one in moves],
        [one.to_id for one in moves],
        [one.moved_at for one in moves],
    )
