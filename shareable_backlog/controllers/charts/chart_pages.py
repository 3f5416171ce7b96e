"""Show a picture of items as a page of the backlog: narrowed by the same filters, under the same tools."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import TRENDS, BacklogQuery, BacklogUrl
from shareable_backlog.controllers.backlog.lists import headings, item_totals
from shareable_backlog.controllers.backlog.lists.item_list import ItemListContext
from shareable_backlog.controllers.backlog.lists.list_parts import RenderedPage, is_narrowed
from shareable_backlog.services.account import views
from shareable_backlog.services.account.views import Layout
from shareable_backlog.services.backlog import catalog, comparison, news, selections
from shareable_backlog.services.backlog.comparison import Comparison
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal, ListedItem, Scope
from shareable_backlog.services.backlog.news import News
from shareable_backlog.web import params
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.locales import LocalFormat


class ChartContext(Struct, frozen=True, kw_only=True):
    """What the tools around a picture and its words are made of; `mirrored` counts all items where there are none."""

    place: BacklogUrl
    local: LocalFormat
    now: datetime
    scope: Scope
    asked: ItemQuery
    news: News
    total: ItemTotal
    pages_off: frozenset[str]
    is_narrowed: bool
    is_admin: bool
    has_run: bool
    mirrored: int


async def read_chart(request: Request, path: str, query: BacklogQuery) -> ChartContext:
    """Return what is asked for at `path`, and how many items that are."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    scope, now = reader.user.scope, clock.read_time().astimezone(local.tzinfo)
    place = backlog_url.build_backlog_url(path, query)
    if place.filters.moved == "gone":  # which is in the list alone
        place = replace(place, filters=replace(place.filters, moved=None))
    plain = ItemQuery(place.filters, place.layout.order, now)
    asked = await news.complete_query(plain, scope, reader.user.user_id, reader.unseen)
    selection = await selections.select_items(scope, replace(asked, order=asked.order or "rank"), reader.version)
    total = await item_totals.count_items(selection, asked, reader.version)
    is_admin = reader.user.reads_as_admin
    return ChartContext(
        place=place,
        local=local,
        now=now,
        scope=scope,
        asked=asked,
        news=asked.news,
        total=total,
        pages_off=reader.user.pages_off,
        is_narrowed=is_narrowed(place),
        is_admin=is_admin,
        has_run=reader.mirror.as_of is not None,
        mirrored=(await catalog.count_mirrored())[0] if is_admin and not total.count else 0,
    )


async def compare_chart(chart: ChartContext, items: Iterable[ListedItem]) -> Comparison | None:
    """Return what moved since the day that a picture is compared with, of all of it and of these items by name."""
    return await comparison.compare_items(chart.scope, chart.asked, [one.id for one in items], counts=True)


async def render_chart(
    request: Request, chart: ChartContext, query: Struct, layout: Layout, *, display: Markup, picture: Markup
) -> Response:
    """Return the page of a picture, under what Display offers for it."""
    made = RenderedPage(
        await headings.write_heading(chart.scope, chart.place, chart.local, chart.now),
        rendering.render_part("backlog/_toolbar.html", chart),
        display,
        picture,
        is_empty=False,
    )
    saved = views.build_bar(auth.require_page_user(request).views, urlencode(params.write(query)), layout)
    context = ItemListContext(
        made=made,
        place=chart.place,
        saved=saved,
        present_url=None if chart.place.path == TRENDS else backlog_url.build_present_url(chart.place.path, query),
        asks_for_unseen=False,
    )
    return auth.render_page(request, "backlog/backlog.html", context)
