"""Answer `/` and `/board`: the backlog as a list, in groups, or as a board."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers import gate, places
from shareable_backlog.controllers.places import BOARD, LIST, Place
from shareable_backlog.services import backlog, search_words, views
from shareable_backlog.services.backlog import Asked, Scope
from shareable_backlog.services.filters import STATE_TYPES
from shareable_backlog.services.shapes import COLUMNS, GROUPS, ORDERS, GroupBy
from shareable_backlog.web import pagination, rendering
from shareable_backlog.web.kept import Kept

_FIRST_IN_GROUP = 20

# Rendered results, kept until the mirror changes: the same for all with the same rights and ways to read.
_KEPT = Kept[Markup](256)
# Pages of another process, perhaps of another version of the program, are not to be taken for ours.
_BORN = secrets.token_hex(8)


async def list_items(request: Request) -> Response:
    """Show the items that the query asks for, as one list or in groups; without one, the person's default view."""
    if not request.url.query and (default := await views.default_query(gate.visitor(request).user_id)):
        layout, query = default
        path = {"list": LIST, "board": BOARD, "roadmap": "/roadmap"}[layout]
        if query or path != LIST:
            return RedirectResponse(f"{path}?{query}" if query else path, 303)
    place = places.asked(request, LIST)
    return await _show(request, place, place.shape.group or "none")


async def board(request: Request) -> Response:
    """Show the same items as a board: a column for each state, or whatever they are grouped by."""
    place = places.asked(request, BOARD)
    group = place.shape.group
    return await _show(request, place, "state" if group is None or group == "none" else group)


async def _show(request: Request, place: Place, group: GroupBy | str) -> Response:
    """Show the results, which are made anew only when they may have changed, and not sent again to who has them."""
    chosen, local = await gate.preferences_of(request), await gate.local(request)
    if places.of_form(request):
        return RedirectResponse(place.short(chosen.columns).address(), 303)
    visitor = gate.visitor(request)
    now = datetime.now(local.tzinfo).replace(second=0, microsecond=0)
    columns = chosen.columns if place.shape.columns is None else place.shape.columns
    version = await backlog.version()
    frame = await gate.frame(request)
    around: dict[str, Any] = {
        "place": place,
        "group": group,
        "shown_columns": columns,
        "saved": await views.bar(visitor.user_id, place.query(), "board" if place.path == BOARD else "list"),
    }
    page = (request.query_params.get("after"), request.query_params.get("skip"))
    has_run = frame["mirror"] is not None and frame["mirror"].as_of is not None
    ways: dict[str, Any] = {"local": local, "shown_columns": columns, "has_run": has_run}
    made_of = (version, visitor.scope, place, group, page, now, *ways.values())
    tag = f'W/"{hashlib.sha256(repr((_BORN, made_of, frame, around)).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = Asked(place.filters, place.shape.order, now)
    results = await _KEPT.get(made_of, _results(request, visitor.scope, place, group, asked, ways))
    return rendering.page(
        "backlog.html",
        headers=headers,
        results=results,
        chosen=replace(place.shape, order=backlog.order_of(asked)),
        all_groups=GROUPS,
        all_orders=[one for one in ORDERS if one != "relevance" or place.filters.text],
        all_columns=COLUMNS,
        **frame,
        **around,
    )


def _results(
    request: Request, scope: Scope, place: Place, group: GroupBy | str, asked: Asked, ways: dict[str, Any]
) -> Callable[[], Awaitable[Markup]]:
    """Give what makes the results: rendered items, and nothing that is one person's."""
    shown = ways | {
        "place": place,
        "now": asked.now,
        "marks": partial(search_words.marked, query=place.filters.text) if place.filters.text else None,
        "is_narrowed": place.filters.conditions or place.filters.text or not place.filters.with_done,
    }
    for by in GROUPS:
        if by == group:
            return lambda: _grouped(scope, place, by, asked, _skip(request), shown)
    after = request.query_params.get("after")
    return lambda: _listed(scope, place, asked, after, shown)


async def _listed(scope: Scope, place: Place, asked: Asked, after: str | None, shown: dict[str, Any]) -> Markup:
    position = pagination.decoded(after, backlog.position_types(asked)) if after else None
    found = await backlog.listed(scope, asked, position, backlog.PAGE_SIZE)
    return rendering.part(
        "results_list.html",
        page=found,
        is_first=position is None,
        next_address=found.next_after and place.address(("after", pagination.encoded(found.next_after))),
        **shown,
    )


async def _grouped(scope: Scope, place: Place, by: GroupBy, asked: Asked, skip: int, shown: dict[str, Any]) -> Markup:
    found = await backlog.grouped(
        scope,
        asked,
        by,
        closed=place.shape.closed,
        types=STATE_TYPES if place.path == BOARD else backlog.WORK_FIRST,
        skip=skip,
        first=_FIRST_IN_GROUP,
    )
    return rendering.part(
        "results_board.html" if place.path == BOARD else "results_groups.html",
        page=found,
        by=by,
        most=backlog.MOST_COUNTED,
        is_first=skip == 0,
        next_address=found.next_skip and place.address(("skip", str(found.next_skip))),
        **shown,
    )


def _skip(request: Request) -> int:
    given = request.query_params.get("skip", "0")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= 6 else 0  # noqa: PLR2004 (there are never so many groups)
