"""Render the parts of a list or board that are the same for all with the same rights: what is kept of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.controllers.backlog.backlog_url import BOARD, BacklogUrl
from shareable_backlog.controllers.backlog.lists import advice, found_groups, headings, item_totals, origins, ranks
from shareable_backlog.controllers.backlog.lists.advice import NothingAdvice
from shareable_backlog.services.backlog import catalog, comparison, first_lines, item_pages, selections
from shareable_backlog.services.backlog.comparison import Comparison, GoneItem
from shareable_backlog.services.backlog.item_pages import (
    GroupedPage,
    ItemQuery,
    ItemTotal,
    ListedItem,
    ListPage,
    Scope,
    Selection,
)
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.services.backlog.news import News
from shareable_backlog.services.search import search_words
from shareable_backlog.vocabulary import ORDERS, ColumnName, GroupBy, OrderName
from shareable_backlog.web import pagination
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.locales import LocalFormat


class ListedContext(Struct, frozen=True, kw_only=True):
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


class ToolbarContext(Struct, frozen=True):
    """The part that says what is shown, and how much that is."""

    total: ItemTotal


class DisplayContext(Struct, frozen=True):
    """The part in which people choose how the list is laid out."""

    chosen: ListLayout
    all_orders: list[OrderName]


class ResultsContext(Struct, frozen=True, kw_only=True):
    """The part with the items, in groups of `by` or in none; `marks` divides a text into matches and the rest.

    `parts` are the groups within each group, none where there are no such. `ranks` has the places of items among all
    that the reader may see, by their ids.
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
    parts: Sequence[GroupedPage]
    write_origin: Callable[..., str]
    compared: Comparison | None
    advice: NothingAdvice | None


class GoneContext(Struct, frozen=True):
    """The part with the items that are gone since the day that the list is compared with."""

    gone: Sequence[GoneItem]
    compared: Comparison | None
    is_narrowed: bool


class RenderedPage(Struct, frozen=True):
    """Rendered parts of a page that are the same for all with the same rights and ways to read."""

    heading: str
    look: Markup
    display: Markup
    results: Markup
    is_empty: bool


async def render_parts(listed: ListedContext) -> RenderedPage:
    """Make the results and how they are laid out."""
    place = listed.place
    asked, is_list = listed.asked, listed.group == "none"
    # In groups the best match is of no use, and takes much longer to find.
    grouped = asked if is_list else replace(asked, order=asked.order or "rank")
    selection = await selections.select_items(listed.scope, grouped, listed.version)
    total = await item_totals.count_items(selection, asked, listed.version)
    places = await ranks.read_ranks(listed.scope, listed.version, selection)
    display = DisplayContext(
        chosen=replace(place.layout, order=asked.sorted_by),
        all_orders=[one for one in ORDERS if one != "relevance" or place.filters.text],
    )
    results, is_empty = await _render_results(listed, selection, total, places)
    return RenderedPage(
        await headings.write_heading(listed.scope, place, listed.local, listed.now),
        rendering.render_part("backlog/_toolbar.html", listed, ToolbarContext(total)),
        rendering.render_part("backlog/_display.html", listed, display),
        results,
        is_empty,
    )


async def _render_results(
    listed: ListedContext, selection: Selection, total: ItemTotal, places: Mapping[str, int]
) -> tuple[Markup, bool]:
    """Return the list, the groups or what is gone, and whether nothing at all was found."""
    if listed.place.filters.moved == "gone":
        compared = await comparison.compare_items(listed.scope, listed.asked, [], counts=True)
        gone = await comparison.list_gone(listed.scope, listed.asked)
        return rendering.render_part("moves/_gone.html", listed, GoneContext(gone, compared, is_narrowed=True)), False
    if listed.group == "none":
        return await _render_list(listed, selection, places)
    return await _render_groups(listed, listed.group, selection, total, places)


