"""Show one item of the backlog, as one frozen page."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import (
    attachments,
    comments,
    item_details,
    item_list,
    item_relations,
    state_changes,
)
from shareable_backlog.database.backlog.attachments import ItemAttachment
from shareable_backlog.database.backlog.comments import ShownComment
from shareable_backlog.database.backlog.item_details import ItemDetails
from shareable_backlog.database.backlog.item_list import ListedItem
from shareable_backlog.database.backlog.item_relations import ItemRelation
from shareable_backlog.database.backlog.news import item_changes
from shareable_backlog.database.search.search_match import parse_identifier
from shareable_backlog.errors import NotFound
from shareable_backlog.services.backlog import item_history
from shareable_backlog.services.backlog.item_history import ItemEvent
from shareable_backlog.services.search import search_words

__all__ = ["parse_identifier"]

_MOST_SUB_ITEMS = 200
_MOST_COMMENTS = 500
_MOST_RELATIONS = 200
_MOST_ATTACHMENTS = 100
_MOST_MENTIONS = 500
_MOST_READ = 5_000
_MOST_OF_LATEST = 400

# It begins with what is rare in a text, so that what can not be one is passed over fast.
_IDENTIFIER = re.compile(r"[A-Z](?<![A-Za-z0-9_][A-Z])[A-Z0-9]{0,9}-[1-9]\d{0,8}(?![A-Za-z0-9_])", re.ASCII)
# The kinds of relations, what holds the item up first, by Linear's type and by whether they are the other one's.
_KINDS = {
    ("blocks", True): "blocked_by",
    ("blocks", False): "blocks",
    ("duplicate", False): "duplicate_of",
    ("duplicate", True): "duplicated_by",
    ("related", False): "related",
    ("similar", False): "similar",
}


class CommentThread(Struct, frozen=True):
    """A comment and its replies, oldest first."""

    first: ShownComment
    replies: list[ShownComment]


class SubItemProgress(Struct, frozen=True):
    """Count the sub-items that are done, and all that are wanted: what is canceled is neither."""

    done: int
    total: int


class RelatedItems(Struct, frozen=True):
    """The items of one kind of relation, and the number of those that may not be shown.

    `kind` is blocked_by, blocks, duplicate_of, duplicated_by, related or similar.
    """

    kind: str
    items: list[ListedItem]
    hidden: int


class LatestWords(Struct, frozen=True):
    """The beginning of what was written last about an item, without marks; `author` is None for who has no name."""

    text: str
    author: str | None
    at: datetime


class ItemPage(Struct, frozen=True):
    """One item and what stands around it; `parent` is None also when it may not be shown.

    `mentioned` has the titles of the items that its texts name and that may be shown, by their identifiers. There are
    up to 200 sub-items and 500 comments; `has_more_sub_items` and `has_newest_comments` tell of others. `characters`
    is how long its texts are together.
    """

    item: ItemDetails
    parent: ListedItem | None
    sub_items: list[ListedItem]
    has_more_sub_items: bool
    progress: SubItemProgress
    related: list[RelatedItems]
    attachments: list[ItemAttachment]
    threads: list[CommentThread]
    has_newest_comments: bool
    history: list[ItemEvent]
    latest: LatestWords | None
    mentioned: Mapping[str, str]
    characters: int


async def read_item(scope: Scope, identifier: str) -> tuple[ItemDetails, list[ShownComment]]:
    """Return the item of this identifier with its comments, the newest 500, oldest first. Raises NotFound.

    What isn't in them may not be shown in any form, be it a page, an image or a file.
    """
    item = await item_details.find_item(scope, identifier)
    if item is None:
        raise NotFound("There is no item by that name, or you may not see it. Look for it in the list.")
    return item, await comments.list_comments(scope, item.id, _MOST_COMMENTS) if item.has_comments else []


async def read_item_page(scope: Scope, identifier: str) -> ItemPage:
    """Return the item of this identifier with its surroundings. Raises NotFound."""
    item, written = await read_item(scope, identifier)
    relations = await item_relations.list_relations(scope, item.id, _MOST_RELATIONS) if item.has_relations else []
    ids = [relation.other_id for relation in relations] + ([item.parent_id] if item.parent_id else [])
    around = await item_list.read_items(scope, ids) if ids else {}
    below = await item_list.list_sub_items(scope, item.id, _MOST_SUB_ITEMS + 1) if item.has_sub_items else []
    sub_items = below[:_MOST_SUB_ITEMS]
    texts = [item.description or "", *(one.body for one in written)]
    return ItemPage(
        item,
        around.get(item.parent_id or ""),
        sub_items,
        len(below) > _MOST_SUB_ITEMS,
        _count_progress(sub_items),
        _group_relations(relations, around),
        await attachments.list_attachments(scope, item.id, _MOST_ATTACHMENTS) if item.has_attachments else [],
        build_threads(written),
        len(written) == _MOST_COMMENTS,
        await _read_history(scope, item),
        _cut_latest(written),
        await list_mentioned(scope, texts, but=item.identifier),
        sum(map(len, texts)),
    )


async def _read_history(scope: Scope, item: ItemDetails) -> list[ItemEvent]:
    changes = await state_changes.list_state_changes(scope, item.id) if item.has_state_changes else []
    moves = await item_changes.list_item_changes(scope, item.id) if item.has_item_changes else []
    return item_history.build_history(item, changes, moves)


async def find_current_identifier(scope: Scope, identifier: str) -> str | None:
    """Return the identifier that the item has now which once was `identifier`; None when none was."""
    return await item_details.find_current_identifier(scope, identifier)


def _cut_latest(written: Sequence[ShownComment]) -> LatestWords | None:
    """Return how the newest comment begins that has a word in it."""
    for one in reversed(written):
        text = " ".join(search_words.strip_marks(one.body[:_MOST_READ]).split())
        if any(letter.isalnum() for letter in text):
            cut = text if len(text) <= _MOST_OF_LATEST else f"{text[: _MOST_OF_LATEST - 1].rstrip()}…"
            return LatestWords(cut, one.author, one.created_at)
    return None


def build_threads(shown: Iterable[ShownComment]) -> list[CommentThread]:
    """Put replies below their thread's first comment; one whose first comment is not shown begins its own."""
    threads: list[CommentThread] = []
    thread_of: dict[str | None, CommentThread] = {}
    for comment in shown:
        thread = thread_of.get(comment.parent_id)
        if thread is None:
            thread = CommentThread(comment, [])
            threads.append(thread)
        else:
            thread.replies.append(comment)
        thread_of[comment.id] = thread
    return threads


