"""Read the sample backlog, whose times are stored relative to now so that it always looks alive."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shareable_backlog import clock, logs
from shareable_backlog.database.access import label_offers
from shareable_backlog.database.mirror import mirror, sample_moves
from shareable_backlog.database.search import search_entries, update_entries
from shareable_backlog.errors import BacklogError, SyncFailed
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import runs
from shareable_backlog.sync.runs import RunReport
from shareable_backlog.sync.store import Batch, build_batch

_LOG = logs.get_logger(__name__)

_BESIDE = Path(__file__).parents[2] / "database" / "seeds"
_IN_WHEEL = Path(__file__).parents[1] / "database" / "files" / "seeds"
_MORE_THAN_IT_HOLDS = 10_000
_LABELS_WAIT = timedelta(days=7)
"""Labels of the last days wait for an admin, as they do when they come from Linear."""


async def load_sample() -> RunReport:
    """Fill the mirror with the sample, or bring a sample's times up to date.

    Raises SyncFailed when the mirror holds a real backlog, which stays as it is.
    """
    if not await mirror.is_empty() and not await _has_sample():
        raise SyncFailed("The mirror holds a real backlog, so the sample was not loaded. Nothing was changed.")
    async with runs.record_run("import") as report:
        now = clock.read_time()
        await runs.store_batches(report, read_batches(now), lambda _report, _page: None, is_sample=True)
        await sample_moves.replace_moves(read_moves(now))
        await search_entries.refresh_entries(_MORE_THAN_IT_HOLDS)
        await update_entries.refresh_entries(_MORE_THAN_IT_HOLDS)
        await label_offers.offer_waiting(now - _LABELS_WAIT)
        return report


async def load_if_wanted() -> bool:
    """Load the sample unless the mirror holds a real backlog, and tell whether it is there now.

    A failure is logged and does no harm.
    """
    try:
        wanted = await mirror.is_empty() or await _has_sample()
        if wanted:
            await load_sample()
    except BacklogError as error:
        _LOG.warning("sample_not_loaded", reason=str(error))
        return False
    return wanted


async def _has_sample() -> bool:
    return mirror.SAMPLE_PREFIX in await mirror.list_used_prefixes()


async def read_batches(now: datetime) -> AsyncGenerator[Batch]:
    """Yield the sample a stream at a time, its times counted back from `now` (aware UTC)."""
    for name, nodes in _read_seeds("sample.json").items():
        yield build_batch(STREAMS[name], [_resolve_times(node, now) for node in nodes], seen_at=now)


def read_moves(now: datetime) -> list[dict[str, Any]]:
    """Return what moved in the sample within the last days: of which row which field, what it was, and when."""
    return [_resolve_times(move, now) for move in _read_seeds("sample-moves.json")]


def _read_seeds(name: str) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(((_BESIDE if _BESIDE.exists() else _IN_WHEEL) / name).read_text(encoding="utf-8"))


def _resolve_times(node: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {field: _resolve_value(value, now) for field, value in node.items()}


def _resolve_value(value: Any, now: datetime) -> Any:  # noqa: ANN401 (JSON)
    match value:
        case {"minutesAgo": minutes}:
            return (now - timedelta(minutes=minutes)).astimezone(UTC).isoformat()
        case {"daysFromToday": days}:
            return (now.date() + timedelta(days=days)).isoformat()
        case _:
            return value
