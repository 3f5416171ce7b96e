"""Keep the search index behind the mirror while the server runs."""

import asyncio

from shareable_backlog.database.search import search_entries, update_entries
from shareable_backlog.errors import BacklogError
from shareable_backlog.services import readiness

_AT_ONCE = 500
_LOOK_AGAIN_S = 1.0


async def keep_indexing() -> None:
    """Read the words of items and updates that changed, for ever; a sync reads those of few items itself."""
    while True:
        try:
            found = readiness.is_ready() and (
                await search_entries.refresh_entries(_AT_ONCE) + await update_entries.refresh_entries(_AT_ONCE)
            )
        except BacklogError:
            found = 0  # the probe has it in the log
        if not found:
            await asyncio.sleep(_LOOK_AGAIN_S)
