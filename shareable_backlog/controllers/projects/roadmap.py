"""Answer `/roadmap`: projects and milestones on a time line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import filterfalse, groupby
from typing import Annotated, TypeAlias
from urllib.parse import quote

from msgspec import Meta, Struct, field
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.lists import headings, ranks
from shareable_backlog.controllers.work import work_pages
from shareable_backlog.controllers.work.work_pages import WorkLinks
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.account import views
from shareable_backlog.services.account.views import ViewsBar
from shareable_backlog.services.backlog import catalog, filters, news
from shareable_backlog.services.backlog.filters import Condition, Filters, find_since
from shareable_backlog.services.backlog.news import News
from shareable_backlog.services.projects import names, plan_moves, roadmap
from shareable_backlog.services.projects.plan_moves import PLAN_MOVES, PlanMove, PlanMoveKind
from shareable_backlog.services.projects.roadmap import Plan, RoadmapPage
from shareable_backlog.services.work import sections
from shareable_backlog.services.work.sections import WorkSection
from shareable_backlog.vocabulary import PLAN_STATUSES
from shareable_backlog.web import params
from shareable_backlog.web.charts import timeline
from shareable_backlog.web.charts.timeline import Bar, Mark, Tick, TimelineWindow
from shareable_backlog.web.fields import Codec, Otherwise, SearchText, TeamKey, Trimmed
from shareable_backlog.web.pages import locales

_LAST_PAGE = 100
_LONGEST_NAME = 34  # of a milestone, beside its mark
_LETTERS_OF_DATE = 9


def _parse_since(text: str) -> str | None:
    """Return the day to compare with; None for the empty choice of the page's form. Raises InvalidInput."""
    return filters.parse_since(text) if text else None


def _write_since(since: str | None) -> str:
    return since or ""


class RoadmapQuery(Struct, frozen=True, kw_only=True):
    """Which projects are asked for (`team` by key, `status` by type), in which groups, months and page.

    Below the one whose id is `open` stand its items.
    """

    team: TeamKey = ""
    status: SearchText = ""
    by_initiative: Annotated[bool, Trimmed(), Codec("initiative".__eq__, lambda _: "initiative")] = field(
        default=False, name="group"
    )
    from_: Annotated[date | None, Trimmed(), Codec(timeline.read_month, timeline.write_month)] = field(
        default=None, name="from"
    )
    months: Annotated[
        timeline.Length | None,
        Trimmed(),
        Otherwise(InvalidInput, "A roadmap shows 3, 6, 12 or 24 months. Choose one of them."),
    ] = None
    page: Annotated[int, Meta(ge=1, le=_LAST_PAGE)] = 1
    open: Annotated[str, Trimmed(200)] = ""
    since: Annotated[str | None, Trimmed(20), Codec(_parse_since, _write_since)] = None
    moved: Annotated[
        PlanMoveKind | None,
        Trimmed(),
        Otherwise(InvalidInput, "Plans can be new, slipped or moved since a day. Choose one of them."),
    ] = None


class ComparedPlans(Struct, frozen=True):
    """What has become of the plans `since` a day (None: there was no meeting yet), and each sum with its address."""

    since: datetime | None
    moves: Mapping[str, PlanMove]
    sums: Sequence[tuple[PlanMoveKind, int, str]]
    stop_address: str
    all_address: str


class RoadmapRow(Struct, frozen=True):
    """A project with its drawing; the marks are those of its steps that have one."""

    plan: Plan
    bar: Bar | None
    marks: list[Mark]


Section: TypeAlias = tuple[str | None, list[RoadmapRow]]
"""The rows of a type of status, or of the name of an initiative; None for those that have none."""


class RoadmapContext(Struct, frozen=True, kw_only=True):
    """The page of the roadmap: its rows in sections, the time line above them, and the addresses around it."""

    heading: str
    page: RoadmapPage
    sections: list[Section]
    undated: list[RoadmapRow]
    window: TimelineWindow
    ticks: list[Tick]
    lengths: tuple[timeline.Length, ...]
    longest_name: int
    today: date
    params: RoadmapQuery
    earlier_address: str
    later_address: str
    now_address: str
    first_address: str
    next_address: str | None
    is_admin: bool
    mirrored: int
    saved: ViewsBar
    present_url: str
    compared: ComparedPlans | None
    opened: WorkSection | None
    ranks: Mapping[str, int]
    open_addresses: Mapping[str, str]
    """By the ids of projects whose items a list has alone: where these stand below the project, or no more."""
    links: WorkLinks


async def show_roadmap(request: Request, query: RoadmapQuery) -> Response:
    """Show the projects; `team` (key) and `status` (type) narrow them; `group`, `from` and `months` shape it."""
    return _render_roadmap(request, await read_roadmap(request, query))


def _render_roadmap(request: Request, context: RoadmapContext) -> Response:
    return auth.render_page(request, "projects/roadmap.html", context)


