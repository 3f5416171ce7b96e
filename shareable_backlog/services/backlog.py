"""Show the backlog: the list and one item, each as one frozen page."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shareable_backlog.database import backlog_items, comments, mirror, sync_history, teams
from shareable_backlog.database.backlog_items import Item, ListedItem
from shareable_backlog.database.comments import ShownComment
from shareable_backlog.database.sharing import Scope
from shareable_backlog.database.teams import ShownTeam
from shareable_backlog.errors import NotFound

PAGE_SIZE = 50
_MOST_SUB_ITEMS = 200
_MOST_COMMENTS = 500
_LATE_AFTER = timedelta(minutes=15)  # three times the usual interval between syncs

# A last word that is neither quoted nor taken away may be one that is still being typed.
_OPEN_END = re.compile(r'(?:^|\s)[^\s"-][^\s"]*$')


@dataclass(frozen=True, slots=True)
class Filters:
    """Hold what the list is narrowed to; None leaves a filter out."""

    team_key: str | None = None
    state_type: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """Tell how old the mirror is: `as_of` is None before the first good run.

    `is_late` when that is longer ago than it should be, `failure` has the reason when the newest run failed;
    `is_sample` when what is shown is the sample backlog, which is never late.
    """

    as_of: datetime | None
    is_late: bool
    failure: str | None
    is_sample: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """Hold one page of the list; `next_after` leads to the next page and is None on the last."""

    items: list[ListedItem]
    next_after: tuple[datetime, str] | None
    teams: list[ShownTeam]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Thread:
    """Hold a comment and its replies, oldest first."""

    first: ShownComment
    replies: list[ShownComment]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Hold one item and what stands around it; `parent` is None also when it may not be shown."""

    item: Item
    parent: ListedItem | None
    sub_items: list[ListedItem]
    threads: list[Thread]
    freshness: Freshness


async def list_page(scope: Scope, filters: Filters, after: tuple[datetime, str] | None) -> ListPage:
    """Give the 50 items that come after the position `after` (None: the first), newest update first."""
    items, next_after = await listed(scope, filters, after, PAGE_SIZE)
    return ListPage(items, next_after, await teams.listed(scope), await freshness())


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


def as_identifier(text: str) -> str | None:
    """Give what was typed as an identifier: `eng-12` and `eng12` are ENG-12; None when it can't be one."""
    match = re.fullmatch(r"\s*([A-Za-z][A-Za-z0-9]{0,9}?)-?(\d{1,9})\s*", text)
    return f"{match[1].upper()}-{int(match[2])}" if match else None


async def shown_item(scope: Scope, identifier: str) -> tuple[Item, list[ShownComment]]:
    """Give the item of this identifier with its comments, the newest 500, oldest first. Raises NotFound.

    What isn't in them may not be shown in any form, be it a page, an image or a file.
    """
    item = await backlog_items.by_identifier(scope, identifier)
    if item is None:
        raise NotFound("There is no item of that name, or it may not be shown. Look for it in the list.")
    return item, await comments.of_item(scope, item.id, _MOST_COMMENTS)


async def item_page(scope: Scope, identifier: str) -> ItemPage:
    """Give the item of this identifier with its surroundings. Raises NotFound."""
    item, written = await shown_item(scope, identifier)
    return ItemPage(
        item,
        await backlog_items.by_id(scope, item.parent_id) if item.parent_id else None,
        await backlog_items.sub_items(scope, item.id, _MOST_SUB_ITEMS),
        _threads(written),
        await freshness(),
    )


async def moved_to(scope: Scope, identifier: str) -> str | None:
    """Give the identifier that the item has now which once was `identifier`; None when none was."""
    return await backlog_items.current_identifier(scope, identifier)


async def freshness() -> Freshness:
    """Tell how old the mirror is, and whether its newest run failed."""
    last = await sync_history.last_ended()
    as_of = await sync_history.last_good()
    is_sample = mirror.SAMPLE_PREFIX in await mirror.made_prefixes()
    is_late = as_of is not None and not is_sample and datetime.now(UTC) - as_of > _LATE_AFTER
    return Freshness(as_of, is_late, last.error_message if last and last.status == "failed" else None, is_sample)


def _threads(shown: list[ShownComment]) -> list[Thread]:
    """Put replies below their thread's first comment; one whose first comment is not shown begins its own."""
    threads: list[Thread] = []
    thread_of: dict[str | None, Thread] = {}
    for comment in shown:
        thread = thread_of.get(comment.parent_id)
        if thread is None:
            thread = Thread(comment, [])
            threads.append(thread)
        else:
            thread.replies.append(comment)
        thread_of[comment.id] = thread
    return threads
