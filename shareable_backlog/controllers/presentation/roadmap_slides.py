"""Answer `/present/roadmap`: a few projects at once, what each is in words and when it is."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.presentation import backlog_decks, slides
from shareable_backlog.controllers.presentation.backlog_decks import NothingContext
from shareable_backlog.controllers.presentation.slides import Deck, Section, SlideNumber
from shareable_backlog.controllers.projects import roadmap
from shareable_backlog.controllers.projects.roadmap import RoadmapContext, RoadmapQuery, RoadmapRow
from shareable_backlog.vocabulary import PLAN_STATUSES
from shareable_backlog.web import params
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.locales import LocalFormat

_PATH = "/roadmap"
_PLAN_ROOM = 6
_MOST_SLIDES = 1_000


class PresentedRoadmapQuery(RoadmapQuery, frozen=True, kw_only=True):
    """What the roadmap is asked for, and the number of the slide."""

    slide: SlideNumber = 1


class PlansContext(Struct, frozen=True):
    """The projects of a slide, in sections of a status or an initiative."""

    sections: Sequence[Section[RoadmapRow]]
    local: LocalFormat
    now: datetime


async def show_roadmap(request: Request, query: PresentedRoadmapQuery) -> Response:
    """Show the projects that the same page of the roadmap shows, in slides; further pages follow its last one."""
    first = replace(query, slide=1)
    page = await roadmap.read_roadmap(request, first)
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    packed = slides.pack_sections(_list_sections(page), _PLAN_ROOM)
    if packed:
        sections, shown = slides.choose_slide(packed, query.slide)
        context = PlansContext(sections, local, clock.read_time())
        deck = Deck(
            body=rendering.render_part("presentation/_plans.html", page, context),
            number=shown,
            count=len(packed),
            has_more=page.next_address is not None,
            note=rendering.render_part("presentation/_plans_note.html", page, context),
        )
    else:
        is_narrowed = bool(query.team or query.status or query.moved)
        has_run = reader.mirror.as_of is not None
        deck = backlog_decks.build_empty_deck(NothingContext(reader.user.scope.is_nothing, is_narrowed, has_run))
    return slides.show_deck(
        request,
        deck,
        page.heading,
        lambda number: _build_url(replace(query, slide=number)),
        params.build_url(_PATH, first),
        before_url=_build_url(replace(query, page=query.page - 1, slide=_MOST_SLIDES)) if query.page > 1 else None,
        after_url=_build_url(replace(first, page=query.page + 1)) if page.next_address else None,
    )


def _build_url(query: PresentedRoadmapQuery) -> str:
    return backlog_url.build_present_url(_PATH, query)


def _list_sections(page: RoadmapContext) -> list[Section[RoadmapRow]]:
    nothing = "No initiative" if page.params.by_initiative else "No status"
    sections = [
        Section(
            heading=(of or nothing) if page.params.by_initiative else PLAN_STATUSES.get(of or "", nothing),
            note=str(len(rows)),
            lines=rows,
        )
        for of, rows in page.sections
    ]
    undated = [Section(heading="No dates yet", note=str(len(page.undated)), lines=page.undated)]
    return [*sections, *(undated if page.undated else [])]
