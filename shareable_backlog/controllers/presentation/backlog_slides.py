"""Answer `/present/list` and `/present/board`: the backlog in large type, as many items at once as fit."""

from datetime import datetime
from typing import Literal

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogUrl
from shareable_backlog.controllers.backlog.lists import headings, item_list, list_parts
from shareable_backlog.controllers.backlog.lists.item_list import ListQuery
from shareable_backlog.controllers.presentation import backlog_decks, slides
from shareable_backlog.controllers.presentation.backlog_decks import NothingContext
from shareable_backlog.controllers.presentation.slides import SlideNumber
from shareable_backlog.services.account import views
from shareable_backlog.vocabulary import GroupBy


class PresentedQuery(ListQuery, frozen=True):
    """What the list or board is asked for, and the number of the slide."""

    slide: SlideNumber = 1


async def show_list(request: Request, query: PresentedQuery) -> Response:
    """Show the items that the list at the same address shows, in slides, in groups or in none."""
    return await _show(request, LIST, query, query.layout.group or "none")


async def show_board(request: Request, query: PresentedQuery) -> Response:
    """Show the columns of the board at the same address, some at once."""
    group = query.layout.group
    return await _show(request, BOARD, query, "state" if group is None or group == "none" else group)


async def _show(request: Request, path: str, query: PresentedQuery, group: GroupBy | Literal["none"]) -> Response:
    place = backlog_url.build_backlog_url(path, query)
    listed = await item_list.read_listed(request, place, query, group)
    deck = await backlog_decks.build_deck(listed, query.slide)
    if deck is None:
        await item_list.record_vain_search(request, listed)
        deck = backlog_decks.build_empty_deck(
            NothingContext(listed.scope.is_nothing, list_parts.is_narrowed(place), listed.has_run)
        )
    return slides.show_deck(
        request,
        deck,
        await write_heading(request, place, listed.now),
        lambda number: backlog_url.build_present_url(path, replace(query, slide=number)),
        place.build_page_url(*_list_page_pairs(query)),
    )


async def write_heading(request: Request, place: BacklogUrl, now: datetime, query: str | None = None) -> str:
    """Return what the page at `place` is called: its saved view, or what it is narrowed to.

    `query` is what its address has after the question mark where it has more than the place.
    """
    reader = auth.require_page_user(request)
    layout = views.parse_layout(place.path.strip("/") or "list")
    current = views.build_bar(reader.views, place.query if query is None else query, layout).current
    if current:
        return current.name
    return await headings.write_heading(reader.user.scope, place, auth.read_local_format(request), now)


def _list_page_pairs(query: ListQuery) -> list[tuple[str, str]]:
    """Return what names the page of the list or the groups from which on it is shown."""
    pairs = [("after", query.after or ""), ("skip", query.skip)]
    return [(name, value) for name, value in pairs if value]
