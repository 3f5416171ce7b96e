"""Answer `/present/matrix` and `/present/timeline`: first the whole picture in numbers, then what is in its parts."""

from collections.abc import Sequence
from datetime import date
from math import ceil
from typing import TypeAlias
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import MATRIX, TIMELINE, BacklogQuery
from shareable_backlog.controllers.backlog.lists import ranks
from shareable_backlog.controllers.charts import chart_pages, item_timeline, matrix
from shareable_backlog.controllers.charts.chart_pages import ChartContext
from shareable_backlog.controllers.charts.item_timeline import TimelineContext, TimelineQuery
from shareable_backlog.controllers.charts.matrix import MatrixContext
from shareable_backlog.controllers.presentation import backlog_decks, backlog_slides, slides
from shareable_backlog.controllers.presentation.backlog_decks import NothingContext, SectionsContext
from shareable_backlog.controllers.presentation.slides import Deck, Section, SlideNumber
from shareable_backlog.services.backlog import news
from shareable_backlog.services.backlog.comparison import Comparison
from shareable_backlog.services.backlog.item_pages import Group, ListedItem
from shareable_backlog.services.backlog.news import News
from shareable_backlog.services.charts.item_timeline import TimelineCell
from shareable_backlog.vocabulary import FILTERS, find_size
from shareable_backlog.web import params
from shareable_backlog.web.pages import locales, rendering

_ROWS, _COLUMNS = 8, 3
_IN_CELL, _TITLE_LINES = 3, 3
_CALENDAR_ROOM, _ROW_ROOM, _LETTERS_IN_LINE, _LETTERS_OF_DAY = 24.0, 0.6, 29, 7
"""How many lines of text a slide has for rows, how many a row has beside them, and how long a line is."""


class PresentedMatrixQuery(BacklogQuery, frozen=True):
    """What the matrix is asked for, and the number of the slide."""

    slide: SlideNumber = 1


class PresentedTimelineQuery(TimelineQuery, frozen=True):
    """What the timeline is asked for, and the number of the slide."""

    slide: SlideNumber = 1


class GridContext(Struct, frozen=True, kw_only=True):
    """A table of numbers: rows of `row_word`, columns of `column_word`; `today` is the column in which it is.

    `cell_words` say what a column is where there is no room for columns; `largest` is the greatest of all numbers.
    """

    row_word: str
    column_word: str
    columns: Sequence[str]
    cell_words: Sequence[str]
    rows: Sequence[tuple[Markup, Sequence[int]]]
    largest: int
    today: int | None = None


class CalendarContext(Struct, frozen=True, kw_only=True):
    """Some columns of a timeline, the first `most` items of each cell by name; `today_at` in per cent of a column."""

    row_word: str
    columns: Sequence[str]
    rows: Sequence[tuple[Markup, Sequence[TimelineCell]]]
    most: int
    today: int | None
    today_at: float


_Slide: TypeAlias = GridContext | CalendarContext | list[Section[ListedItem]]


async def show_matrix(request: Request, query: PresentedMatrixQuery) -> Response:
    """Show how many items are in each cell of the matrix, and then the first of each by name."""
    chart = await chart_pages.read_chart(request, MATRIX, query)
    context = await matrix.read_matrix(chart, query)
    page = context.page
    has_estimates = len(page.estimates) > 1
    found = _list_matrix_slides(chart, context) if has_estimates else []
    count = backlog_decks.write_count(0, page.count, context.most, chart.local)
    deck = await _build_deck(
        request,
        chart,
        found,
        query.slide,
        f"{count} open",
        compared=context.compared,
        lacks_estimates=bool(page.rows) and not has_estimates,
    )
    return slides.show_deck(
        request,
        deck,
        await backlog_slides.write_heading(request, chart.place, chart.now),
        lambda number: backlog_url.build_present_url(MATRIX, replace(query, slide=number)),
        chart.place.url,
    )


