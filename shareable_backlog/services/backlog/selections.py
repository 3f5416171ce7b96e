"""Select items, and find out once for each version of the mirror what is the same for all who see the same."""

from msgspec import Struct, field

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.backlog.selection import item_query
from shareable_backlog.database.backlog.selection.item_query import Hints, ItemQuery, Selection
from shareable_backlog.process_state import ProcessState

__all__ = ["ItemQuery", "Selection"]


class _KeptHints(Struct):
    """The hints for what names nothing, while the mirror and what is shared were of this version."""

    version: str = ""
    hints: dict[Scope, Hints] = field(default_factory=dict)


_KEPT = ProcessState(_KeptHints)


async def select_items(scope: Scope, asked: ItemQuery, version: str) -> Selection:
    """Return the selection of what is asked for; `version` is the mirror's."""
    hints = None if item_query.has_own_hints(asked.filters) else await _find_hints(scope, version)
    return await item_query.select_items(scope, asked, hints)


async def _find_hints(scope: Scope, version: str) -> Hints:
    kept = _KEPT.value
    if kept.version != version:
        kept = _KEPT.value = _KeptHints(version)
    if scope not in kept.hints:
        kept.hints[scope] = await item_query.read_hints(scope, Filters())
    return kept.hints[scope]
