"""Answer `/filters`: choose what the backlog is narrowed to."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import BOARD, LIST
from shareable_backlog.services.backlog import catalog
from shareable_backlog.services.backlog.filters import EMPTIABLE, FIELDS, PRIORITIES, STATE_TYPES

_DUE = ("overdue", "today", "7d", "30d")
_UPDATED = ("today", "7d", "30d", "90d")


async def show(request: Request) -> Response:
    """Show what there is to choose, with what is chosen; the form leads back to the list, or to the board."""
    scope = auth.require_user(request).scope
    place = backlog_url.parse_url(request, BOARD if request.query_params.get("page") == BOARD else LIST)
    names = await catalog.list_options(scope)
    return auth.render_page(
        request,
        "backlog/filters.html",
        place=place,
        kept=replace(place, filters=replace(place.filters, conditions=())),
        all_fields=FIELDS,
        emptiable=EMPTIABLE,
        given={(one.field, one.is_not): one for one in place.filters.conditions},
        options={
            "team": [(one.key, one.name) for one in await catalog.list_teams(scope)],
            "type": [(one, None) for one in STATE_TYPES],
            "priority": [(one, None) for one in PRIORITIES if one != "none"],
            "due": [(one, None) for one in _DUE],
            "updated": [(one, None) for one in _UPDATED],
            "cycle": [("current", None), *((one, None) for one in names.cycle)],
            **{
                field: [(one, None) for one in found]
                for field, found in (
                    ("state", names.state),
                    ("assignee", names.assignee),
                    ("creator", names.creator),
                    ("label", names.label),
                    ("project", names.project),
                    ("milestone", names.milestone),
                )
            },
        },
    )
