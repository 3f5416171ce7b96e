"""Show the backlog: the list, as one frozen page."""

import re
from dataclasses import dataclass
from datetime import datetime

from shareable_backlog.database import backlog_items, teams
from shareable_backlog.database.backlog_items import ListedItem
from shareable_backlog.database.sharing import Scope
from shareable_backlog.database.teams import ShownTeam
from shareable_backlog.services import freshness
from shareable_backlog.services.freshness import Freshness
from shareable_backlog.services.items import as_identifier

PAGE_SIZE = 50

# A last word that is neither quoted nor taken away may be one that is still being typed.
_OPEN_END = re.compile(r'(?:^|\s)[^\s"-][^\s"]*$')


@dataclass(frozen=True, slots=True)
class Filters:
    """Hold what the list is narrowed to; None leaves a filter out."""

    team_key: str | None = None
    state_type: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Hold one page of the list; `next_after` leads to the next page and is None on the last."""

    items: list[ListedItem]
    next_after: tuple[datetime, str] | None
    teams: list[ShownTeam]
    freshness: Freshness


async def list_page(scope: Scope, filters: Filters, after: tuple[datetime, str] | None) -> ListPage:
    """Give the 50 items that come after the position `after` (None: the first), newest update first."""
    items, next_after = await listed(scope, filters, after, PAGE_SIZE)
    return ListPage(items, next_after, await teams.listed(scope), await freshness.now())


async def listed(
    scope: Scope, filters: Filters, after: tuple[datetime, str] | None, limit: int
) -> tuple[list[ListedItem], tuple[datetime, str] | None]:
    """Give up to `limit` items as `list_page` does, and the position after which others follow."""
    identifier = filters.text and as_identifier(filters.text)
    found = await backlog_items.listed(
        scope,
        team_key=filters.team_key,
        state_type=filters.state_type,
        text=filters.text,
        is_open=identifier is None and bool(filters.text and _OPEN_END.search(filters.text)),
        identifier=identifier,
        after=after,
        limit=limit + 1,
    )
    items = found[:limit]
    return items, (items[-1].updated_at, items[-1].id) if len(found) > limit else None
