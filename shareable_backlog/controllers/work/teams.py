"""Answer `/teams/{key}`: what a team works on, what comes next, what it did last."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog.lists import ranks
from shareable_backlog.controllers.work import work_pages
from shareable_backlog.controllers.work.work_pages import WorkLinks
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.work import teams
from shareable_backlog.services.work.teams import TeamPage
from shareable_backlog.web.fields import Identifier
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages.cache import AsyncLruCache

_KEPT = ProcessState(lambda: AsyncLruCache[TeamPage](128))


class TeamPath(Struct, frozen=True):
    """Which team it is, by its key."""

    key: Identifier


class TeamContext(Struct, frozen=True):
    """The page of a team; `ranks` are the places of items among all that the reader may see."""

    page: TeamPage
    ranks: Mapping[str, int]
    texts: PageTexts
    links: WorkLinks


async def show_team(request: Request, path: TeamPath) -> Response:
    """Show what a team works on now, what comes next and what it did; another spelling leads to its own."""
    reader = work_pages.build_reader(request)
    team = await teams.find_team(reader, path.key)
    page = await _KEPT.value.get((reader, team), partial(teams.read_team_page, reader, team))
    if team.key != path.key:
        return RedirectResponse(f"/teams/{quote(team.key, safe='')}", 301)
    context = TeamContext(
        page=page,
        ranks=await ranks.read_ranks(reader.scope, reader.version),
        texts=PageTexts(url=None, images={}, titles={}),
        links=work_pages.build_links(request),
    )
    return auth.render_page(request, "work/team.html", context)
