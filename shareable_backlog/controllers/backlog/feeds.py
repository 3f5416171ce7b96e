"""Answer `/feed.atom` and `/feeds`: what is new or changed among the items of a list, for feed readers."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url, exports
from shareable_backlog.controllers.backlog.backlog_url import LIST, PAGE_NAMES, BacklogQuery, BacklogUrl
from shareable_backlog.controllers.backlog.lists import headings, ranks
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.account import tokens
from shareable_backlog.services.backlog import item_history, item_pages, news
from shareable_backlog.services.backlog.item_history import LatestChange
from shareable_backlog.services.backlog.item_pages import ItemQuery, ListedItem, Scope
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.vocabulary import PRIORITY_LABELS
from shareable_backlog.web.fields import Pair
from shareable_backlog.web.formats import atom
from shareable_backlog.web.formats.atom import FeedEntry
from shareable_backlog.web.pages.cache import AsyncLruCache
from shareable_backlog.web.pages.foreign_texts import describe_title
from shareable_backlog.web.pages.locales import LocalFormat

_IN_FEED = 50
# Feed readers ask every few minutes, mostly for what has not changed.
_KEPT = ProcessState(lambda: AsyncLruCache[bytes](128))
_AT_ONCE = timedelta(minutes=1)
"""What happened so shortly before an item's last update is what the update was."""


class FeedsContext(Struct, frozen=True):
    """The page about the feed of `subject`; `address` holds a token and is shown this once."""

    subject: str
    form_url: str
    back_url: str
    address: str | None

    def __repr__(self) -> str:
        """Show the token to nobody who only prints this."""
        return "FeedsContext(…)"


async def export_feed(request: Request, query: BacklogQuery) -> Response:
    """Send the items of the list that were updated last, as Atom; 304 to a reader that has them.

    Programs come in by a token in the address, which stands nowhere in the feed.
    """
    user = auth.require_user(request)
    await tokens.require_right(user, "feed", auth.read_actor(request))
    place = backlog_url.build_backlog_url(LIST, query)
    plain = ItemQuery(place.filters, "updated", clock.read_time().replace(second=0, microsecond=0))
    asked = await news.complete_query(plain, user.scope, user.user_id)
    base, version = auth.read_config(request).sign_in.base_url, await ranks.find_version(request)
    make = partial(_write_feed, version, user.scope, asked, place, base)
    return send_feed(request, await _KEPT.value.get((version, user.scope, asked, place, base), make))


async def _write_feed(version: str, scope: Scope, asked: ItemQuery, place: BacklogUrl, base: str) -> bytes:
    found = await item_pages.list_items(scope, asked, None, _IN_FEED)
    changes = await item_history.list_latest_changes(scope, [one.id for one in found.items])
    places = await ranks.read_ranks(scope, version)
    newest = max((one.updated_at for one in found.items), default=datetime.fromtimestamp(0, UTC))
    said = await _describe_list(scope, place, asked.now)
    return atom.write_feed(
        f"{base}{place.url}",
        said if said == PAGE_NAMES[LIST] else f"{PAGE_NAMES[LIST]}: {said}",
        newest,
        [_build_entry(one, places.get(one.id), changes.get(one.id), base) for one in found.items],
        lasting_id=build_urn(f"feed {place.query}"),
        self_url=f"{base}{auth.FEED}{'?' if place.query else ''}{place.query}",
    )


def send_feed(request: Request, body: bytes) -> Response:
    """Send a feed, or 304 to a reader that has it."""
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Cache-Control": "private, no-cache",
    }
    known = request.headers.get("if-none-match", "")  # a time would not tell that somebody may see less than before
    if headers["ETag"] in known or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml", headers=headers)


async def show_feeds(request: Request, query: BacklogQuery) -> Response:
    """Show how a feed reader gets what the list shows."""
    return _render_feeds(request, backlog_url.build_backlog_url(LIST, query), None)


async def create_feed(request: Request, query: BacklogQuery) -> Response:
    """Make an address for a feed reader, with a token of its own, and show it this once."""
    place = backlog_url.build_backlog_url(LIST, query)
    said = await _describe_list(auth.require_user(request).scope, place, clock.read_time())
    name = f"Feed: {said}"[:100]
    return _render_feeds(request, place, await create_address(request, auth.FEED, name, place.pairs))


async def create_address(request: Request, path: str, name: str, pairs: Sequence[Pair]) -> str:
    """Return the address of a feed with a token of its own, which is called `name`."""
    entrance, user_id = auth.read_config(request).sign_in, auth.require_user(request).user_id
    token = await tokens.create_token(entrance.outbox, auth.read_actor(request), user_id, name, ["feed"], None)
    return f"{entrance.base_url}{path}?{urlencode([*pairs, ('token', token)])}"


def _render_feeds(request: Request, place: BacklogUrl, address: str | None) -> Response:
    subject = (
        "is new or changed among the items of your filter" if place.pairs else "is new or changed among all items"
    )
    context = FeedsContext(subject, f"/feeds{'?' if place.query else ''}{place.query}", place.url, address)
    return auth.render_page(request, "backlog/feeds.html", context)


def _build_entry(item: ListedItem, rank: int | None, change: LatestChange | None, base_url: str) -> FeedEntry:
    priority = PRIORITY_LABELS[item.priority] if item.priority else None
    facts = [
        f"rank {rank}" if rank else None,
        item.state_name,
        priority,
        item.project,
        *(name for name, _ in item.labels),
    ]
    return FeedEntry(
        build_urn(item.id),
        exports.build_item_url(item, base_url),
        f"{item.identifier} {describe_title(item.title)}",
        " · ".join(fact for fact in (describe_change(item, change), *facts) if fact),
        item.assignee or "Unassigned",
        item.updated_at,
    )


def describe_change(item: ListedItem, change: LatestChange | None) -> str:
    """Return what the item's last update was, as far as the mirror saw it."""
    moved = None
    if change and change.to_name:
        moved = (
            f"moved from {change.from_name} to {change.to_name}" if change.from_name else f"moved to {change.to_name}"
        )
    if item.archived_at and item.updated_at - item.archived_at < _AT_ONCE:
        return "Archived"
    if change and moved and item.updated_at - change.changed_at < _AT_ONCE:
        return f"M{moved[1:]}"
    if item.updated_at - item.created_at < _AT_ONCE:
        return "New"
    return f"Updated, last {moved}" if moved else "Updated"


def build_urn(id_: str) -> str:
    """Return a name that lasts when the address changes: Linear's own id, or one that is made of it."""
    try:
        return UUID(id_).urn
    except ValueError:
        return uuid5(NAMESPACE_URL, id_).urn


async def _describe_list(scope: Scope, place: BacklogUrl, now: datetime) -> str:
    """Return what the items of a feed are narrowed to, in words: it has an order of its own."""
    return await headings.write_heading(scope, replace(place, layout=ListLayout()), LocalFormat(), now)
