"""Answer `/labels/{name}` and `/people/{name}`: what has a label, and what somebody works on."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog.lists import ranks
from shareable_backlog.controllers.projects import forecasts
from shareable_backlog.controllers.projects.forecasts import PlanPart, ShownForecast
from shareable_backlog.controllers.work import work_pages
from shareable_backlog.controllers.work.work_pages import WorkLinks
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.work import named
from shareable_backlog.services.work.named import LabelWork, PersonWork
from shareable_backlog.web.fields import Identifier
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages.cache import AsyncLruCache

_KEPT_LABELS = ProcessState(lambda: AsyncLruCache[LabelWork](128))
_KEPT_PEOPLE = ProcessState(lambda: AsyncLruCache[PersonWork](128))


class NamePath(Struct, frozen=True):
    """Which labels or people: those of this name."""

    name: Identifier


class LabelWorkContext(Struct, frozen=True, kw_only=True):
    """The page of a label; `ranks` are the places of items among all that the reader may see."""

    page: LabelWork
    ranks: Mapping[str, int]
    texts: PageTexts
    forecast: ShownForecast | None
    links: WorkLinks


class PersonWorkContext(Struct, frozen=True):
    """The page of a person; `ranks` are the places of items among all that the reader may see."""

    page: PersonWork
    ranks: Mapping[str, int]
    links: WorkLinks


async def show_label(request: Request, path: NamePath) -> Response:
    """Show what has a label, by state; another spelling leads to its own."""
    reader = work_pages.build_reader(request)
    page = await _KEPT_LABELS.value.get((reader, path.name), partial(named.read_label_page, reader, path.name))
    label = page.label
    if label.name != path.name:
        return RedirectResponse(f"/labels/{quote(label.name, safe='')}", 301)
    texts = PageTexts(url=None, images={}, titles={})
    # What several labels have in common has its forecast among the trends of the list.
    part = PlanPart("label", label.ids[0])
    said = await forecasts.read_forecast(request, part, page.burn_up) if len(label.ids) == 1 else None
    places = await ranks.read_ranks(reader.scope, reader.version)
    context = LabelWorkContext(
        page=page, ranks=places, texts=texts, forecast=said, links=work_pages.build_links(request)
    )
    return auth.render_page(request, "work/label.html", context)


async def show_person(request: Request, path: NamePath) -> Response:
    """Show what somebody works on, what comes next and what they did; another spelling leads to its own."""
    reader = work_pages.build_reader(request)
    page = await _KEPT_PEOPLE.value.get((reader, path.name), partial(named.read_person_page, reader, path.name))
    person = page.person
    if person.name != path.name:
        return RedirectResponse(f"/people/{quote(person.name, safe='')}", 301)
    places = await ranks.read_ranks(reader.scope, reader.version)
    return auth.render_page(
        request, "work/person.html", PersonWorkContext(page, places, work_pages.build_links(request))
    )