async def read_roadmap(request: Request, query: RoadmapQuery) -> RoadmapContext:
    """Return the page of the roadmap that the query asks for, as whoever asks may see it."""
    is_admin = auth.require_user(request).reads_as_admin
    today = clock.read_time().astimezone(auth.read_local_format(request).tzinfo).date()
    window = timeline.parse_window(query.from_, query.months, today)
    first = replace(query, page=1)
    compared = await _compare_plans(request, first)
    found = await _list_plans(request, query, compared, today)
    rows = [_build_row(plan, window) for plan in found.plans]
    reader = auth.require_page_user(request)
    saved = views.build_bar(reader.views, _build_url(first).partition("?")[2], "roadmap")
    has_more = found.has_more and query.page < _LAST_PAGE
    return RoadmapContext(
        heading=saved.current.name if saved.current else _describe_query(request, query, found),
        page=found,
        sections=_group_rows(found, list(filter(_has_date, rows)), by_initiative=query.by_initiative),
        undated=list(filterfalse(_has_date, rows)),
        window=window,
        ticks=timeline.build_ticks(window),
        lengths=timeline.LENGTHS,
        longest_name=_LONGEST_NAME,
        today=today,
        params=query,
        earlier_address=_build_url(replace(first, from_=window.shift(-1).start)),
        later_address=_build_url(replace(first, from_=window.shift(1).start)),
        now_address=_build_url(replace(first, from_=None)),
        first_address=_build_url(first),
        next_address=_build_url(replace(query, page=query.page + 1)) if has_more else None,
        is_admin=is_admin,
        saved=saved,
        compared=compared,
        opened=await _read_opened(request, query, found),
        ranks=await ranks.read_ranks(reader.user.scope, reader.version) if query.open else {},
        open_addresses=_list_open_addresses(query, found),
        links=work_pages.build_links(request),
        present_url=backlog_url.build_present_url("/roadmap", query),
        mirrored=(await catalog.count_mirrored())[1] if is_admin and not found.plans else 0,
    )


async def _read_opened(request: Request, query: RoadmapQuery, found: RoadmapPage) -> WorkSection | None:
    """Return what is open of the project below which items are asked for, where a list has just these."""
    opened = next((one.project for one in found.plans if one.project.id == query.open), None)
    if opened is None or not names.has_own_list(opened):
        return None
    wanted = Filters((Condition("project", (opened.name,)),), with_done=False)
    return await sections.read_section(work_pages.build_reader(request), wanted)


def _list_open_addresses(query: RoadmapQuery, found: RoadmapPage) -> Mapping[str, str]:
    ids = [one.project.id for one in found.plans if names.has_own_list(one.project)]
    return {
        id_: f"{_build_url(replace(query, open='' if id_ == query.open else id_))}#plan-{quote(id_)}" for id_ in ids
    }


async def _list_plans(
    request: Request, query: RoadmapQuery, compared: ComparedPlans | None, today: date
) -> RoadmapPage:
    return await roadmap.list_plans(
        auth.require_user(request).scope,
        team_key=query.team or None,
        status_type=query.status or None,
        number=query.page,
        by_initiative=query.by_initiative,
        today=today,
        ids=_list_moved(compared, query.moved),
    )


def _describe_query(request: Request, query: RoadmapQuery, found: RoadmapPage) -> str:
    team = next((one.name for one in found.teams if one.key == query.team), query.team)
    groups = "By initiative" if query.by_initiative else ""
    said = ("Roadmap", team, PLAN_STATUSES.get(query.status, query.status), groups)
    local = auth.read_local_format(request)
    with locales.write_for(local):
        compared = headings.describe_comparison(
            Filters(since=_find_since(query), moved=query.moved), clock.read_time().astimezone(local.tzinfo)
        )
        return " · ".join(filter(None, (*said, *compared)))


def _find_since(query: RoadmapQuery) -> str | None:
    return query.since or ("meeting" if query.moved else None)


async def _compare_plans(request: Request, first: RoadmapQuery) -> ComparedPlans | None:
    since = _find_since(first)
    if since is None:
        return None
    reader, now = (
        auth.require_page_user(request),
        clock.read_time().astimezone(auth.read_local_format(request).tzinfo),
    )
    at = find_since(Filters(since=since), now, News(await news.find_meeting(now, reader.settings_mark)))
    moves: Mapping[str, PlanMove] = {}
    if at is not None:
        moves = await plan_moves.list_plan_moves(
            reader.user.scope, at, team_key=first.team or None, status_type=first.status or None
        )
    counts = Counter(one.kind for one in moves.values())
    compared = replace(first, since=since)
    return ComparedPlans(
        since=at,
        moves=moves,
        sums=[(kind, counts[kind], _build_url(replace(compared, moved=kind))) for kind in PLAN_MOVES if counts[kind]],
        stop_address=_build_url(replace(first, since=None, moved=None)),
        all_address=_build_url(replace(compared, moved=None)),
    )


def _list_moved(compared: ComparedPlans | None, kind: PlanMoveKind | None) -> list[str] | None:
    return [id_ for id_, one in compared.moves.items() if one.kind == kind] if compared and kind else None


def _build_row(plan: Plan, window: TimelineWindow) -> RoadmapRow:
    return RoadmapRow(
        plan,
        timeline.build_bar(window, plan.first_day, plan.last_day),
        timeline.build_marks(
            window,
            [
                (step.milestone.target_date, min(len(step.milestone.name), _LONGEST_NAME) + _LETTERS_OF_DATE)
                for step in plan.steps
            ],
        ),
    )


def _group_rows(page: RoadmapPage, rows: list[RoadmapRow], *, by_initiative: bool) -> list[Section]:
    if not by_initiative:
        return [(status, list(alike)) for status, alike in groupby(rows, _read_status)]
    in_any = {id_ for _, ids in page.initiatives for id_ in ids}
    sections: list[Section] = [
        (name, [row for row in rows if row.plan.project.id in ids]) for name, ids in page.initiatives
    ]
    sections.append((None, [row for row in rows if row.plan.project.id not in in_any]))
    return [section for section in sections if section[1]]


def _has_date(row: RoadmapRow) -> bool:
    return (row.plan.first_day or row.plan.last_day) is not None


def _read_status(row: RoadmapRow) -> str | None:
    return row.plan.status


def _build_url(query: RoadmapQuery) -> str:
    return params.build_url("/roadmap", query)
