"""Answer `/trends`: how the work goes of whatever the backlog is narrowed to."""

from functools import partial
from typing import Annotated, Final, Literal, TypeAlias, get_args

from msgspec import Struct, structs
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog.backlog_url import TRENDS, BacklogQuery
from shareable_backlog.controllers.charts import chart_pages
from shareable_backlog.controllers.charts.chart_pages import ChartContext
from shareable_backlog.controllers.projects import forecasts
from shareable_backlog.controllers.projects.forecasts import ShownForecast
from shareable_backlog.errors import InvalidInput
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.charts import trends
from shareable_backlog.services.charts.item_flow import FLOW_TYPES
from shareable_backlog.services.charts.trends import Trends
from shareable_backlog.services.projects import forecast
from shareable_backlog.web import params
from shareable_backlog.web.fields import Otherwise, Trimmed
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache

Weeks: TypeAlias = Literal[13, 26, 52]
"""A number of weeks that a reader may choose."""

_LENGTHS: Final[tuple[Weeks, ...]] = get_args(Weeks)
_USUAL: Weeks = 26
_KEPT = ProcessState(lambda: AsyncLruCache[Trends](256))


class TrendsQuery(BacklogQuery, frozen=True):
    """What the page is asked for: which items, and how many weeks."""

    weeks: Annotated[
        Weeks | None, Trimmed(), Otherwise(InvalidInput, "Trends show 13, 26 or 52 weeks. Choose one of them.")
    ] = None


class TrendsContext(Struct, frozen=True, kw_only=True):
    """The numbers, and for how many weeks they are; `most` are counted of what came in, and of what was done.

    `is_of_all_states` where the list is narrowed to some, and its forecast is not.
    """

    page: Trends
    forecast: ShownForecast | None
    is_of_all_states: bool
    weeks: int
    lengths: tuple[Weeks, ...]
    flow_types: tuple[str, ...]
    most: int


async def show_trends(request: Request, query: TrendsQuery) -> Response:
    """Show what came in and was done, how old it is, how long it took, and how it flows, as pictures and numbers."""
    if query.filters.since or query.filters.moved:  # nothing is compared with a day here: the time that is shown is
        plain = structs.replace(query, filters=replace(query.filters, since=None, moved=None))
        return RedirectResponse(params.build_url(TRENDS, plain), 303)
    chart = await chart_pages.read_chart(request, TRENDS, query)
    weeks = query.weeks or _USUAL
    context = TrendsContext(
        page=await _read_trends(chart, weeks, auth.require_page_user(request).version),
        forecast=await forecasts.read_selected_forecast(request, chart.asked),
        is_of_all_states=forecast.is_narrowed_to_states(chart.asked.filters),
        weeks=weeks,
        lengths=_LENGTHS,
        flow_types=FLOW_TYPES,
        most=trends.MOST_COUNTED,
    )
    return await chart_pages.render_chart(
        request,
        chart,
        query,
        "trends",
        display=rendering.render_part("charts/_trends_display.html", chart, context),
        picture=rendering.render_part("charts/_trends.html", chart, context),
    )


async def _read_trends(chart: ChartContext, weeks: int, version: str) -> Trends:
    """Return what is kept for the mirror as it is and the day as long as it lasts, or count it."""
    asked = chart.asked
    key = version, chart.scope, asked.filters, asked.news, asked.now.date(), str(asked.now.tzinfo), weeks
    return await _KEPT.value.get(key, partial(trends.build_trends, chart.scope, asked, weeks, version))