def _count_progress(sub_items: list[ListedItem]) -> SubItemProgress:
    types = [one.state_type for one in sub_items if one.state_type not in {"canceled", "duplicate"}]
    return SubItemProgress(types.count("completed"), len(types))


def _group_relations(relations: Iterable[ItemRelation], items_by_id: Mapping[str, ListedItem]) -> list[RelatedItems]:
    """Put relations together by their kinds; two items are related once, whichever of them says it."""
    ids: dict[str, dict[str, None]] = {kind: {} for kind in _KINDS.values()}
    for relation in relations:
        # Similar and related look the same from both ends, and a type that is not known yet is a relation too.
        kind = _KINDS.get((relation.type, relation.is_inverse)) or _KINDS.get((relation.type, False), "related")
        ids[kind][relation.other_id] = None
    shown = {kind: [items_by_id[one] for one in others if one in items_by_id] for kind, others in ids.items()}
    return [RelatedItems(kind, shown[kind], len(ids[kind]) - len(shown[kind])) for kind in ids if ids[kind]]


async def list_mentioned(scope: Scope, texts: Iterable[str | None], but: str | None = None) -> Mapping[str, str]:
    """Return the titles of the items that texts name, of which the first 500 names count; `but` is none of them."""
    named = (found[0] for text in texts for found in _IDENTIFIER.finditer(text or ""))
    others = set(islice(named, _MOST_MENTIONS)) - {but or ""}
    return await item_details.list_titles(scope, sorted(others)) if others else {}
