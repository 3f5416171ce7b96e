"""Answer `/initiatives/{name}`: one initiative."""

import asyncio
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.projects import initiatives
from shareable_backlog.services.projects.initiatives import InitiativeDetails, InitiativePage
from shareable_backlog.web import params
from shareable_backlog.web.fields import Identifier, TimeAndKey
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache

_Found = Sequence[InitiativeDetails] | InitiativePage
_KEPT = ProcessState(lambda: AsyncLruCache[_Found](128))
"""What a name means, until the mirror or what is shared changes, or the day is over."""


class InitiativePath(Struct, frozen=True):
    """Which initiative it is: its name, which may have anything in it."""

    name: Identifier


class InitiativeQuery(Struct, frozen=True):
    """From where on its updates are shown."""

    after: TimeAndKey | None = None


class InitiativeContext(Struct, frozen=True):
    """The page of an initiative with its texts; `is_first` unless it goes on with earlier updates."""

    page: InitiativePage
    texts: PageTexts
    is_first: bool
    next_url: str | None


class SameNamesContext(Struct, frozen=True):
    """The page that offers the initiatives of one name."""

    initiatives: Sequence[InitiativeDetails]


async def show_initiative(request: Request, path: InitiativePath, query: InitiativeQuery) -> Response:
    """Show the initiative; one that is named otherwise, or spelt differently, redirects there."""
    reader = auth.require_page_user(request)
    scope, now = reader.user.scope, clock.read_time().astimezone(auth.read_local_format(request).tzinfo)

    async def read() -> _Found:
        found = await initiatives.find_initiatives(scope, path.name)
        return found if len(found) > 1 else await initiatives.read_page(scope, found[0], query.after, now)

    key = (reader.version, scope, path.name, query.after, now.date(), str(now.tzinfo))
    found = await _KEPT.value.get(key, read)
    if not isinstance(found, InitiativePage):
        return auth.render_page(request, "projects/same_names.html", SameNamesContext(found))
    initiative, next_after = found.initiative, found.updates.next_after
    own_path = f"/initiatives/{quote(initiative.word)}"
    if initiative.word != path.name:
        words = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{own_path}{words}", 301)
    linear_url = initiative.url if reader.user.sees_linear else None
    context = InitiativeContext(
        found,
        PageTexts(url=linear_url, images={}, titles=found.mentioned),
        query.after is None,
        next_after and params.build_url(own_path, InitiativeQuery(after=next_after)),
    )
    # Very long markdown takes a while to render, which must not hold up other readers.
    render = partial(rendering.render_page, "projects/initiative.html", auth.build_frame(request), context)
    return await asyncio.to_thread(render)
