"""Answer `/` and `/board`: the backlog as a list, in groups, or as a board."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import advice, backlog_url, headings, item_totals, origins, ranks
from shareable_backlog.controllers.backlog.advice import NothingAdvice
from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogQuery, BacklogUrl
from shareable_backlog.errors import DatabaseReadOnly
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.account import views
from shareable_backlog.services.account.views import ViewsBar
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import catalog, comparison, first_lines, item_pages, news
from shareable_backlog.services.backlog.comparison import Comparison, GoneItem
from shareable_backlog.services.backlog.filters import Condition
from shareable_backlog.services.backlog.item_pages import (
    CountedItems,
    GroupedPage,
    ItemQuery,
    ListedItem,
    ListPage,
    Scope,
)
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.services.backlog.news import News
from shareable_backlog.services.search import search_words
from shareable_backlog.vocabulary import ORDERS, STATE_TYPES, WORK_FIRST, ColumnName, GroupBy, OrderName
from shareable_backlog.web import live_files, pagination
from shareable_backlog.web.fields import Pair, Spread
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache
from shareable_backlog.web.pages.locales import LocalFormat
from shareable_backlog.web.pages.unseen_marks import mark_unseen
from shareable_backlog.web.sub_path import get_sub_path

_FIRST_IN_GROUP = 20


def _is_of_form(pairs: Sequence[Pair]) -> bool:
    has_empty = any(not value and name != "closed" and (name != "all" or len(pairs) > 1) for name, value in pairs)
    names = [name for name, _ in pairs]
    return has_empty or "find" in names or names.count("columns") > 1


class ListQuery(BacklogQuery, frozen=True):
    """What the list or the board is asked for: `after` and `skip` say from where on.

    `is_of_form` says that a form wrote it, with empty fields and one pair for each box that is ticked.
    """

    after: str | None = None
    skip: str = ""
    is_of_form: Annotated[bool, Spread(_is_of_form, lambda _: ())] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContext:
    """All that the parts of the page are made of, with nothing that is one person's: equal ones have equal parts.

    `version` is that of the mirror and of what is shared, `edition` that of the templates, whose addresses begin with
    `sub_path`; `after` and `skip` say from where on the list and the groups are shown.
    """

    edition: int
    sub_path: str
    version: str
    scope: Scope
    place: BacklogUrl
    after: str | None
    skip: str
    now: datetime
    group: GroupBy | Literal["none"]
    local: LocalFormat
    shown_columns: tuple[ColumnName, ...]
    has_run: bool
    is_admin: bool
    news: News
    pages_off: frozenset[str]

    @property
    def asked(self) -> ItemQuery:
        """Return which items are asked for."""
        return ItemQuery(self.place.filters, self.place.layout.order, self.now, self.news)


@dataclass(frozen=True, slots=True)
class ToolbarContext:
    """The part that says what is shown, and how much that is."""

    total: CountedItems


@dataclass(frozen=True, slots=True)
class DisplayContext:
    """The part in which people choose how the list is laid out."""

    chosen: ListLayout
    all_orders: list[OrderName]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsContext:
    """The part with the items, in groups of `by` or in none; `marks` divides a text into matches and the rest.

    `ranks` has the places of items among all that the reader may see, by their ids.
    """

    page: ListPage | GroupedPage
    by: GroupBy | None
    ranks: Mapping[str, int]
    excerpts: Mapping[str, str]
    marks: Callable[[str], list[tuple[str, bool]]] | None
    is_narrowed: bool
    is_first: bool
    next_address: str | None
    mirrored: int
    write_origin: Callable[[Condition | None], str]
    compared: Comparison | None
    advice: NothingAdvice | None


@dataclass(frozen=True, slots=True)
class GoneContext:
    """The part with the items that are gone since the day that the list is compared with."""

    gone: Sequence[GoneItem]
    compared: Comparison | None
    is_narrowed: bool


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """Rendered parts of a page that are the same for all with the same rights and ways to read."""

    heading: str
    look: Markup
    display: Markup
    results: Markup
    is_empty: bool


@dataclass(frozen=True, slots=True)
class ItemListContext:
    """The page of the list: its kept parts, and what is the reader's own."""

    made: RenderedPage
    place: BacklogUrl
    saved: ViewsBar
    asks_for_unseen: bool


# Kept until the mirror changes.
_KEPT = ProcessState(lambda: AsyncLruCache[RenderedPage](256))
# Pages of another process, perhaps of another version of the program, are not to be taken for ours.
_BORN = secrets.token_hex(8)


