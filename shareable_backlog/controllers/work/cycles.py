"""Answer `/cycles/{name}`: a cycle of a team, as `FLD-12`."""

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
from shareable_backlog.errors import NotFound
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.work import cycles, sections
from shareable_backlog.services.work.cycles import MOST_IDS, CyclePage, SectionOfCycle
from shareable_backlog.web.fields import Identifier
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages.cache import AsyncLruCache

_KEPT = ProcessState(lambda: AsyncLruCache[CyclePage](128))
_LONGEST_NUMBER = 9


class CyclePath(Struct, frozen=True):
    """Which cycle it is: the key of its team, and its number."""

    name: Identifier


class CycleQuery(Struct, frozen=True):
    """Which of its lists is shown whole, and alone."""

    all: SectionOfCycle | None = None


class CycleContext(Struct, frozen=True, kw_only=True):
    """The page of a cycle; `whole` is the list that alone is shown, up to `most` lines of it.

    `ranks` are the places of items among all that the reader may see.
    """

    page: CyclePage
    ranks: Mapping[str, int]
    whole: SectionOfCycle | None
    most: int
    texts: PageTexts
    links: WorkLinks


async def show_cycle(request: Request, path: CyclePath, query: CycleQuery) -> Response:
    """Show a cycle: what is in it by state, what slipped, what came in late; another spelling leads to its own."""
    key, _, number = path.name.rpartition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
        raise NotFound("There is no cycle by that name. Cycles are called like FLD-12.")
    reader = work_pages.build_reader(request)
    cycle = await cycles.find_cycle(reader, key, int(number))
    name = f"{cycle.team_key}-{cycle.number}"
    if name != path.name:
        words = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/cycles/{quote(name, safe='')}{words}", 301)
    first = MOST_IDS if query.all else sections.FIRST
    make = partial(cycles.read_cycle_page, reader, cycle, first)
    context = CycleContext(
        page=await _KEPT.value.get((reader, cycle, first), make),
        ranks=await ranks.read_ranks(reader.scope, reader.version),
        whole=query.all,
        most=MOST_IDS,
        texts=PageTexts(url=None, images={}, titles={}),
        links=work_pages.build_links(request),
    )
    return auth.render_page(request, "work/cycle.html", context)
