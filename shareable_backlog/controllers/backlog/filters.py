"""Answer `/filters`: choose what the backlog is narrowed to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST, BacklogUrl
from shareable_backlog.services.backlog import catalog
from shareable_backlog.services.backlog.catalog import Options, ShownTeam
from shareable_backlog.services.backlog.filters import EMPTIABLE, FIELDS, PRIORITIES, STATE_TYPES, Condition, Field

_DUE = ("overdue", "today", "7d", "30d")
_UPDATED = ("today", "7d", "30d", "90d")


@dataclass(frozen=True, slots=True, kw_only=True)
class FiltersContext:
    """The page of all filters: what each field offers, what is chosen, and the place that the form carries along."""

    place: BacklogUrl
    kept: BacklogUrl
    all_fields: tuple[Field, ...]
    emptiable: Collection[Field]
    given: Mapping[tuple[Field, bool], Condition]
    options: Mapping[str, Sequence[tuple[str, str | None]]]


async def show(request: Request) -> Response:
    """Show what there is to choose, with what is chosen; the form leads back to the list, or to the board."""
    scope = auth.require_user(request).scope
    place = backlog_url.parse_url(request, BOARD if request.query_params.get("page") == BOARD else LIST)
    context = FiltersContext(
        place=place,
        kept=replace(place, filters=replace(place.filters, conditions=())),
        all_fields=FIELDS,
        emptiable=EMPTIABLE,
        given={(one.field, one.is_not): one for one in place.filters.conditions},
        options=_list_offers(await catalog.list_options(scope), await catalog.list_teams(scope)),
    )
    return auth.render_page(request, "backlog/filters.html", context)


def _list_offers(names: Options, teams: Sequence[ShownTeam]) -> dict[str, list[tuple[str, str | None]]]:
    """Return what each field offers, with a name beside it where it is not one itself."""
    offered: dict[str, Iterable[str]] = {
        "type": STATE_TYPES,
        "priority": (one for one in PRIORITIES if one != "none"),
        "due": _DUE,
        "updated": _UPDATED,
        "cycle": ("current", *names.cycle),
        "state": names.state,
        "assignee": names.assignee,
        "creator": names.creator,
        "label": names.label,
        "project": names.project,
        "milestone": names.milestone,
    }
    return {
        "team": [(one.key, one.name) for one in teams],
        **{field: [(one, None) for one in values] for field, values in offered.items()},
    }
