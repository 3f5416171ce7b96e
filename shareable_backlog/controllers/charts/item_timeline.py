"""Answer `/timeline`: items by when they are due."""

from datetime import date
from typing import Annotated

from msgspec import Struct, field
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.backlog.backlog_url import TIMELINE, BacklogQuery
from shareable_backlog.controllers.charts import chart_pages
from shareable_backlog.controllers.charts.chart_pages import ChartContext
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.backlog.comparison import Comparison
from shareable_backlog.services.charts import item_timeline
from shareable_backlog.services.charts.item_timeline import Timeline
from shareable_backlog.vocabulary import GroupBy
from shareable_backlog.web import params
from shareable_backlog.web.charts import timeline
from shareable_backlog.web.charts.timeline import Tick, TimelineWindow
from shareable_backlog.web.fields import Codec, Otherwise, Trimmed
from shareable_backlog.web.pages import rendering

_MONTHS: timeline.Length = 12


class TimelineQuery(BacklogQuery, frozen=True):
    """What the page is asked for: which items, in groups of what, and which months."""

    from_: Annotated[date | None, Trimmed(), Codec(timeline.read_month, timeline.write_month)] = field(
        default=None, name="from"
    )
    months: Annotated[
        timeline.Length | None,
        Trimmed(),
        Otherwise(InvalidInput, "A timeline shows 3, 6, 12 or 24 months. Choose one of them."),
    ] = None


class TimelineContext(Struct, frozen=True, kw_only=True):
    """The table, what of it is shown, and the addresses around it."""

    page: Timeline
    by: GroupBy
    window: TimelineWindow
    columns: list[Tick]
    lengths: tuple[timeline.Length, ...]
    params: TimelineQuery
    most: int
    earlier_address: str
    later_address: str
    now_address: str
    compared: Comparison | None


async def show_timeline(request: Request, query: TimelineQuery) -> Response:
    """Show items in a row for each group and a column for each month, or for each quarter of two years."""
    chart = await chart_pages.read_chart(request, TIMELINE, query)
    return await _render_timeline(request, chart, query, await read_timeline(chart, query))


async def _render_timeline(
    request: Request, chart: ChartContext, query: TimelineQuery, context: TimelineContext
) -> Response:
    return await chart_pages.render_chart(
        request,
        chart,
        query,
        "timeline",
        display=rendering.render_part("charts/_timeline_display.html", chart, context),
        picture=rendering.render_part("charts/_timeline.html", chart, context),
    )


async def read_timeline(chart: ChartContext, query: TimelineQuery) -> TimelineContext:
    """Return the table that is asked for, and the addresses around it."""
    group = query.layout.group
    by: GroupBy = "team" if group is None or group == "none" else group
    window = timeline.parse_window(query.from_, query.months or _MONTHS, chart.now.date())
    columns = timeline.build_ticks(window)
    edges = [*(one.first for one in columns), window.end]
    page = await item_timeline.build_timeline(chart.scope, chart.asked, by, edges)
    named = (item for row in page.rows for cell in (*row.cells, row.unscheduled) for item in cell.items)
    return TimelineContext(
        page=page,
        by=by,
        window=window,
        columns=columns,
        lengths=timeline.LENGTHS,
        params=query,
        most=item_timeline.MOST_COUNTED,
        earlier_address=_build_url(query, window.shift(-1).start),
        later_address=_build_url(query, window.shift(1).start),
        now_address=_build_url(query, None),
        compared=await chart_pages.compare_chart(chart, named),
    )


def _build_url(query: TimelineQuery, first: date | None) -> str:
    return params.build_url(TIMELINE, replace(query, from_=first))
