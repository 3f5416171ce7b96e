"""Answer `/` and `/board`: the backlog as a list, in groups, or as a board."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogUrl
from shareable_backlog.services.account import views
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.filters import STATE_TYPES
from shareable_backlog.services.backlog.item_pages import ItemQuery, ListedItem, Scope
from shareable_backlog.services.backlog.layouts import COLUMNS, GROUPS, ORDERS, GroupBy
from shareable_backlog.services.search import search_words
from shareable_backlog.web import live_files, pagination
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache

_FIRST_IN_GROUP = 20


@dataclass(frozen=True, slots=True)
class _RenderedPage:
    """Rendered parts of a page that are the same for all with the same rights and ways to read."""

    look: Markup
    display: Markup
    results: Markup


# Kept until the mirror changes.
_KEPT = AsyncLruCache[_RenderedPage](256)
# Pages of another process, perhaps of another version of the program, are not to be taken for ours.
_BORN = secrets.token_hex(8)


async def show_list(request: Request) -> Response:
    """Show the items that the query asks for, as one list or in groups; without one, the person's default view."""
    if not request.url.query and (default := views.find_default(auth.require_page_user(request).views)):
        layout, query = default
        path = {"list": LIST, "board": BOARD, "roadmap": "/roadmap"}[layout]
        if query or path != LIST:
            return RedirectResponse(f"{path}?{query}" if query else path, 303)
    place = backlog_url.parse_url(request, LIST)
    return await _show(request, place, place.shape.group or "none")


async def show_board(request: Request) -> Response:
    """Show the same items as a board: a column for each state, or whatever they are grouped by."""
    place = backlog_url.parse_url(request, BOARD)
    group = place.shape.group
    return await _show(request, place, "state" if group is None or group == "none" else group)


async def _show(request: Request, place: BacklogUrl, group: GroupBy | str) -> Response:
    """Show the results, which are made anew only when they may have changed, and not sent again to who has them."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    if backlog_url.is_of_form(request):
        return RedirectResponse(place.short(reader.preferences.columns).address(), 303)
    scope = reader.user.scope
    now = datetime.now(local.tzinfo).replace(second=0, microsecond=0)
    columns = reader.preferences.columns if place.shape.columns is None else place.shape.columns
    around: dict[str, Any] = {
        **auth.build_frame(request),
        "place": place,
        "saved": views.build_bar(reader.views, place.query(), "board" if place.path == BOARD else "list"),
    }
    page = (request.query_params.get("after"), request.query_params.get("skip"))
    ways: dict[str, Any] = {
        "group": group,
        "local": local,
        "shown_columns": columns,
        "has_run": reader.mirror.as_of is not None,
    }
    made_of = (live_files.read_files_edition(), reader.version, scope, place, page, now, *ways.values())
    tag = f'W/"{hashlib.sha256(repr((_BORN, made_of, around)).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = ItemQuery(place.filters, place.shape.order, now)
    return rendering.render_page(
        "backlog/backlog.html",
        headers=headers,
        made=await _KEPT.get(made_of, partial(_render_parts, place, scope, asked, page, ways)),
        **around,
    )


async def _render_parts(
    place: BacklogUrl, scope: Scope, asked: ItemQuery, page: tuple[str | None, str | None], ways: dict[str, Any]
) -> _RenderedPage:
    """Make the results and how they are laid out, with nothing that is one person's."""
    text = place.filters.text and search_words.quote_identifier(place.filters.text)
    shown: dict[str, Any] = ways | {
        "place": place,
        "now": asked.now,
        "marks": partial(search_words.mark_matches, query=text) if text else None,
        "is_narrowed": place.filters.conditions or place.filters.text or not place.filters.with_done,
    }
    after, skip = page
    by: GroupBy | None = next((one for one in GROUPS if one == ways["group"]), None)
    return _RenderedPage(
        rendering.render_part("backlog/_toolbar.html", **shown),
        rendering.render_part(
            "backlog/_display.html",
            chosen=replace(place.shape, order=asked.sorted_by),
            all_groups=GROUPS,
            all_orders=[one for one in ORDERS if one != "relevance" or place.filters.text],
            all_columns=COLUMNS,
            **shown,
        ),
        await (
            _render_groups(scope, place, by, asked, _parse_skip(skip), shown)
            if by
            else _render_list(scope, place, asked, after, shown)
        ),
    )


async def _render_list(
    scope: Scope, place: BacklogUrl, asked: ItemQuery, after: str | None, shown: dict[str, Any]
) -> Markup:
    position = pagination.decode_position(after, item_pages.list_position_types(asked)) if after else None
    found = await item_pages.list_items(scope, asked, position, item_pages.PAGE_SIZE)
    return rendering.render_part(
        "backlog/_list.html",
        page=found,
        excerpts=await _find_excerpts(scope, place, found.items),
        is_first=position is None,
        next_address=found.next_after and place.address(("after", pagination.encode_position(found.next_after))),
        **shown,
    )


async def _render_groups(
    scope: Scope, place: BacklogUrl, by: GroupBy, asked: ItemQuery, skip: int, shown: dict[str, Any]
) -> Markup:
    found = await item_pages.list_groups(
        scope,
        asked,
        by,
        closed=place.shape.closed,
        types=STATE_TYPES if place.path == BOARD else item_pages.WORK_FIRST,
        skip=skip,
        first=_FIRST_IN_GROUP,
    )
    is_board = place.path == BOARD
    items = [] if is_board else [item for one in found.groups for item in one.items]
    return rendering.render_part(
        "backlog/_board.html" if is_board else "backlog/_grouped_list.html",
        page=found,
        excerpts=await _find_excerpts(scope, place, items),
        by=by,
        is_first=skip == 0,
        next_address=found.next_skip and place.address(("skip", str(found.next_skip))),
        **shown,
    )


async def _find_excerpts(scope: Scope, place: BacklogUrl, items: Sequence[ListedItem]) -> Mapping[str, str]:
    text = place.filters.text
    return await search_words.find_excerpts(scope, items, search_words.quote_identifier(text)) if text else {}


def _parse_skip(skip: str | None) -> int:
    return int(skip) if skip and skip.isascii() and skip.isdecimal() and len(skip) <= 6 else 0  # noqa: PLR2004 (there are never so many groups)
