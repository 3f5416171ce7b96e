"""Show one item of the backlog, as one frozen page."""

import re
from dataclasses import dataclass

from shareable_backlog.database import backlog_items, comments
from shareable_backlog.database.backlog_items import Item, ListedItem
from shareable_backlog.database.comments import ShownComment
from shareable_backlog.database.sharing import Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services import freshness
from shareable_backlog.services.freshness import Freshness

_MOST_SUB_ITEMS = 200
_MOST_COMMENTS = 500


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
        await freshness.now(),
    )


async def moved_to(scope: Scope, identifier: str) -> str | None:
    """Give the identifier that the item has now which once was `identifier`; None when none was."""
    return await backlog_items.current_identifier(scope, identifier)


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
