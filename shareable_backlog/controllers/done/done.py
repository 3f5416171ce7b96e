"""Answer `/done`: what was finished, by week or by project or label, under headings that admins write."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog.backlog_url import LIST, BacklogUrl
from shareable_backlog.controllers.work import work_pages
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.backlog import catalog
from shareable_backlog.services.backlog.layouts import ListLayout
from shareable_backlog.services.done import finished
from shareable_backlog.services.done.finished import DoneKind, DonePage, DoneQuery
from shareable_backlog.web import params
from shareable_backlog.web.fields import Day, SearchText, TeamKey, Text
from shareable_backlog.web.pages.cache import AsyncLruCache


class DoneParams(Struct, frozen=True, kw_only=True):
    """What is asked for: what was finished `before` a Monday, of a `team` (key), from after `skip` parts on."""

    by: DoneKind = "week"
    team: TeamKey = ""
    before: Day | None = None
    skip: Annotated[int, Meta(ge=0, le=100_000)] = 0


class HeadingForm(Struct, frozen=True, kw_only=True):
    """What a part is to be called beside its name, "" for nothing more, and which page to go back to."""

    by: DoneKind
    key: SearchText
    heading: Text = ""
    team: TeamKey = ""
    before: Day | None = None


class DoneContext(Struct, frozen=True, kw_only=True):
    """The page of what was finished; `urls` are of the lists of its parts, "" without one.

    `kinds` are its other ways to be sorted, each with its address; `team_name` is "" for all teams.
    """

    page: DonePage
    params: DoneParams
    team_name: str
    today: date
    urls: Sequence[str]
    kinds: Sequence[tuple[DoneKind, str]]
    next_url: str | None
    older_url: str | None
    newest_url: str
    feed_url: str
    longest_heading: int


_KEPT = ProcessState(lambda: AsyncLruCache[DonePage](128))


async def show_done(request: Request, query: DoneParams) -> Response:
    """Show what was finished in some weeks, the newest first."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    now, scope = clock.read_time().astimezone(local.tzinfo), reader.user.scope
    before = query.before and query.before - timedelta(days=query.before.weekday())
    asked = DoneQuery(query.by, before, query.team or None)

    async def read() -> DonePage:
        return await finished.list_finished(scope, asked, now, skip=query.skip)

    key = (reader.version, scope, asked, query.skip, now.date(), str(now.tzinfo))
    page = await _KEPT.value.get(key, read)
    teams = await catalog.list_teams(scope) if query.team else []
    first, links = replace(query, skip=0), work_pages.build_links(request)
    context = DoneContext(
        page=page,
        params=query,
        team_name=next((one.name for one in teams if one.key == query.team), query.team),
        today=now.date(),
        urls=[links.build_url(one.filters) for one in page.parts],
        kinds=[(kind, _build_url(replace(first, by=kind))) for kind in finished.KINDS],
        next_url=_build_url(replace(query, skip=page.next_skip)) if page.next_skip else None,
        older_url=page.next_before and _build_url(replace(first, before=page.next_before)),
        newest_url=_build_url(replace(first, before=None)),
        feed_url=BacklogUrl(LIST, finished.build_feed_filters(query.team or None), ListLayout()).build_url_at(
            "/feeds"
        ),
        longest_heading=finished.LONGEST_HEADING,
    )
    return auth.render_page(request, "done/done.html", context)


async def save_heading(request: Request, form: HeadingForm) -> Response:
    """Save what a part is called beside its name."""
    await finished.save_heading(auth.read_actor(request), form.by, form.key, form.heading)
    back = _build_url(DoneParams(by=form.by, team=form.team, before=form.before))
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}notice=saved", 303)


def _build_url(query: DoneParams) -> str:
    return params.build_url("/done", query)
