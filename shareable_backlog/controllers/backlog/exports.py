"""Answer `/export.csv` and `/export.json`: the backlog to take along, just as the list is narrowed."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shareable_backlog import clock
from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.api import answers
from shareable_backlog.controllers.backlog import backlog_url
from shareable_backlog.controllers.backlog.backlog_url import LIST, BacklogQuery
from shareable_backlog.controllers.backlog.lists import ranks
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.account import reading_limits
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.backlog import item_pages, news
from shareable_backlog.services.backlog.item_pages import ItemQuery, ListedItem
from shareable_backlog.vocabulary import PRIORITY_LABELS, STATE_TYPES
from shareable_backlog.web.formats import csv_lines

_Part: TypeAlias = Sequence[ListedItem]
_Writer: TypeAlias = Callable[[AsyncGenerator[_Part], Mapping[str, int], str], AsyncGenerator[str | bytes]]

_COLUMNS = (
    "rank", "identifier", "team", "title", "state", "kind_of_state", "priority", "assignee", "labels", "project",
    "milestone", "cycle", "estimate", "size", "due_date", "created_at", "updated_at", "archived_at", "link",
)  # fmt: skip


async def export_csv(request: Request, query: BacklogQuery) -> Response:
    """Send all items that the list would show, as CSV of which a spreadsheet runs nothing."""
    return await _stream_export(request, query, _write_csv, "text/csv; charset=utf-8", "backlog.csv")


async def export_for_spreadsheets(request: Request, query: BacklogQuery) -> Response:
    """Send the same with the mark by which spreadsheets know UTF-8; programs would take it for text."""
    write = partial(_write_csv, mark=csv_lines.BYTE_ORDER_MARK)
    return await _stream_export(request, query, write, "text/csv; charset=utf-8", "backlog.csv")


async def export_json(request: Request, query: BacklogQuery) -> Response:
    """Send all items that the list would show, as JSON of the same form as the API's."""
    return await _stream_export(request, query, _write_json, "application/json", "backlog.json")


async def _stream_export(
    request: Request, query: BacklogQuery, write: _Writer, media_type: str, filename: str
) -> Response:
    place = backlog_url.build_backlog_url(LIST, query)
    user = auth.require_user(request)
    plain = ItemQuery(place.filters, place.layout.order, clock.read_time())
    asked = await news.complete_query(plain, user.scope, user.user_id, auth.find_unseen(request))
    await reading_limits.limit_exports(user.user_id, auth.read_config(request).settings.exports_per_hour)
    details = {"format": filename.rpartition(".")[2], "query": place.query}
    await audit_actions.record(None, auth.read_actor(request), Action.EXPORT_MADE, details=details)
    places = await ranks.read_ranks(user.scope)
    # The first part comes before the answer begins, so that a failure is told as one.
    parts = item_pages.iterate_items(user.scope, asked)
    first = await anext(parts)
    config = auth.read_config(request)
    return StreamingResponse(
        write(_iterate_while_allowed(first, parts, user, config.limits), places, config.sign_in.base_url),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


async def _iterate_while_allowed(
    first: _Part, rest: AsyncGenerator[_Part], user: CurrentUser, limits: SessionLimits
) -> AsyncGenerator[_Part]:
    """Yield parts for as long as the visitor may see them."""
    yield first
    async for part in rest:
        if not await sessions.is_alive(user, limits):
            return
        yield part


async def _write_csv(
    parts: AsyncGenerator[_Part], places: Mapping[str, int], base_url: str, mark: str = ""
) -> AsyncGenerator[str]:
    yield mark + csv_lines.write_lines([_COLUMNS])
    async for part in parts:
        yield csv_lines.write_lines(_build_cells(one, places.get(one.id), base_url) for one in part)


def _build_cells(item: ListedItem, rank: int | None, base_url: str) -> tuple[object, ...]:
    return (
        rank, item.identifier, item.identifier.rpartition("-")[0], item.title, item.state_name,
        STATE_TYPES.get(item.state_type or ""), PRIORITY_LABELS[item.priority], item.assignee,
        ", ".join(name for name, _ in item.labels), item.project, item.milestone, item.cycle_number, item.estimate,
        item.size, item.due_date, _format_time(item.created_at), _format_time(item.updated_at),
        item.archived_at and _format_time(item.archived_at), build_item_url(item, base_url),
    )  # fmt: skip


async def _write_json(
    parts: AsyncGenerator[_Part], places: Mapping[str, int], _base_url: str
) -> AsyncGenerator[bytes]:
    yield b'{"data":['
    is_first = True
    async for part in parts:
        if part:
            lines = b",\n".join(msgspec.json.encode(answers.build_item_line(one, places.get(one.id))) for one in part)
            yield lines if is_first else b",\n" + lines
            is_first = False
    yield b"]}\n"


def build_item_url(item: ListedItem, base_url: str) -> str:
    """Return the address of an item here, for whoever reads it elsewhere."""
    return f"{base_url}/items/{quote(item.identifier, safe='')}"


def _format_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
