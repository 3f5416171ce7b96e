"""Answer `/admin/audit`: who did what."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shareable_backlog.controllers.access import auth
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import Visitor
from shareable_backlog.services.audit import audit_log
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.audit.audit_log import AuditLog, Filters
from shareable_backlog.web.formats import csv_lines

_LONGEST_TEXT = 255
_LONGEST_SHOWN = 500
_NAMES = ("person", "action", "outcome", "from", "to", "q", "admin")
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_COLUMNS = (
    "id", "time", "person", "action", "outcome", "resource", "resource_id", "details", "ip_address", "user_agent",
    "admin_action",
)  # fmt: skip


async def show(request: Request) -> Response:
    """Show 50 rows, newest first; `person`, `action`, `outcome`, `from`, `to`, `q`, `admin` narrow it."""
    words = _words(request)
    before = request.query_params.get("before")
    page = await audit_log.page(auth.actor(request), _filters(words), _id(before) if before else None)
    return auth.page(
        request,
        "admin_audit.html",
        rows=[(row, _shown(row.details)) for row in page.rows],
        words=words,
        actions=[action.value for action in Action],
        is_first=not before,
        first_address=_address("/admin/audit", words),
        next_address=page.next_before and _address("/admin/audit", words | {"before": str(page.next_before)}),
        export_address=_address("/admin/audit.csv", words),
    )


async def export(request: Request) -> Response:
    """Send everything that the filter of `show` finds, as CSV."""
    parts = await audit_log.export(auth.actor(request), _filters(_words(request)))
    return StreamingResponse(
        _csv(parts, auth.visitor(request)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit-log.csv"'},
    )


async def _csv(parts: AsyncGenerator[list[AuditLog]], visitor: Visitor) -> AsyncGenerator[str]:
    """Give the lines of CSV for as long as the visitor may see them."""
    yield csv_lines.lines([_COLUMNS])
    async for part in parts:
        if not await sessions.is_alive(visitor):
            return
        yield csv_lines.lines(_cells(row) for row in part)


def _cells(row: AuditLog) -> tuple[object, ...]:
    details = json.dumps(row.details, ensure_ascii=False) if row.details else None
    return (
        row.id, row.created_at.astimezone(UTC).isoformat(), row.actor_email, row.action, row.outcome, row.resource,
        row.resource_id, details, row.ip_address, row.user_agent, "yes" if row.is_admin_action else "no",
    )  # fmt: skip


def _words(request: Request) -> dict[str, str]:
    """Give what the list is narrowed to, without what PostgreSQL can't compare."""
    given = {name: request.query_params.get(name, "") for name in _NAMES}
    cleaned = {name: value.replace("\x00", "").strip()[:_LONGEST_TEXT] for name, value in given.items()}
    return {name: value for name, value in cleaned.items() if value}


def _filters(words: dict[str, str]) -> Filters:
    return Filters(
        words.get("person"),
        words.get("action"),
        words.get("outcome"),
        _day(words["from"]) if "from" in words else None,
        _day(words["to"]) + timedelta(days=1) if "to" in words else None,
        words.get("q"),
        "admin" in words,
    )


def _day(text: str) -> datetime:
    """Give the beginning of a day, in UTC."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise InvalidInput("A date has to look like 2026-01-31. Correct it and show the log again.")
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):  # noqa: PLR2004 (what an id may have)
        raise InvalidInput("This page's address is damaged. Start again from the first page.")
    return int(text)


def _address(path: str, words: dict[str, str]) -> str:
    return path + (f"?{urlencode(words)}" if words else "")


def _shown(details: object) -> list[tuple[str, str]]:
    """Give the details as names and values to read, long ones cut: all of it is in the export."""
    if not details:
        return []
    named = cast("dict[str, object]", details) if isinstance(details, dict) else {"details": details}
    # The database sorts names by their length, which puts "after" first.
    texts = [(name, _in_words(named[name])) for name in sorted(named, key=lambda name: name != "before")]
    return [(name, text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} …") for name, text in texts]


def _in_words(value: object) -> str:
    """Give a value of JSON without its signs."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name}: {_in_words(one)}" for name, one in cast("dict[str, object]", value).items())
        case list():
            return ", ".join(map(_in_words, cast("list[object]", value))) or "none"
        case _:
            return str(value)