async def compare_shown(listed: ListedContext, items: Sequence[ListedItem], *, is_first: bool) -> Comparison | None:
    """Return what moved of these items since the day to compare with, and with the first of them all sums."""
    ids = [one.id for one in items]
    found = await comparison.compare_items(listed.scope, listed.asked, ids, counts=is_first)
    if found is None or found.since is None:
        return found
    return replace(found, past_ranks=await ranks.read_past_ranks(listed.scope, listed.version, found.since))


async def _render_list(listed: ListedContext, selection: Selection, places: Mapping[str, int]) -> tuple[Markup, bool]:
    types = item_pages.list_position_types(listed.asked)
    position = None if listed.after is None else pagination.decode_position(listed.after, types)
    found = await item_pages.list_selected(selection, position, item_pages.PAGE_SIZE)
    context = ResultsContext(
        page=found,
        by=None,
        ranks=places,
        excerpts=await _find_excerpts(listed, found.items),
        marks=_build_marks(listed.place),
        is_narrowed=is_narrowed(listed.place),
        is_first=position is None,
        next_address=listed.place.build_page_url(("after", pagination.encode_position(found.next_after)))
        if found.next_after
        else None,
        mirrored=await _count_mirrored(listed, is_empty=not found.items),
        parts=(),
        write_origin=partial(origins.write_origin, listed.place, [("after", listed.after)] if listed.after else []),
        compared=await compare_shown(listed, found.items, is_first=position is None),
        advice=await _find_advice(listed, is_empty=not found.items and position is None),
    )
    return rendering.render_part("backlog/_list.html", listed, context), context.is_first and not found.items


async def _render_groups(
    listed: ListedContext, by: GroupBy, selection: Selection, total: ItemTotal, places: Mapping[str, int]
) -> tuple[Markup, bool]:
    """Return the groups, and whether nothing at all was found."""
    place, skip = listed.place, parse_skip(listed.skip)
    is_board = place.path == BOARD
    pages = await found_groups.find_groups(
        selection,
        listed.asked,
        listed.version,
        by=by,
        layout=place.layout,
        is_board=is_board,
        skip=skip,
        total=total,
    )
    found, *parts = await item_pages.read_groups(listed.scope, pages)
    shown = [item for page in parts or [found] for one in page.groups for item in one.items]
    items = [] if is_board else shown
    context = ResultsContext(
        page=found,
        by=by,
        ranks=places,
        excerpts=await _find_excerpts(listed, items),
        marks=_build_marks(place),
        is_narrowed=is_narrowed(place),
        is_first=skip == 0,
        next_address=place.build_page_url(("skip", str(found.next_skip))) if found.next_skip else None,
        mirrored=await _count_mirrored(listed, is_empty=not found.groups),
        parts=parts,
        write_origin=partial(origins.write_origin, place, [("skip", str(skip))] if skip else []),
        compared=await compare_shown(listed, shown, is_first=skip == 0),
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
    return await advice.find_advice(listed.scope, listed.place, listed.asked, listed.version, listed.local)


async def _find_excerpts(listed: ListedContext, items: Sequence[ListedItem]) -> Mapping[str, str]:
    """Return by id what stands below a title: where the words of a search are, or else how its description begins."""
    text = listed.place.filters.text
    below: dict[str, str] = {}
    if "summary" in listed.shown_columns:
        below |= await first_lines.list_first_lines(listed.scope, items)
    if text:
        below |= await search_words.find_excerpts(listed.scope, items, search_words.parse_wanted(text))
    return below


def _build_marks(place: BacklogUrl) -> Callable[[str], list[tuple[str, bool]]] | None:
    text = place.filters.text
    return partial(search_words.mark_matches, wanted=search_words.parse_wanted(text)) if text else None


def is_narrowed(place: BacklogUrl) -> bool:
    """Return whether the filters leave anything out."""
    filters = place.filters
    return bool(filters.conditions or filters.text or filters.moved or not filters.with_done)


def parse_skip(skip: str) -> int:
    """Return after how many groups to begin, as an address says it; 0 for what says nothing."""
    return int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= 6 else 0  # noqa: PLR2004 (there are never so many groups)
