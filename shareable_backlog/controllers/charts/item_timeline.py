"""Answer `/timeline`: items by when they are due."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlencode

from msgspec import field, structs
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import TIMELINE, BacklogQuery, BacklogUrl
from shareable_backlog.controllers.backlog.lists import headings, item_totals
from shareable_backlog.controllers.backlog.lists.item_list import ItemListContext
from shareable_backlog.controllers.backlog.lists.list_parts import RenderedPage, is_narrowed
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import views
from shareable_backlog.services.backlog import catalog, item_pages, news
from shareable_backlog.services.backlog.item_pages import ItemQuery, ItemTotal
from shareable_backlog.services.backlog.news import News
from shareable_backlog.services.charts import item_timeline
from shareable_backlog.services.charts.item_timeline import Timeline
from shareable_backlog.vocabulary import GroupBy
from shareable_backlog.web import params
from shareable_backlog.web.charts import timeline
from shareable_backlog.web.charts.timeline import Tick, TimelineWindow
from shareable_backlog.web.fields import Codec, Otherwise, Trimmed
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.locales import LocalFormat

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineContext:
    """The parts of the page: the table, what is chosen, and the addresses around it."""

    place: BacklogUrl
    local: LocalFormat
    now: datetime
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
    is_narrowed: bool
    is_admin: bool
    has_run: bool
    mirrored: int
    news: News
    total: ItemTotal
    pages_off: frozenset[str]


async def show_timeline(request: Request, query: TimelineQuery) -> Response:
    """Show items in a row for each group and a column for each month, or for each quarter of two years."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    now = clock.read_time().astimezone(local.tzinfo)
    place = backlog_url.build_backlog_url(TIMELINE, query)
    group = query.layout.group
    by: GroupBy = "team" if group is None or group == "none" else group
    window = timeline.parse_window(query.from_, query.months or _MONTHS, now.date())
    columns = timeline.build_ticks(window)
    edges = [*(one.first for one in columns), window.end]
    scope = reader.user.scope
    asked = await news.complete_query(ItemQuery(place.filters, place.layout.order, now), scope, reader.user.user_id)
    selection = await item_pages.select_items(scope, replace(asked, order=asked.order or "rank"))
    found = await item_timeline.build_timeline(scope, asked, by, edges)
    is_admin = reader.user.reads_as_admin
    context = TimelineContext(
        place=place,
        local=local,
        now=now,
        news=asked.news,
        total=await item_totals.count_items(selection, asked, reader.version),
        pages_off=reader.user.pages_off,
        page=found,
        by=by,
        window=window,
        columns=columns,
        lengths=timeline.LENGTHS,
        params=query,
        most=item_timeline.MOST_COUNTED,
        earlier_address=_build_url(query, window.shift(-1).start),
        later_address=_build_url(query, window.shift(1).start),
        now_address=_build_url(query, None),
        is_narrowed=is_narrowed(place),
        is_admin=is_admin,
        has_run=reader.mirror.as_of is not None,
        mirrored=(await catalog.count_mirrored())[0] if is_admin and not found.rows else 0,
    )
    made = RenderedPage(
        await headings.write_heading(scope, place),
        rendering.render_part("backlog/_toolbar.html", context),
        rendering.render_part("charts/_timeline_display.html", context),
        rendering.render_part("charts/_timeline.html", context),
        is_empty=False,
    )
    saved = views.build_bar(reader.views, urlencode(params.write(query)), "timeline")
    return auth.render_page(
        request, "backlog/backlog.html", ItemListContext(made, place, saved, asks_for_unseen=False)
    )


def _build_url(query: TimelineQuery, first: date | None) -> str:
    return params.build_url(TIMELINE, structs.replace(query, from_=first))
