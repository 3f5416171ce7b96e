"""Answer `/items/{identifier}`: one item."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers import kept_pages
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import images, seen
from shareable_backlog.controllers.backlog.backlog_url import BOARD
from shareable_backlog.controllers.backlog.lists import headings, origins, ranks
from shareable_backlog.controllers.backlog.lists.origins import Origin, OriginQuery
from shareable_backlog.controllers.backlog.lists.ranks import PastRank
from shareable_backlog.errors import NotFound
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import item_pages, items, news
from shareable_backlog.services.backlog.item_pages import ItemQuery, Neighbors
from shareable_backlog.services.backlog.items import ItemPage
from shareable_backlog.web.fields import Identifier
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages import rendering

_SOON_RENDERED = 20_000
"""Texts of so many characters are rendered in a few milliseconds."""


class ItemPath(Struct, frozen=True):
    """Which item it is."""

    identifier: Identifier


class ItemWalk(Struct, frozen=True):
    """The list that an item was opened from, what it is called, and the items before and after."""

    origin: Origin
    heading: str
    neighbors: Neighbors


class ItemContext(Struct, frozen=True, kw_only=True):
    """The page of an item, its place among all that one may see, its texts, and the list that it was opened from.

    `past_ranks` are the places that it had at the last meetings.
    """

    page: ItemPage
    rank: int | None
    past_ranks: Sequence[PastRank]
    texts: PageTexts
    walk: ItemWalk | None


async def show_item(request: Request, path: ItemPath, query: OriginQuery) -> Response:
    """Show the item; one that has moved to another identifier, or is spelt differently, redirects there.

    The list that it was opened from leads on to its neighbours, and back.
    """
    asked = path.identifier
    scope = auth.require_user(request).scope
    identifier = items.parse_identifier(asked) or asked
    try:
        found = await items.read_item_page(scope, identifier)
    except NotFound:
        moved = await items.find_current_identifier(scope, identifier)
        if moved is None or moved == asked:
            raise
        return _redirect_to_item(request, moved)
    if found.item.identifier != asked:
        return _redirect_to_item(request, found.item.identifier)
    kept_pages.note_when_shown(request, partial(_note_view, found.item.id, found.item.identifier))
    request.state.reader = reader = seen.read_without(request, found.item.id)
    linear_url = found.item.url if reader.user.sees_linear else None
    texts = PageTexts(url=linear_url, images=images.build_image_urls(found), titles=found.mentioned)
    rank = (await ranks.read_ranks(scope, reader.version)).get(found.item.id)
    context = ItemContext(
        page=found,
        rank=rank,
        past_ranks=await ranks.read_history(reader, found.item.id, _read_now(request)) if rank else (),
        texts=texts,
        walk=await _find_walk(request, query, found.item.id),
    )
    frame = auth.build_frame(request)
    if found.characters <= _SOON_RENDERED:
        return rendering.render_page("item/item.html", frame, context)
    # That takes a while, which must not hold up other readers.
    return await asyncio.to_thread(rendering.render_page, "item/item.html", frame, context)


async def _note_view(item_id: str, identifier: str, request: Request) -> None:
    """Record that whoever asks looks at the item, and that they have seen it now."""
    await audit_actions.record(
        None, auth.read_actor(request), Action.ITEM_VIEWED, resource="backlog_item", resource_id=identifier
    )
    await seen.note_seen(request, (item_id,))


async def _find_walk(request: Request, query: OriginQuery, item_id: str) -> ItemWalk | None:
    origin = origins.read_origin(query)
    if origin is None:
        return None
    user, layout = auth.require_user(request), origin.place.layout
    is_grouped = origin.place.path == BOARD or layout.group not in {None, "none"}
    # In groups items stand by rank where no order is chosen, also those of a search.
    order = layout.order or ("rank" if is_grouped else None)
    wanted = ItemQuery(origin.walked, order, _read_now(request))
    completed = await news.complete_query(wanted, user.scope, user.user_id, auth.require_page_user(request).unseen)
    return ItemWalk(
        origin,
        await headings.write_heading(user.scope, origin.place, auth.read_local_format(request), wanted.now),
        await item_pages.find_neighbors(user.scope, completed, item_id),
    )


def _read_now(request: Request) -> datetime:
    """Return what time it is for whoever asks."""
    return clock.read_time().astimezone(auth.read_local_format(request).tzinfo)


def _redirect_to_item(request: Request, identifier: str) -> Response:
    words = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/items/{quote(identifier, safe='')}{words}", 301)