async def show_list(request: Request, query: ListQuery) -> Response:
    """Show the items that the query asks for, as one list or in groups; without one, the person's default view."""
    reader = auth.require_page_user(request)
    if not request.url.query and (default := views.find_default(reader.views, reader.start_view_id)):
        layout, wanted = default
        path = LIST if layout == "list" else f"/{layout}"
        if wanted or path != LIST:
            return RedirectResponse(f"{path}?{wanted}" if wanted else path, 303)
    return await _show(request, LIST, query, query.layout.group or "none")


async def show_board(request: Request, query: ListQuery) -> Response:
    """Show the same items as a board: a column for each state, or whatever they are grouped by."""
    group = query.layout.group
    return await _show(request, BOARD, query, "state" if group is None or group == "none" else group)


async def _show(request: Request, path: str, query: ListQuery, group: GroupBy | Literal["none"]) -> Response:
    """Show the results, which are made anew only when they may have changed, and not sent again to who has them."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    place = backlog_url.build_backlog_url(path, query)
    if query.is_of_form:
        return RedirectResponse(place.shorten(reader.preferences.columns).url, 303)
    now = clock.read_time().astimezone(local.tzinfo).replace(second=0, microsecond=0)
    asks_for_unseen = news.needs_word(place.filters, "unseen")
    listed = ListedContext(
        edition=live_files.read_files_edition(),
        sub_path=get_sub_path(),
        version=reader.version,
        scope=reader.user.scope,
        place=place,
        after=query.after,
        skip=query.skip,
        now=now,
        group=group,
        local=local,
        shown_columns=reader.preferences.columns if place.layout.columns is None else place.layout.columns,
        has_run=reader.mirror.as_of is not None,
        is_admin=reader.user.reads_as_admin,
        news=News(await news.find_meeting(reader.version, now), reader.unseen if asks_for_unseen else ()),
        pages_off=reader.user.pages_off,
    )
    frame = auth.build_frame(request)
    saved = views.build_bar(reader.views, place.query, "board" if place.path == BOARD else "list")
    tag = f'W/"{hashlib.sha256(repr((_BORN, listed, frame, saved, reader.unseen)).encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    made = await _KEPT.value.get(listed, partial(_render_parts, listed))
    if made.is_empty and place.filters.text:
        await _record_vain_search(request, place.filters.text)
    results = mark_unseen(made.results, reader.unseen, can_become_seen=reader.user.viewing_as is None)
    context = ItemListContext(replace(made, results=results), place, saved, asks_for_unseen=asks_for_unseen)
    return rendering.render_page("backlog/backlog.html", frame, context, headers=headers)


async def _record_vain_search(request: Request, text: str) -> None:
    """Record what was searched for in vain, by which admins see what people miss."""
    with suppress(DatabaseReadOnly):  # the page is there all the same
        await audit_actions.record(None, auth.read_actor(request), Action.SEARCH_IN_VAIN, details={"q": text})


async def _render_parts(listed: ListedContext) -> RenderedPage:
    """Make the results and how they are laid out."""
    place = listed.place
    total = await item_totals.count_items(listed.scope, listed.asked, listed.version)
    display = DisplayContext(
        chosen=replace(place.layout, order=listed.asked.sorted_by),
        all_orders=[one for one in ORDERS if one != "relevance" or place.filters.text],
    )
    results, is_empty = await _render_results(listed, total)
    return RenderedPage(
        await headings.write_heading(listed.scope, place),
        rendering.render_part("backlog/_toolbar.html", listed, ToolbarContext(total)),
        rendering.render_part("backlog/_display.html", listed, display),
        results,
        is_empty,
    )


async def _render_results(listed: ListedContext, total: CountedItems) -> tuple[Markup, bool]:
    """Return the list, the groups or what is gone, and whether nothing at all was found."""
    if listed.place.filters.moved == "gone":
        compared = await comparison.compare_items(listed.scope, listed.asked, [], counts=True)
        gone = await comparison.list_gone(listed.scope, listed.asked)
        return rendering.render_part("moves/_gone.html", listed, GoneContext(gone, compared, is_narrowed=True)), False
    return await (_render_list(listed) if listed.group == "none" else _render_groups(listed, listed.group, total))


async def _compare(listed: ListedContext, items: Sequence[ListedItem], *, is_first: bool) -> Comparison | None:
    ids = [one.id for one in items]
    found = await comparison.compare_items(listed.scope, listed.asked, ids, counts=is_first)
    if found is None or found.since is None:
        return found
    return replace(found, past_ranks=await ranks.read_past_ranks(listed.scope, listed.version, found.since))


async def _render_list(listed: ListedContext) -> tuple[Markup, bool]:
    asked = listed.asked
    types = item_pages.list_position_types(asked)
    position = None if listed.after is None else pagination.decode_position(listed.after, types)
    found = await item_pages.list_items(listed.scope, asked, position, item_pages.PAGE_SIZE)
    context = ResultsContext(
        page=found,
        by=None,
        ranks=await ranks.read_ranks(listed.scope, listed.version),
        excerpts=await _find_excerpts(listed, found.items),
        marks=_build_marks(listed.place),
        is_narrowed=is_narrowed(listed.place),
        is_first=position is None,
        next_address=listed.place.build_page_url(("after", pagination.encode_position(found.next_after)))
        if found.next_after
        else None,
        mirrored=await _count_mirrored(listed, is_empty=not found.items),
        write_origin=partial(origins.write_origin, listed.place, [("after", listed.after)] if listed.after else []),
        compared=await _compare(listed, found.items, is_first=position is None),
        advice=await _find_advice(listed, is_empty=not found.items and position is None),
    )
    return rendering.render_part("backlog/_list.html", listed, context), context.is_first and not found.items


async def _render_groups(listed: ListedContext, by: GroupBy, total: CountedItems) -> tuple[Markup, bool]:
    """Return the groups, and whether nothing at all was found."""
    place, skip = listed.place, _parse_skip(listed.skip)
    is_board = place.path == BOARD
    found = await item_pages.list_groups(
        listed.scope,
        listed.asked,
        by,
        closed=place.layout.closed,
        types=tuple(STATE_TYPES) if is_board else WORK_FIRST,
        skip=skip,
        first=_FIRST_IN_GROUP,
        total=total,
    )
    shown = [item for one in found.groups for item in one.items]
    items = [] if is_board else shown
    context = ResultsContext(
        page=found,
        by=by,
        ranks=await ranks.read_ranks(listed.scope, listed.version),
        excerpts=await _find_excerpts(listed, items),
        marks=_build_marks(place),
        is_narrowed=is_narrowed(place),
        is_first=skip == 0,
        next_address=place.build_page_url(("skip", str(found.next_skip))) if found.next_skip else None,
        mirrored=await _count_mirrored(listed, is_empty=not found.groups),
        write_origin=partial(origins.write_origin, place, [("skip", str(skip))] if skip else []),
        compared=await _compare(listed, shown, is_first=skip == 0),
        advice=await _find_advice(listed, is_empty=not found.groups and skip == 0),
    )
    part = rendering.render_part("backlog/_board.html" if is_board else "backlog/_grouped_list.html", listed, context)
    return part, context.is_first and not found.groups


async def _count_mirrored(listed: ListedContext, *, is_empty: bool) -> int:
    """Return how many items there are behind a page that shows an admin none; 0 where nobody asks."""
    return (await catalog.count_mirrored())[0] if is_empty and listed.is_admin else 0


async def _find_advice(listed: ListedContext, *, is_empty: bool) -> NothingAdvice | None:
    if not (is_empty and is_narrowed(listed.place)) or listed.scope.is_nothing:
        return None
    return await advice.find_advice(listed.scope, listed.place, listed.asked, listed.version)


async def _find_excerpts(listed: ListedContext, items: Sequence[ListedItem]) -> Mapping[str, str]:
    """Return by id what stands below a title: where the words of a search are, or else how its description begins."""
    text = listed.place.filters.text
    below: dict[str, str] = {}
    if "summary" in listed.shown_columns:
        below |= await first_lines.list_first_lines(listed.scope, items)
    if text:
        below |= await search_words.find_excerpts(listed.scope, items, search_words.quote_identifier(text))
    return below


def _build_marks(place: BacklogUrl) -> Callable[[str], list[tuple[str, bool]]] | None:
    text = place.filters.text
    return partial(search_words.mark_matches, query=search_words.quote_identifier(text)) if text else None


def is_narrowed(place: BacklogUrl) -> bool:
    """Return whether the filters leave anything out."""
    filters = place.filters
    return bool(filters.conditions or filters.text or filters.moved or not filters.with_done)


def _parse_skip(skip: str) -> int:
    return int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= 6 else 0  # noqa: PLR2004 (there are never so many groups)
