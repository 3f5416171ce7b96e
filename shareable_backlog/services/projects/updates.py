"""Show what teams wrote about the progress of projects and initiatives."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from shareable_backlog.database.access import sharing_settings
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import updates
from shareable_backlog.database.projects.updates import PlanKind, ShownUpdate, UpdatesQuery
from shareable_backlog.database.search import search_match

__all__ = ["PlanKind", "ShownUpdate", "UpdatesQuery"]

PAGE_SIZE = 20


class UpdatesPage(Struct, frozen=True):
    """One page of updates, the latest first; `next_after` leads to the next page and is None on the last."""

    updates: Sequence[ShownUpdate]
    next_after: tuple[datetime, str] | None


def parse_words(text: str) -> str | None:
    """Return the words that somebody searches for as those of a query; None for nothing, "" for nothing but signs."""
    return (search_match.write_query(search_match.parse_search(text)) or "") if text else None


async def count_found(scope: Scope, text: str) -> int:
    """Count the updates that have the words of a search, up to one more than a page has."""
    return len((await list_updates(scope, UpdatesQuery(words=parse_words(text)), limit=PAGE_SIZE + 1)).updates)


async def may_be_read() -> bool:
    """Return whether an admin lets people read updates at all."""
    return (await sharing_settings.read_settings()).fields.updates


async def list_updates(
    scope: Scope, wanted: UpdatesQuery, after: tuple[datetime, str] | None = None, limit: int = PAGE_SIZE
) -> UpdatesPage:
    """Return up to `limit` updates from after the position `after`; None is the first page."""
    if wanted.words == "":
        return UpdatesPage((), None)
    found = await updates.list_updates(scope, wanted, after, limit + 1)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return UpdatesPage(shown, last and (last.created_at, last.id))
