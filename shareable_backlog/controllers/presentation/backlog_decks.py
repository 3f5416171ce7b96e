"""Make slides of the list, of its groups and of the board, from the same kept results as these."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from math import ceil

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.controllers.backlog.backlog_url import BOARD
from shareable_backlog.controllers.backlog.lists import item_totals, list_parts, ranks
from shareable_backlog.controllers.backlog.lists.list_parts import ListedContext
from shareable_backlog.controllers.presentation import slides
from shareable_backlog.controllers.presentation.slides import Deck, Section
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.agenda.agenda import RiskyProject
from shareable_backlog.services.backlog import comparison, item_pages, selections
from shareable_backlog.services.backlog.comparison import Comparison, GoneItem
from shareable_backlog.services.backlog.item_pages import (
    Group,
    GroupedPage,
    ItemTotal,
    ListedItem,
    ListPage,
    ShownGroup,
)
from shareable_backlog.services.backlog.news import News
from shareable_backlog.services.backlog.selections import Selection
from shareable_backlog.vocabulary import STATE_TYPES, WORK_FIRST, GroupBy
from shareable_backlog.web import pagination
from shareable_backlog.web.pages import locales, rendering
from shareable_backlog.web.pages.cache import AsyncLruCache
from shareable_backlog.web.pages.locales import LocalFormat

_ON_SLIDE = slides.ROOM // slides.ITEM_ROOM
_MOST_SLIDES = 143  # a thousand items, which are those that have a number
_SLIDES_AT_ONCE = 10
_FIRST_IN_GROUP, _COLUMNS = 18, 3
_MOST_GROUPS = 120
_COLUMN_ROOM, _CARD_ROOM, _TITLE_LINES = 20.5, 2.1, 4
"""How many lines of text a column holds, how many a card has beside its title, and that has at most."""
_LETTERS_IN_LINE, _LETTERS_IN_HEADING = 30, 18

_LISTS = ProcessState(lambda: AsyncLruCache[ListPage](64))
_GROUPS = ProcessState(lambda: AsyncLruCache[GroupedPage](64))


class SectionsContext(Struct, frozen=True, kw_only=True):
    """Items in sections; `ranks` are the places among all that the reader may see, by id."""

    sections: Sequence[Section[ListedItem] | Section[GoneItem] | Section[ListedItem | RiskyProject]]
    ranks: Mapping[str, int]
    news: News
    compared: Comparison | None
    now: datetime
    local: LocalFormat
    by: GroupBy | None = None


class GroupNameContext(Struct, frozen=True):
    """What a group is called, with its glyph."""

    by: GroupBy
    group: Group


class NoteContext(Struct, frozen=True):
    """How much there is, and what has become of it since the day that it is compared with."""

    total: ItemTotal
    compared: Comparison | None


class NothingContext(Struct, frozen=True):
    """Why there is nothing to show: the first of these that is so."""

    is_unshared: bool
    is_narrowed: bool
    has_run: bool
    lacks_estimates: bool = False


async def build_deck(listed: ListedContext, number: int) -> Deck | None:
    """Return slide `number` of what is listed; None where nothing is."""
    if listed.scope.is_nothing:
        return None
    if listed.place.filters.moved == "gone":
        return await _build_gone(listed, number)
    if listed.group == "none":
        return await _build_list(listed, number)
    return await _build_groups(listed, listed.group, number)


def build_empty_deck(why: NothingContext) -> Deck:
    """Return the one slide that says why there is nothing."""
    return Deck(body=rendering.render_part("presentation/_nothing.html", why), number=1, count=1)


async def _build_list(listed: ListedContext, number: int) -> Deck | None:
    selection = await selections.select_items(listed.scope, listed.asked, listed.version)
    types = item_pages.list_position_types(listed.asked)
    after = None if listed.after is None else pagination.decode_position(listed.after, types)
    # Whoever goes on from slide to slide asks once for ten of them, and for one more to know that it is there.
    at_once = min(ceil((number + 1) / _SLIDES_AT_ONCE) * _SLIDES_AT_ONCE, _MOST_SLIDES)
    make = partial(item_pages.list_selected, selection, after, at_once * _ON_SLIDE)
    found = await _LISTS.value.get((listed, at_once), make)
    if not found.items:
        return None
    total = await item_totals.count_items(selection, listed.asked, listed.version)
    known = ceil(len(found.items) / _ON_SLIDE)
    shown = min(number, known)
    items = found.items[(shown - 1) * _ON_SLIDE : shown * _ON_SLIDE]
    count = known
    if found.next_after and after is None:
        count = min(ceil(min(total.count, total.most) / _ON_SLIDE), _MOST_SLIDES)
    return await _show_sections(
        listed,
        [Section(lines=items)],
        Deck(
            body=Markup(),
            number=shown,
            count=count,
            has_more=bool(found.next_after) and (after is not None or total.count > count * _ON_SLIDE),
        ),
        total,
    )


async def _build_gone(listed: ListedContext, number: int) -> Deck | None:
    gone = await comparison.list_gone(listed.scope, listed.asked)
    if not gone:
        return None
    compared = await comparison.compare_items(listed.scope, listed.asked, [], counts=True)
    packed = slides.pack_sections([Section(lines=gone)])
    sections, shown = slides.choose_slide(packed, number)
    return Deck(
        body=_render_sections(listed, sections, {}, None),
        number=shown,
        count=len(packed),
        note=_write_note(listed, ItemTotal(len(gone), None, len(gone)), compared),
    )


async def _build_groups(listed: ListedContext, by: GroupBy, number: int) -> Deck | None:
    grouped = replace(listed.asked, order=listed.asked.order or "rank")
    selection = await selections.select_items(listed.scope, grouped, listed.version)
    total = await item_totals.count_items(selection, listed.asked, listed.version)
    is_board = listed.place.path == BOARD
    skip: int | None = list_parts.parse_skip(listed.skip)
    groups: list[ShownGroup] = []
    most, packed = 0, list[list[Section[ListedItem]]]()
    # As many as it takes to know that there is another slide.
    while skip is not None and len(packed) <= number and len(groups) < _MOST_GROUPS:
        page = await _GROUPS.value.get((listed, skip), partial(_list_groups, selection, listed, by, skip, total))
        groups, skip, most = [*groups, *page.groups], page.next_skip, page.most
        sections = [_build_section(by, one, most, is_board=is_board, local=listed.local) for one in groups]
        packed = _pack_columns(sections) if is_board else slides.pack_sections(sections)
    if not packed:
        return None
    chosen, shown = slides.choose_slide(packed, number)
    deck = Deck(body=Markup(), number=shown, count=len(packed), has_more=skip is not None)
    return await _show_sections(listed, chosen, deck, total)


async def _list_groups(
    selection: Selection, listed: ListedContext, by: GroupBy, skip: int, total: ItemTotal
) -> GroupedPage:
    return await item_pages.list_groups(
        selection,
        by,
        closed=listed.place.layout.closed,
        types=tuple(STATE_TYPES) if listed.place.path == BOARD else WORK_FIRST,
        skip=skip,
        first=_FIRST_IN_GROUP,
        total=total,
    )


def _build_section(
    by: GroupBy, group: ShownGroup, most: int, *, is_board: bool, local: LocalFormat
) -> Section[ListedItem]:
    lines = _fit_cards(group.items, len(group.group.name or "")) if is_board else group.items
    note = write_count(len(lines), group.count, most, local)
    return Section(heading=render_group_name(by, group.group), note=note, lines=lines)


def render_group_name(by: GroupBy, group: Group) -> Markup:
    """Return what a group is called, with its glyph."""
    return rendering.render_part("presentation/_group.html", GroupNameContext(by, group))


def write_count(shown: int, count: int, most: int, local: LocalFormat) -> str:
    """Return how many there are, such as `34`, or how many of them are shown, such as `5 of 34`."""
    with locales.write_for(local):
        all_ = f"{'more than ' if count > most else ''}{locales.format_number(min(count, most))}"
    return all_ if shown in {0, count} else f"{shown} of {all_}"


def _fit_cards(items: Sequence[ListedItem], letters_above: int) -> Sequence[ListedItem]:
    """Return as many of the first items as cards of a column have room, by how long their titles are."""
    left = _COLUMN_ROOM - 1.2 * (letters_above // _LETTERS_IN_HEADING)
    for at, one in enumerate(items):
        left -= min(ceil(len(one.title) / _LETTERS_IN_LINE), _TITLE_LINES) + _CARD_ROOM
        if left < 0 < at:
            return items[:at]
    return items


def _pack_columns(sections: Sequence[Section[ListedItem]]) -> list[list[Section[ListedItem]]]:
    return [list(sections[at : at + _COLUMNS]) for at in range(0, len(sections), _COLUMNS)]


async def _show_sections(
    listed: ListedContext, sections: Sequence[Section[ListedItem]], deck: Deck, total: ItemTotal
) -> Deck:
    """Return the deck with these sections, their ranks, and what of them moved."""
    items = [line for one in sections for line in one.lines]
    places = await ranks.read_ranks(listed.scope, listed.version)
    compared = await list_parts.compare_shown(listed, items, is_first=True)
    body = _render_sections(listed, sections, places, compared)
    return replace(deck, body=body, note=_write_note(listed, total, compared))


def _render_sections(
    listed: ListedContext,
    sections: Sequence[Section[ListedItem]] | Sequence[Section[GoneItem]],
    places: Mapping[str, int],
    compared: Comparison | None,
) -> Markup:
    in_columns = listed.place.path == BOARD and listed.place.filters.moved != "gone"
    context = SectionsContext(
        sections=sections,
        ranks=places,
        news=listed.news,
        compared=compared,
        now=listed.now,
        local=listed.local,
        by=None if listed.group == "none" else listed.group,
    )
    return rendering.render_part(
        "presentation/_columns.html" if in_columns else "presentation/_sections.html", context
    )


def _write_note(listed: ListedContext, total: ItemTotal, compared: Comparison | None) -> Markup:
    return rendering.render_part("presentation/_note.html", listed, NoteContext(total, compared))
