"""Answer `/roadmap`: projects and milestones on a time line."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import filterfalse, groupby
from typing import Annotated

from msgspec import Meta, Struct, field
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.projects import roadmap
from shareable_backlog.services.projects.roadmap import Plan, RoadmapPage
from shareable_backlog.web import params
from shareable_backlog.web.fields import Codec, Otherwise, SearchText, TeamKey, Trimmed
from shareable_backlog.web.pages import timeline
from shareable_backlog.web.pages.timeline import Bar, Mark, Window

_LAST_PAGE = 100
_LONGEST_NAME = 34  # of a milestone, beside its mark
_LETTERS_OF_DATE = 9


class RoadmapQuery(Struct, frozen=True, kw_only=True):
    """Which projects are asked for (`team` by key, `status` by type), in which groups, months and page."""

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


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a project with its drawing; the marks are those of its steps that have one."""

    plan: Plan
    bar: Bar | None
    marks: list[Mark]


async def show(request: Request, query: RoadmapQuery) -> Response:
    """Show the projects; `team` (key) and `status` (type) narrow them; `group`, `from` and `months` shape it."""
    today = datetime.now(auth.local(request).tzinfo).date()
    window = timeline.window(query.from_, query.months, today)
    found = await roadmap.page(
        auth.visitor(request).scope,
        team_key=query.team or None,
        status_type=query.status or None,
        number=query.page,
        by_initiative=query.by_initiative,
        today=today,
    )
    rows = [_row(plan, window) for plan in found.plans]
    first, has_more = replace(query, page=1), found.has_more and query.page < _LAST_PAGE
    return auth.page(
        request,
        "projects/roadmap.html",
        page=found,
        sections=_sections(found, list(filter(_has_date, rows)), by_initiative=query.by_initiative),
        undated=list(filterfalse(_has_date, rows)),
        window=window,
        ticks=timeline.ticks(window),
        lengths=timeline.LENGTHS,
        longest_name=_LONGEST_NAME,
        today=today,
        params=query,
        earlier_address=_url(replace(first, from_=window.moved(-1).start)),
        later_address=_url(replace(first, from_=window.moved(1).start)),
        now_address=_url(replace(first, from_=None)),
        first_address=_url(first),
        next_address=_url(replace(query, page=query.page + 1)) if has_more else None,
    )


def _row(plan: Plan, window: Window) -> Row:
    project, share = plan.project, plan.count and plan.count.share
    return Row(
        plan,
        timeline.bar(window, project.start_date, project.target_date, share or 0),
        timeline.marks(
            window,
            [
                (step.milestone.target_date, min(len(step.milestone.name), _LONGEST_NAME) + _LETTERS_OF_DATE)
                for step in plan.steps
            ],
        ),
    )


def _sections(found: RoadmapPage, rows: list[Row], *, by_initiative: bool) -> list[tuple[str | None, list[Row]]]:
    """Give the rows by type of status, or by name of initiative; None for those that have none."""
    if not by_initiative:
        return [(status, list(alike)) for status, alike in groupby(rows, _status)]
    in_any = {id_ for _, ids in found.initiatives for id_ in ids}
    sections: list[tuple[str | None, list[Row]]] = [
        (name, [row for row in rows if row.plan.project.id in ids]) for name, ids in found.initiatives
    ]
    sections.append((None, [row for row in rows if row.plan.project.id not in in_any]))
    return [section for section in sections if section[1]]


def _has_date(row: Row) -> bool:
    return (row.plan.project.start_date or row.plan.project.target_date) is not None


def _status(row: Row) -> str | None:
    return row.plan.status


def _url(query: RoadmapQuery) -> str:
    return params.url("/roadmap", query)
