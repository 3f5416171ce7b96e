"""Show what teams wrote about the progress of projects and initiatives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shareable_backlog.database.access import sharing_settings
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import updates
from shareable_backlog.database.projects.updates import PlanKind, ShownUpdate, UpdatesQuery

__all__ = ["PlanKind", "ShownUpdate", "UpdatesQuery"]

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class UpdatesPage:
    """One page of updates, the latest first; `next_after` leads to the next page and is None on the last."""

    updates: Sequence[ShownUpdate]
    next_after: tuple[datetime, str] | None


async def may_be_read() -> bool:
    """Return whether an admin lets people read updates at all."""
    return (await sharing_settings.read_settings()).fields.updates


async def list_updates(
    scope: Scope, wanted: UpdatesQuery, after: tuple[datetime, str] | None = None, limit: int = PAGE_SIZE
) -> UpdatesPage:
    """Return up to `limit` updates from after the position `after`; None is the first page."""
    found = await updates.list_updates(scope, wanted, after, limit + 1)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return UpdatesPage(shown, last and (last.created_at, last.id))
