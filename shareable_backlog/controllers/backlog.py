"""Answer `/`: the list."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from shareable_backlog.controllers import gate
from shareable_backlog.services import backlog
from shareable_backlog.services.backlog import Filters, ShownTeam
from shareable_backlog.web import pagination
from shareable_backlog.web.words import STATE_TYPES

_LONGEST_TEXT = 200
_KINDS = {"team": "team", "state": "state", "q": "contains"}


async def list_items(request: Request) -> Response:
    """Show the items that the query asks for: `team` (key), `state` (type), `q` (text), `after` (position)."""
    given = {name: _clean(request.query_params.get(name, "")) for name in ("team", "state", "q")}
    given["team"] = given["team"].upper()
    words = {name: value for name, value in given.items() if value}
    after = request.query_params.get("after")
    position = pagination.decoded(after) if after else None
    filters = Filters(words.get("team"), words.get("state"), words.get("q"))
    found = await backlog.list_page(gate.visitor(request).scope, filters, position)
    return await gate.page(
        request,
        "list.html",
        page=found,
        words=words,
        is_first=position is None,
        next_address=found.next_after and _address(words | {"after": pagination.encoded(found.next_after)}),
        first_address=_address(words),
        chips=_chips(words, found.teams),
    )


def _chips(words: dict[str, str], teams: list[ShownTeam]) -> list[tuple[str, str, str]]:
    """Give for each filter its kind, its value in words, and the address without it."""
    names = {"team": {team.key: team.name for team in teams}, "state": STATE_TYPES}
    return [
        (
            _KINDS[name],
            names.get(name, {}).get(value, value),
            _address({key: words[key] for key in words if key != name}),
        )
        for name, value in words.items()
    ]


def _clean(value: str) -> str:
    """Give what PostgreSQL can compare: no NUL, and not endless."""
    return value.replace("\x00", "").strip()[:_LONGEST_TEXT]


def _address(words: dict[str, str]) -> str:
    return f"/?{urlencode(words)}" if words else "/"
