"""Answer `/present/meeting`: the agenda of the meeting, section by section."""

from msgspec import structs
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.agenda import meeting
from shareable_backlog.controllers.agenda.meeting import AgendaQuery
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.presentation import backlog_decks, slides
from shareable_backlog.controllers.presentation.backlog_decks import NothingContext, SectionsContext
from shareable_backlog.controllers.presentation.slides import Deck, Section, SlideNumber
from shareable_backlog.services.agenda.agenda import Agenda, AgendaSection, RiskyProject
from shareable_backlog.services.backlog.item_pages import ListedItem
from shareable_backlog.services.backlog.news import News
from shareable_backlog.web import params
from shareable_backlog.web.pages import locales, rendering
from shareable_backlog.web.pages.locales import LocalFormat

_HEADINGS = {
    "new": "New", "moved": "Moved", "done": "Done", "canceled": "Canceled", "risk": "At risk",
    "rank": "What comes first",
}  # fmt: skip


class PresentedAgendaQuery(AgendaQuery, frozen=True, kw_only=True):
    """With which day the agenda compares, and the number of the slide."""

    slide: SlideNumber = 1


async def show_agenda(request: Request, query: PresentedAgendaQuery) -> Response:
    """Show what the page of the agenda shows, in slides."""
    reader, local = auth.require_page_user(request), auth.read_local_format(request)
    agenda, since, last_meeting = await meeting.read_agenda(request, query.since)
    # Health and target dates of projects are the roadmap's.
    shown = agenda if "roadmap" not in reader.user.pages_off else structs.replace(agenda, projects=())
    packed = slides.pack_sections(_list_sections(shown, local))
    if packed:
        sections, number = slides.choose_slide(packed, query.slide)
        now = clock.read_time().astimezone(local.tzinfo)
        context = SectionsContext(
            sections=sections,
            ranks=agenda.ranks,
            news=News(last_meeting, ()),
            compared=agenda.compared,
            now=now,
            local=local,
        )
        with locales.write_for(local):
            note = f"Compared with {locales.format_day(since, now)}"
        body = rendering.render_part("presentation/_sections.html", context)
        deck = Deck(body=body, number=number, count=len(packed), note=note)
    else:
        why = NothingContext(
            is_unshared=reader.user.scope.is_nothing, is_narrowed=False, has_run=reader.mirror.as_of is not None
        )
        deck = backlog_decks.build_empty_deck(why)
    return slides.show_deck(
        request,
        deck,
        "Meeting",
        lambda number: backlog_url.build_present_url(meeting.PATH, replace(query, slide=number)),
        params.build_url(meeting.PATH, AgendaQuery(query.since)),
    )


def _list_sections(agenda: Agenda, local: LocalFormat) -> list[Section[ListedItem | RiskyProject]]:
    """Return what is to be shown of each section that has something; projects at risk come behind items at risk."""
    sections: list[Section[ListedItem | RiskyProject]] = []
    for one in agenda.sections:
        heading = _HEADINGS[one.name]
        if one.items:
            sections.append(Section(heading=heading, note=_write_count(one, local), lines=one.items))
        if one.name == "risk" and agenda.projects:
            sections.append(Section(heading="Projects at risk", lines=agenda.projects))
    return sections


def _write_count(section: AgendaSection, local: LocalFormat) -> str:
    """Return how many items a section has, and how many of them are shown; no number where it has several sums."""
    if len(section.sums) > 1:
        return "the first by rank" if section.has_more else ""
    [one] = section.sums
    return backlog_decks.write_count(len(section.items), one.count, one.most, local)