async def show_timeline(request: Request, query: PresentedTimelineQuery) -> Response:
    """Show how many items are due in each month, then by name those of some months at once, and what has no date."""
    chart = await chart_pages.read_chart(request, TIMELINE, query)
    context = await item_timeline.read_timeline(chart, query)
    due, undated = (
        backlog_decks.write_count(0, one.count, context.most, chart.local)
        for one in (context.page.due, context.page.unscheduled)
    )
    found, note = _list_timeline_slides(chart, context), f"{due} due, {undated} without a date"
    deck = await _build_deck(request, chart, found, query.slide, note, compared=context.compared)
    return slides.show_deck(
        request,
        deck,
        await backlog_slides.write_heading(
            request, chart.place, chart.now, urlencode(params.write(replace(query, slide=1)))
        ),
        lambda number: backlog_url.build_present_url(TIMELINE, replace(query, slide=number)),
        params.build_url(TIMELINE, replace(query, slide=1)),
    )


async def _build_deck(
    request: Request,
    chart: ChartContext,
    found: Sequence[_Slide],
    number: int,
    note: str,
    *,
    compared: Comparison | None,
    lacks_estimates: bool = False,
) -> Deck:
    if not found:
        why = NothingContext(chart.scope.is_nothing, chart.is_narrowed, chart.has_run, lacks_estimates)
        return backlog_decks.build_empty_deck(why)
    chosen, shown = slides.choose_slide(found, number)
    if isinstance(chosen, GridContext):
        body = _render_grid(chart, chosen)
    elif isinstance(chosen, CalendarContext):
        body = _render_calendar(chart, chosen)
    else:
        reader = auth.require_page_user(request)
        context = SectionsContext(
            sections=chosen,
            ranks=await ranks.read_ranks(chart.scope, reader.version),
            news=News(await news.find_meeting(chart.now, reader.settings_mark)),
            compared=compared,
            now=chart.now,
            local=chart.local,
        )
        body = rendering.render_part("presentation/_sections.html", context)
    return Deck(body=body, number=shown, count=len(found), note=_write_note(note))


def _render_grid(chart: ChartContext, grid: GridContext) -> Markup:
    return rendering.render_part("presentation/_grid.html", chart, grid)


def _render_calendar(chart: ChartContext, calendar: CalendarContext) -> Markup:
    return rendering.render_part("presentation/_calendar.html", chart, calendar)


def _write_note(words: str) -> Markup:
    return Markup('<p class="slide-note">{}</p>').format(words)


def _list_matrix_slides(chart: ChartContext, context: MatrixContext) -> list[_Slide]:
    page, chosen = context.page, context.chosen
    rows = [(_render_row_name(context, group), cells) for group, cells in page.rows]
    with locales.write_for(chart.local):
        columns = [_name_effort(one, context.scale) for one in page.estimates]
        efforts = [_write_effort(one, context.scale) for one in page.estimates]
    found: list[_Slide] = [
        GridContext(
            row_word=chosen.name if context.by is None and chosen else FILTERS[context.by or "label"].label,
            column_word="Estimate" if context.scale == "tShirt" else "Estimate in points",
            columns=columns,
            cell_words=efforts,
            rows=[(name, [cell.count for cell in cells]) for name, cells in rows[at : at + _ROWS]],
            largest=page.largest,
        )
        for at in range(0, len(rows), _ROWS)
    ]
    sections = [
        Section(
            heading=name + Markup(" · {}").format(effort),
            note=backlog_decks.write_count(len(cell.items), cell.count, context.most, chart.local),
            lines=cell.items,
        )
        for name, cells in rows
        for effort, cell in zip(efforts, cells, strict=True)
        if cell.count
    ]
    return [*found, *slides.pack_sections(sections)]


def _render_row_name(context: MatrixContext, group: Group) -> Markup:
    if context.by is None and group.value is None:
        return Markup("None of these")
    return backlog_decks.render_group_name(context.by or "label", group)


def _name_effort(estimate: float | None, scale: str | None) -> str:
    return "None" if estimate is None else find_size(estimate, scale) or locales.format_number(estimate)


