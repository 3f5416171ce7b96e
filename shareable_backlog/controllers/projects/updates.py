"""Answer `/updates`: what teams wrote about the progress of projects and initiatives, day by day."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from typing import Annotated, Final, Literal, TypeAlias, TypeVar
from urllib.parse import quote

from msgspec import Struct, structs
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.process_state import ProcessState
from shareable_backlog.services.access.sharing import Scope
from shareable_backlog.services.backlog import catalog, items
from shareable_backlog.services.backlog.catalog import ShownTeam
from shareable_backlog.services.projects import initiatives, names, updates
from shareable_backlog.services.projects.updates import ShownUpdate, UpdatesPage, UpdatesQuery
from shareable_backlog.web import params
from shareable_backlog.web.fields import Codec, Otherwise, SearchText, TeamKey, TimeAndKey, Trimmed, clean
from shareable_backlog.web.markdown.page_texts import PageTexts
from shareable_backlog.web.pages import rendering
from shareable_backlog.web.pages.cache import AsyncLruCache

P = TypeVar("P")

PATH: Final = "/updates"

Health: TypeAlias = Literal["onTrack", "atRisk", "offTrack"]


class UpdatesParams(Struct, frozen=True, kw_only=True):
    """Which updates are asked for: with words (`q`), of a `health` or a `team` (by key).

    They are of a `project` or an `initiative`, by its name.
    """

    q: SearchText = ""
    project: Annotated[str, Codec(clean, str)] = ""
    initiative: Annotated[str, Codec(clean, str)] = ""
    health: Annotated[
        Health | None,
        Trimmed(),
        Otherwise(InvalidInput, "An update says on track, at risk or off track. Choose one of them."),
    ] = None
    team: TeamKey = ""


class UpdatesPageParams(UpdatesParams, frozen=True, kw_only=True):
    """The same, from where on."""

    after: TimeAndKey | None = None


class NarrowedUpdates(Struct, frozen=True, kw_only=True):
    """A page of updates, the project or initiative that they are narrowed to, and the items that they name.

    They are not `is_shared` where an admin has chosen so.
    """

    page: UpdatesPage
    plan: str | None
    mentioned: Mapping[str, str]
    teams: Sequence[ShownTeam]
    is_shared: bool


class UpdatesContext(Struct, frozen=True, kw_only=True):
    """The page of updates in days, the latest first, and the addresses around it."""

    days: Sequence[tuple[date, Sequence[ShownUpdate]]]
    texts: PageTexts
    teams: Sequence[ShownTeam]
    params: UpdatesPageParams
    plan: str | None
    today: date
    is_shared: bool
    first_url: str
    all_plans_url: str
    feed_url: str
    next_url: str | None


_KEPT = ProcessState(lambda: AsyncLruCache[NarrowedUpdates](128))
_KEPT_COUNTS = ProcessState(lambda: AsyncLruCache[int](128))
"""Until the mirror or what is shared changes."""


async def show_updates(request: Request, query: UpdatesPageParams) -> Response:
    """Show the updates that the query asks for."""
    reader, zone = auth.require_page_user(request), auth.read_local_format(request).tzinfo
    scope = reader.user.scope
    found = await _KEPT.value.get((reader.version, scope, query), partial(_read_narrowed, scope, query))
    first = replace(query, after=None)
    days = groupby(found.page.updates, lambda one: one.created_at.astimezone(zone).date())
    context = UpdatesContext(
        days=[(day, list(alike)) for day, alike in days],
        texts=PageTexts(url=None, images={}, titles=found.mentioned),
        teams=found.teams,
        params=query,
        plan=found.plan,
        today=clock.read_time().astimezone(zone).date(),
        is_shared=found.is_shared,
        first_url=params.build_url(PATH, first),
        all_plans_url=params.build_url(PATH, replace(first, project="", initiative="")),
        feed_url=params.build_url(f"{PATH}/feed", first),
        next_url=found.page.next_after and params.build_url(PATH, replace(query, after=found.page.next_after)),
    )
    # Very long markdown takes a while to render, which must not hold up other readers.
    return await asyncio.to_thread(rendering.render_page, "projects/updates.html", auth.build_frame(request), context)


async def count_found(request: Request, text: str | None) -> int:
    """Count the updates that a search of the backlog finds too, 21 for more than 20; 0 where they have no page."""
    reader = auth.require_page_user(request)
    if text is None or "updates" in reader.user.pages_off:
        return 0
    scope = reader.user.scope
    return await _KEPT_COUNTS.value.get((reader.version, scope, text), partial(updates.count_found, scope, text))


async def find_wanted(scope: Scope, query: UpdatesParams) -> tuple[UpdatesQuery, str | None]:
    """Return what a query wants, and what the project or initiative is called that it names.

    Raises NotFound for one that is not there, InvalidInput for both.
    """
    wanted = UpdatesQuery(health=query.health, team_key=query.team or None, words=updates.parse_words(query.q))
    if query.project and query.initiative:
        raise InvalidInput("No update is of a project and an initiative. Choose one of them.")
    if query.project:
        found = await names.find_projects(scope, query.project)
        return structs.replace(wanted, project_id=_require_one(found).id), found[0].name
    if query.initiative:
        found = await initiatives.find_initiatives(scope, query.initiative)
        return structs.replace(wanted, initiative_id=_require_one(found).id), found[0].name
    return wanted, None


def _require_one(found: Sequence[P]) -> P:
    if len(found) > 1:
        raise NotFound("Several have that name. Go to the one that you mean: its page has its updates.")
    return found[0]


def build_update_url(one: ShownUpdate) -> str:
    """Return where an update stands: on the page of its project or initiative."""
    return f"/{one.kind}s/{quote(one.word)}#update-{quote(one.id)}"


async def _read_narrowed(scope: Scope, query: UpdatesPageParams) -> NarrowedUpdates:
    wanted, plan = await find_wanted(scope, query)
    page = await updates.list_updates(scope, wanted, query.after)
    return NarrowedUpdates(
        page=page,
        plan=plan,
        mentioned=await items.list_mentioned(scope, [one.body for one in page.updates]),
        teams=await catalog.list_teams(scope),
        is_shared=bool(page.updates) or await updates.may_be_read(),
    )
