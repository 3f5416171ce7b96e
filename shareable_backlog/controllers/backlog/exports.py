"""Answer `/export.csv`, `/export.json` and `/feed.atom`: the backlog to take along, just as the list is narrowed."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.api import answers
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import LIST, Place
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import Visitor
from shareable_backlog.services.account import tokens
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import Asked, ListedItem
from shareable_backlog.web.formats import atom, csv_lines
from shareable_backlog.web.formats.atom import Entry
from shareable_backlog.web.pages.words import PRIORITIES, STATE_TYPES

_Part: TypeAlias = Sequence[ListedItem]
_Writing: TypeAlias = Callable[[AsyncGenerator[_Part], str], AsyncGenerator[str | bytes]]

_IN_FEED = 50
_COLUMNS = (
    "identifier", "team", "title", "state", "kind_of_state", "priority", "assignee", "labels", "project", "milestone",
    "cycle", "estimate", "due_date", "created_at", "updated_at", "archived_at", "link",
)  # fmt: skip


async def csv(request: Request) -> Response:
    """Send all items that the list would show, as CSV that a spreadsheet takes for text."""
    return await _sent(request, _csv, "text/csv; charset=utf-8", "backlog.csv")


async def json(request: Request) -> Response:
    """Send all items that the list would show, as JSON of the same form as the API's."""
    return await _sent(request, _json, "application/json", "backlog.json")


async def feed(request: Request) -> Response:
    """Send the items of the list that were updated last, as Atom; programs come in by a token in the address."""
    visitor = auth.visitor(request)
    await tokens.require(visitor, "feed", auth.actor(request))
    place = backlog_url.asked(request, LIST)
    asked = Asked(place.filters, "updated", datetime.now(UTC))
    found = await item_pages.listed(visitor.scope, asked, None, _IN_FEED)
    base = auth.access(request).entrance.base_url
    entries = [_entry(one, base) for one in found.items]
    newest = max((one.updated_at for one in found.items), default=datetime.fromtimestamp(0, UTC))
    body = atom.feed(f"{base}{place.address()}", _title(place), newest, entries)
    return Response(body, media_type="application/atom+xml")


async def show_feeds(request: Request) -> Response:
    """Show how a feed reader gets what the list shows."""
    return auth.page(request, "backlog/feeds.html", place=backlog_url.asked(request, LIST), address=None)


async def make_feed(request: Request) -> Response:
    """Make an address for a feed reader, with a token of its own, and show it this once."""
    place = backlog_url.asked(request, LIST)
    name = f"Feed: {place.query() or 'all items'}"[:100]
    token = await tokens.create(auth.actor(request), auth.visitor(request).user_id, name, ["feed"], None)
    words = urlencode([*place.pairs(), ("token", token)])
    address = f"{auth.access(request).entrance.base_url}{auth.FEED}?{words}"
    return auth.page(request, "backlog/feeds.html", place=place, address=address)


async def _sent(request: Request, writing: _Writing, media_type: str, filename: str) -> Response:
    place = backlog_url.asked(request, LIST)
    asked = Asked(place.filters, place.shape.order, datetime.now(UTC))
    visitor = auth.visitor(request)
    details = {"format": filename.rpartition(".")[2], "query": place.query()}
    await audit_actions.record(None, auth.actor(request), Action.EXPORT_MADE, details=details)
    # The first part comes before the answer begins, so that a failure is told as one.
    parts = item_pages.parts(visitor.scope, asked)
    first = await anext(parts)
    return StreamingResponse(
        writing(_alive(first, parts, visitor), auth.access(request).entrance.base_url),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


async def _alive(first: _Part, rest: AsyncGenerator[_Part], visitor: Visitor) -> AsyncGenerator[_Part]:
    """Give parts for as long as the visitor may see them."""
    yield first
    async for part in rest:
        if not await sessions.is_alive(visitor):
            return
        yield part


async def _csv(parts: AsyncGenerator[_Part], base_url: str) -> AsyncGenerator[str]:
    yield csv_lines.lines([_COLUMNS])
    async for part in parts:
        yield csv_lines.lines(_cells(one, base_url) for one in part)


def _cells(one: ListedItem, base_url: str) -> tuple[object, ...]:
    return (
        one.identifier, one.identifier.rpartition("-")[0], one.title, one.state_name,
        STATE_TYPES.get(one.state_type or ""), PRIORITIES[one.priority], one.assignee,
        ", ".join(name for name, _ in one.labels), one.project, one.milestone, one.cycle_number, one.estimate,
        one.due_date, _time(one.created_at), _time(one.updated_at), one.archived_at and _time(one.archived_at),
        _link(one, base_url),
    )  # fmt: skip


async def _json(parts: AsyncGenerator[_Part], _base_url: str) -> AsyncGenerator[bytes]:
    yield b'{"data":['
    is_first = True
    async for part in parts:
        if part:
            lines = b",\n".join(msgspec.json.encode(answers.item_line(one)) for one in part)
            yield lines if is_first else b",\n" + lines
            is_first = False
    yield b"]}\n"


def _entry(one: ListedItem, base_url: str) -> Entry:
    priority = PRIORITIES[one.priority] if one.priority else None
    facts = [one.state_name, priority, one.project, *(name for name, _ in one.labels)]
    return Entry(
        _link(one, base_url),
        f"{one.identifier} {one.title}",
        " · ".join(fact for fact in facts if fact),
        one.assignee or "Nobody assigned",
        one.updated_at,
    )


def _title(place: Place) -> str:
    return f"Backlog: {place.query()}" if place.query() else "Backlog"


def _link(one: ListedItem, base_url: str) -> str:
    return f"{base_url}/items/{quote(one.identifier, safe='')}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
