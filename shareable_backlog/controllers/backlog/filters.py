"""Answer `/filters`: choose what the backlog is narrowed to."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Annotated

from msgspec import Struct
from msgspec.structs import asdict, replace
from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import LIST, PAGE_NAMES, BacklogQuery, BacklogUrl
from shareable_backlog.services.backlog import catalog
from shareable_backlog.services.backlog.catalog import NamedCycle, Options, ShownTeam
from shareable_backlog.services.backlog.filters import Condition
from shareable_backlog.vocabulary import FILTERS, FilterName
from shareable_backlog.web.fields import Trimmed


class FiltersQuery(BacklogQuery, frozen=True):
    """What is chosen, and on which page; `find` narrows what is offered to names that have it."""

    page: str = LIST
    find: Annotated[str, Trimmed(100)] = ""


class FiltersContext(Struct, frozen=True, kw_only=True):
    """The page of all filters: what each one offers, what is chosen, and the place that the form carries along.

    `scale` is Linear's, where all teams that are chosen estimate by one.
    """

    place: BacklogUrl
    kept: BacklogUrl
    given: Mapping[tuple[FilterName, str], Condition]
    options: Mapping[FilterName, Sequence[tuple[str, str | None]]]
    cycles: Mapping[str, Sequence[NamedCycle]]
    scale: str | None
    find: str


async def show_filters(request: Request, query: FiltersQuery) -> Response:
    """Show what there is to choose, with what is chosen; the form leads back to the page that it came from."""
    scope = auth.require_user(request).scope
    place = backlog_url.build_backlog_url(query.page if query.page in PAGE_NAMES else LIST, query)
    names = await catalog.list_options(scope)
    teams = await catalog.list_teams(scope)
    cycles = await catalog.list_named_cycles(scope, names.cycle)
    context = FiltersContext(
        place=place,
        kept=replace(place, filters=replace(place.filters, conditions=())),
        given={(one.field, _name_direction(one)): one for one in place.filters.conditions},
        options=_list_offers(names, teams),
        cycles={str(number): list(alike) for number, alike in groupby(cycles, key=attrgetter("number"))},
        scale=catalog.find_scale(teams, place.filters),
        find=query.find,
    )
    return auth.render_page(request, "backlog/filters.html", context)


def _list_offers(names: Options, teams: Sequence[ShownTeam]) -> dict[FilterName, list[tuple[str, str | None]]]:
    """Return the values that each filter offers, with a name beside one that is not a name itself."""
    of_names = asdict(names)
    offered: dict[FilterName, list[tuple[str, str | None]]] = {"team": [(one.key, one.name) for one in teams]}
    for name, one in FILTERS.items():
        offered.setdefault(name, [(value, None) for value in (*one.offers, *of_names.get(name, ()))])
    return offered


def _name_direction(one: Condition) -> str:
    return "not" if one.is_not else "all" if one.is_all else "any"
