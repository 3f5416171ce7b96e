"""Answer `/matrix`: open items by importance against effort."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.backlog.backlog_url import MATRIX, BacklogQuery
from shareable_backlog.controllers.charts import chart_pages
from shareable_backlog.controllers.charts.chart_pages import ChartContext
from shareable_backlog.services.backlog import catalog
from shareable_backlog.services.backlog.comparison import Comparison
from shareable_backlog.services.charts import matrix
from shareable_backlog.services.charts.matrix import ChosenLabels, Matrix
from shareable_backlog.vocabulary import GroupBy
from shareable_backlog.web.pages import rendering


class MatrixContext(Struct, frozen=True, kw_only=True):
    """The table, in rows of what, and how many items it looks at.

    `scale` is Linear's, where all teams that are asked for estimate by one. `chosen` are the labels that an admin has
    named for it, by which it goes where `by` is None; `lacks_chosen` where nothing is left of them.
    """

    page: Matrix
    by: GroupBy | None
    chosen: ChosenLabels | None
    lacks_chosen: bool
    scale: str | None
    most: int
    compared: Comparison | None


async def show_matrix(request: Request, query: BacklogQuery) -> Response:
    """Show open items in rows by priority, an admin's labels or another group, and a column for each estimate."""
    chart = await chart_pages.read_chart(request, MATRIX, query)
    return await _render_matrix(request, chart, query, await read_matrix(chart, query))


async def _render_matrix(
    request: Request, chart: ChartContext, query: BacklogQuery, context: MatrixContext
) -> Response:
    return await chart_pages.render_chart(
        request,
        chart,
        query,
        "matrix",
        display=rendering.render_part("charts/_matrix_display.html", chart, context),
        picture=rendering.render_part("charts/_matrix.html", chart, context),
    )


async def read_matrix(chart: ChartContext, query: BacklogQuery) -> MatrixContext:
    """Return the table that is asked for: in rows by a group, else by the labels that an admin chose, or priority."""
    group = query.layout.group
    usual, lacks_chosen = await matrix.choose_rows()
    by = usual if group is None or group == "none" else group
    page = await matrix.build_matrix(chart.scope, chart.asked, by)
    named = (item for _, cells in page.rows for cell in cells for item in cell.items)
    return MatrixContext(
        page=page,
        by=None if isinstance(by, ChosenLabels) else by,
        chosen=usual if isinstance(usual, ChosenLabels) else None,
        lacks_chosen=lacks_chosen and by is usual,
        scale=catalog.find_scale(await catalog.list_teams(chart.scope), chart.asked.filters),
        most=matrix.MOST_COUNTED,
        compared=await chart_pages.compare_chart(chart, named),
    )
