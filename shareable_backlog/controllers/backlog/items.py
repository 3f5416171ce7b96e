"""Answer `/items/{identifier}`: one item."""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import images, ranks, seen
from shareable_backlog.errors import NotFound
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import items
from shareable_backlog.services.backlog.items import ItemPage
from shareable_backlog.web.fields import Identifier
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages import rendering


class ItemPath(Struct, frozen=True):
    """Which item it is."""

    identifier: Identifier


@dataclass(frozen=True, slots=True)
class ItemContext:
    """The page of an item, its place among all that the reader may see, if it has one, and what renders its texts."""

    page: ItemPage
    rank: int | None
    texts: PageTexts


async def show_item(request: Request, path: ItemPath) -> Response:
    """Show the item; one that has moved to another identifier, or is spelt differently, redirects there."""
    asked = path.identifier
    scope = auth.require_user(request).scope
    identifier = items.parse_identifier(asked) or asked
    try:
        found = await items.read_item_page(scope, identifier)
    except NotFound:
        moved = await items.find_current_identifier(scope, identifier)
        if moved is None or moved == asked:
            raise
        return _redirect_to_item(moved)
    if found.item.identifier != asked:
        return _redirect_to_item(found.item.identifier)
    await audit_actions.record(
        None, auth.read_actor(request), Action.ITEM_VIEWED, resource="backlog_item", resource_id=found.item.identifier
    )
    linear_url = found.item.url if auth.require_user(request).sees_linear else None
    await seen.note_seen(request, (found.item.id,))
    texts = PageTexts(url=linear_url, images=images.build_image_urls(found), titles=found.mentioned)
    places = await ranks.read_ranks(scope, auth.require_page_user(request).version)
    context = ItemContext(found, places.get(found.item.id), texts)
    # Very long markdown takes a while to render, which must not hold up other readers.
    return await asyncio.to_thread(rendering.render_page, "item/item.html", auth.build_frame(request), context)


def _redirect_to_item(identifier: str) -> Response:
    return RedirectResponse(f"/items/{quote(identifier, safe='')}", 301)
