"""Answer `/roadmap`: projects and milestones on a time line."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import filterfalse, groupby
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.projects import roadmap
from shareable_backlog.services.projects.roadmap import Plan, RoadmapPage
from shareable_backlog.web.pages import timeline
from shareable_backlog.web.pages.timeline import Bar, Mark, Window

_NAMES = ("team", "status", "group", "from", "months")
_LONGEST_TEXT = 200
_LAST_PAGE = 100
_LONGEST_NAME = 34  # of a milestone, beside its mark
_LETTERS_OF_DATE = 9


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a project with its drawing; the marks are those of its steps that have one."""

    plan: Plan
    bar: Bar | None
    marks: list[Mark]


async def show(request: Request) -> Response:
    """Show the projects; `team` (key) and `status` (type) narrow them; `group`, `from` and `months` shape it."""
    today = datetime.now(auth.local(request).tzinfo).date()
    words = _words(request)
    window = timeline.window(words.get("from", ""), words.get("months", ""), today)
    number = _page_number(request.query_params.get("page", "1"))
    found = await roadmap.page(
        auth.visitor(request).scope,
        team_key=words.get("team"),
        status_type=words.get("status"),
        number=number,
        by_initiative="group" in words,
        today=today,
    )
    rows = [_row(plan, window) for plan in found.plans]
    return auth.page(
        request,
        "roadmap.html",
        page=found,
        sections=_sections(found, list(filter(_has_date, rows)), by_initiative="group" in words),
        undated=list(filterfalse(_has_date, rows)),
        window=window,
        ticks=timeline.ticks(window),
        lengths=timeline.LENGTHS,
        longest_name=_LONGEST_NAME,
        today=today,
        words=words,
        number=number,
        earlier_address=_address(words | {"from": _month(window.moved(-1).start)}),
        later_address=_address(words | {"from": _month(window.moved(1).start)}),
        now_address=_address({name: value for name, value in words.items() if name != "from"}),
        first_address=_address(words),
        next_address=_address(words | {"page": str(number + 1)}) if found.has_more and number < _LAST_PAGE else None,
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


def _words(request: Request) -> dict[str, str]:
    given = {name: request.query_params.get(name, "").replace("\x00", "").strip() for name in _NAMES}
    given["team"] = given["team"].upper()
    given["group"] = "initiative" if given["group"] == "initiative" else ""
    return {name: value[:_LONGEST_TEXT] for name, value in given.items() if value}


def _page_number(word: str) -> int:
    number = int(word) if word.isascii() and word.isdigit() and len(word) <= len(str(_LAST_PAGE)) else 0
    if not 1 <= number <= _LAST_PAGE:
        raise InvalidInput("This page's address is damaged. Start again from the first page.")
    return number


def _month(first: date) -> str:
    return f"{first:%Y-%m}"


def _address(words: dict[str, str]) -> str:
    return f"/roadmap?{urlencode(words)}" if words else "/roadmap"