def _write_effort(estimate: float | None, scale: str | None) -> str:
    if estimate is None:
        return "no estimate"
    unit = "point" if estimate == 1 else "points"
    return find_size(estimate, scale) or f"{locales.format_number(estimate)} {unit}"


def _list_timeline_slides(chart: ChartContext, context: TimelineContext) -> list[_Slide]:
    if not context.page.rows:
        return []
    names = [backlog_decks.render_group_name(context.by, row.group) for row in context.page.rows]
    with locales.write_for(chart.local):
        columns = [_name_column(tick.first, is_quarter=context.window.months > 12) for tick in context.columns]  # noqa: PLR2004 (a year)
    today, today_at = _place_today(chart.now.date(), context)
    counts = [[*(cell.count for cell in row.cells), row.unscheduled.count] for row in context.page.rows]
    grids = [
        GridContext(
            row_word=FILTERS[context.by].label,
            column_word="Due",
            columns=[*columns, "No date"],
            cell_words=[*columns, "No date"],
            rows=list(zip(names, counts, strict=True))[at : at + _ROWS],
            largest=max(max(one) for one in counts),
            today=today,
        )
        for at in range(0, len(names), _ROWS)
    ]
    calendars = [
        CalendarContext(
            row_word=FILTERS[context.by].label,
            columns=columns[first : first + _COLUMNS],
            rows=packed,
            most=_IN_CELL,
            today=today - first if today is not None and first <= today < first + _COLUMNS else None,
            today_at=today_at,
        )
        for first in range(0, len(columns), _COLUMNS)
        for packed in _pack_rows(
            [(name, row.cells[first : first + _COLUMNS]) for name, row in zip(names, context.page.rows, strict=True)]
        )
    ]
    return [*grids, *calendars, *slides.pack_sections(_list_undated(chart, context, names))]


def _list_undated(
    chart: ChartContext, context: TimelineContext, names: Sequence[Markup]
) -> list[Section[ListedItem]]:
    cells = [(name, row.unscheduled) for name, row in zip(names, context.page.rows, strict=True)]
    return [
        Section(
            heading=name + Markup(" · without a date"),
            note=backlog_decks.write_count(len(cell.items), cell.count, context.most, chart.local),
            lines=cell.items,
        )
        for name, cell in cells
        if cell.count
    ]


def _name_column(first: date, *, is_quarter: bool) -> str:
    return f"Q{(first.month + 2) // 3} {first.year}" if is_quarter else locales.format_month(first)


def _place_today(today: date, context: TimelineContext) -> tuple[int | None, float]:
    """Return the column in which today is, and where in it in per cent."""
    ends = [*(one.first for one in context.columns[1:]), context.window.end]
    for at, (tick, end) in enumerate(zip(context.columns, ends, strict=True)):
        if tick.first <= today < end:
            return at, round(100 * ((today - tick.first).days + 0.5) / (end - tick.first).days, 1)
    return None, 0


def _pack_rows(
    rows: Sequence[tuple[Markup, Sequence[TimelineCell]]],
) -> list[list[tuple[Markup, Sequence[TimelineCell]]]]:
    """Return the rows that have anything, as many of them together as fit on a slide."""
    packed: list[list[tuple[Markup, Sequence[TimelineCell]]]] = []
    left = 0.0
    for name, cells in rows:
        if not any(cell.count for cell in cells):
            continue
        room = _ROW_ROOM + max(_measure_cell(cell) for cell in cells)
        if not packed or left < room:
            packed.append([])
            left = _CALENDAR_ROOM
        packed[-1].append((name, cells))
        left -= room
    return packed


def _measure_cell(cell: TimelineCell) -> int:
    """Return how many lines of text a cell has."""
    lines = [
        min(ceil((len(one.title) + _LETTERS_OF_DAY) / _LETTERS_IN_LINE), _TITLE_LINES)
        for one in cell.items[:_IN_CELL]
    ]
    return sum(lines) + (cell.count > _IN_CELL)
