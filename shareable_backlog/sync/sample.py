"""Read the sample backlog, whose times are stored relative to now so that it always looks alive."""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shareable_backlog import logs
from shareable_backlog.database.mirror import mirror
from shareable_backlog.database.search import search_entries
from shareable_backlog.errors import BacklogError, SyncFailed
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import run as running
from shareable_backlog.sync.run import Report
from shareable_backlog.sync.store import Batch, page_of

_LOG = logs.logger(__name__)

_BESIDE = Path(__file__).parents[2] / "database" / "seeds" / "sample.json"
_IN_WHEEL = Path(__file__).parents[1] / "database" / "files" / "seeds" / "sample.json"
_MORE_THAN_IT_HOLDS = 10_000


async def load() -> Report:
    """Fill the mirror with the sample, or bring a sample's times up to date.

    Raises SyncFailed when the mirror holds a real backlog, which stays as it is.
    """
    if not await mirror.is_empty() and not await _holds_sample():
        raise SyncFailed("The mirror holds a real backlog, so the sample was not loaded. Nothing was changed.")
    async with running.recorded("import") as report:
        await running.stored(report, batches(datetime.now(UTC)), lambda _report, _page: None, is_sample=True)
        await search_entries.refresh(_MORE_THAN_IT_HOLDS)
        return report


async def load_if_wanted() -> bool:
    """Load the sample unless the mirror holds a real backlog, and tell whether it is there now.

    A failure is logged and does no harm.
    """
    try:
        wanted = await mirror.is_empty() or await _holds_sample()
        if wanted:
            await load()
    except BacklogError as error:
        _LOG.warning("sample_not_loaded", reason=str(error))
        return False
    return wanted


async def _holds_sample() -> bool:
    return mirror.SAMPLE_PREFIX in await mirror.made_prefixes()


async def batches(now: datetime) -> AsyncGenerator[Batch]:
    """Give the sample a stream at a time, its times counted back from `now` (aware UTC)."""
    sample = json.loads((_BESIDE if _BESIDE.exists() else _IN_WHEEL).read_text(encoding="utf-8"))
    for name, nodes in sample.items():
        yield page_of(STREAMS[name], [_absolute(node, now) for node in nodes], seen_at=now)


def _absolute(node: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {field: _absolute_value(value, now) for field, value in node.items()}


def _absolute_value(value: Any, now: datetime) -> Any:  # noqa: ANN401 (JSON)
    match value:
        case {"minutesAgo": minutes}:
            return (now - timedelta(minutes=minutes)).astimezone(UTC).isoformat()
        case {"daysFromToday": days}:
            return (now.date() + timedelta(days=days)).isoformat()
        case _:
            return value
