"""Answer `/matrix`: open items by importance against effort."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.backlog.backlog_url import MATRIX, BacklogQuery
from shareable_backlog.controllers.charts import chart_pages
from shareable_backlog.services.charts import matrix
from shareable_backlog.services.charts.matrix import Matrix
from shareable_backlog.vocabulary import GroupBy
from shareable_backlog.web.pages import rendering


@dataclass(frozen=True, slots=True)
class MatrixContext:
    """The table, in rows of what, and how many items it looks at."""

    page: Matrix
    by: GroupBy
    most: int


async def show_matrix(request: Request, query: BacklogQuery) -> Response:
    """Show open items in a row for each priority, or another group, and a column for each estimate."""
    chart = await chart_pages.read_chart(request, MATRIX, query)
    group = query.layout.group
    by: GroupBy = "priority" if group is None or group == "none" else group
    page = await matrix.build_matrix(chart.scope, chart.asked, by)
    context = MatrixContext(page, by, matrix.MOST_COUNTED)
    return await chart_pages.render_chart(
        request,
        chart,
        query,
        "matrix",
        display=rendering.render_part("charts/_matrix_display.html", chart, context),
        picture=rendering.render_part("charts/_matrix.html", chart, context),
    )
