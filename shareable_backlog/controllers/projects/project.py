"""Answer `/projects/{name}`: one project."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.projects import forecasts
from shareable_backlog.controllers.projects.forecasts import PlanPart, ShownForecast
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.charts.burn_up import BurnUp
from shareable_backlog.services.projects import names, project_page
from shareable_backlog.services.projects.project_page import ProjectDetails, ProjectPage
from shareable_backlog.services.projects.roadmap import Plan, build_plan
from shareable_backlog.web import params
from shareable_backlog.web.fields import Identifier, TimeAndKey
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache


class ProjectPath(Struct, frozen=True):
    """Which project it is: its name, which may have anything in it."""

    name: Identifier


class ProjectQuery(Struct, frozen=True):
    """From where on its updates are shown."""

    after: TimeAndKey | None = None


class ProjectContext(Struct, frozen=True, kw_only=True):
    """The page of a project with its texts; `is_first` unless it goes on with earlier updates.

    `forecasts` are of itself and of its milestones, by their ids.
    """

    page: ProjectPage
    texts: PageTexts
    forecasts: Mapping[str, ShownForecast]
    today: date
    is_first: bool
    next_url: str | None


class NamesakesContext(Struct, frozen=True):
    """The page that offers the projects of one name, of which it counts nothing."""

    plans: Sequence[Plan]


_MOST_MILESTONES = 3
_AT_REST = frozenset(("completed", "canceled", "paused"))
_Found = Sequence[ProjectDetails] | ProjectPage
_KEPT = ProcessState(lambda: AsyncLruCache[_Found](256))
"""What a name means, until the mirror or what is shared changes."""


async def show_project(request: Request, path: ProjectPath, query: ProjectQuery) -> Response:
    """Show the project; one that is named otherwise, or spelt differently, redirects there."""
    reader, now = auth.require_page_user(request), _read_now(request)
    make = partial(_read_found, reader.user.scope, path.name, query.after, now)
    # What is late or silent becomes so with a day.
    found = await _KEPT.value.get((reader.version, reader.user.scope, path.name, query.after, now.date()), make)
    if not isinstance(found, ProjectPage):
        plans = [build_plan(one, (), (), now.date()) for one in found]
        return auth.render_page(request, "projects/namesakes.html", NamesakesContext(plans))
    if found.project.word != path.name:
        words = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{build_project_path(found.project.word)}{words}", 301)
    next_after = found.updates.next_after
    context = ProjectContext(
        page=_leave_out_lists(found) if "list" in reader.user.pages_off else found,
        texts=PageTexts(
            url=found.project.url if reader.user.sees_linear else None, images={}, titles=found.mentioned
        ),
        forecasts=await forecasts.read_forecasts(request, _list_parts(found)) if query.after is None else {},
        today=now.date(),
        is_first=query.after is None,
        next_url=next_after
        and params.build_url(build_project_path(found.project.word), ProjectQuery(after=next_after)),
    )
    # Very long markdown takes a while to render, which must not hold up other readers.
    return await asyncio.to_thread(rendering.render_page, "projects/project.html", auth.build_frame(request), context)


def _leave_out_lists(page: ProjectPage) -> ProjectPage:
    """Return the page for who has no list for its numbers to lead to."""
    states = [replace(one, has_list=False) for one in page.states]
    return replace(page, has_own_list=False, listed_steps=frozenset(), states=states)


def _list_parts(page: ProjectPage) -> Iterator[tuple[PlanPart, BurnUp | None]]:
    """Yield what is forecast of a project that goes on: itself, and its first milestones that are under way.

    The page has the burn-up of the project alone.
    """
    if page.project.status_type in _AT_REST:
        return
    yield PlanPart("project", page.project.id), page.burn_up
    counts = [(step.milestone.id, step.count) for step in page.plan.steps]
    going = [id_ for id_, count in counts if count and 0 < count.done < count.items]
    yield from ((PlanPart("milestone", id_), None) for id_ in going[:_MOST_MILESTONES])


def build_project_path(word: str) -> str:
    """Return the path of the page of a project that an address names so."""
    return f"/projects/{quote(word)}"


async def _read_found(scope: names.Scope, word: str, after: tuple[datetime, str] | None, now: datetime) -> _Found:
    found = await names.find_projects(scope, word)
    if len(found) > 1:
        return found
    return await project_page.read_page(scope, found[0], after, today=now.date(), now=now)


def _read_now(request: Request) -> datetime:
    """Return what time it is for whoever asks."""
    return clock.read_time().astimezone(auth.read_local_format(request).tzinfo)
