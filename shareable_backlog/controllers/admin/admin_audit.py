"""Answer `/admin/audit`: who did what."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shareable_backlog.controllers.access import auth
from shareable_backlog.controllers.admin import audit_sentences
from shareable_backlog.controllers.admin.audit_sentences import AuditSentence
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.access import sessions
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.audit import audit_log, audit_sealing
from shareable_backlog.services.audit.audit_actions import Action
from shareable_backlog.services.audit.audit_log import AuditEntry, AuditFilters
from shareable_backlog.services.audit.audit_sealing import SealState
from shareable_backlog.web import params
from shareable_backlog.web.fields import Day, LongId, Ticked, Trimmed
from shareable_backlog.web.formats import csv_lines

_COLUMNS = (
    "id", "time", "person", "action", "outcome", "resource", "resource_id", "details", "ip_address", "user_agent",
    "admin_action",
)  # fmt: skip

_Text: TypeAlias = Annotated[str, Trimmed(255)]


class AuditFilter(Struct, frozen=True, kw_only=True):
    """What the log is narrowed to; `from_` and `to` are the first and the last day, `admin` is for acts of admins."""

    person: _Text = ""
    action: _Text = ""
    outcome: _Text = ""
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    q: _Text = ""
    admin: Ticked = False


class AuditQuery(AuditFilter, frozen=True, kw_only=True):
    """Which page of it is asked for: the rows older than the one with the id `before`."""

    before: LongId | None = None


class AuditContext(Struct, frozen=True, kw_only=True):
    """The page of the log: each row with the sentence to read, and the addresses around it; `actions` have words."""

    rows: list[tuple[AuditEntry, AuditSentence]]
    params: AuditQuery
    is_narrowed: bool
    actions: list[tuple[str, str]]
    is_first: bool
    first_address: str
    next_address: str | None
    export_address: str
    seals: SealState


async def show_audit_log(request: Request, query: AuditQuery) -> Response:
    """Show 50 rows, newest first; `person`, `action`, `outcome`, `from`, `to`, `q`, `admin` narrow it."""
    seals = await audit_sealing.read_state()  # before this reading is recorded, which is never sealed yet
    page = await audit_log.list_entries(auth.read_actor(request), _parse_filters(query), query.before)
    narrowed = replace(query, before=None)
    context = AuditContext(
        rows=[(row, audit_sentences.describe_entry(row, page.emails)) for row in page.rows],
        params=query,
        is_narrowed=narrowed != AuditQuery(),
        actions=[(action.value, audit_sentences.describe_action(action)) for action in Action],
        is_first=query.before is None,
        first_address=params.build_url("/admin/audit", narrowed),
        next_address=params.build_url("/admin/audit", replace(query, before=page.next_before))
        if page.next_before
        else None,
        export_address=params.build_url("/admin/audit.csv", narrowed),
        seals=seals,
    )
    return auth.render_page(request, "admin/audit.html", context)


async def export_audit_log(request: Request, query: AuditFilter) -> Response:
    """Send everything that the filter of `show_audit_log` finds, as CSV."""
    parts = await audit_log.export_entries(auth.read_actor(request), _parse_filters(query))
    return StreamingResponse(
        _write_csv(parts, auth.require_user(request), auth.read_config(request).limits),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit-log.csv"'},
    )


async def _write_csv(
    parts: AsyncGenerator[list[AuditEntry]], user: CurrentUser, limits: SessionLimits
) -> AsyncGenerator[str]:
    """Yield the lines of CSV for as long as the visitor may see them."""
    yield csv_lines.write_lines([_COLUMNS])
    async for part in parts:
        if not await sessions.is_alive(user, limits):
            return
        yield csv_lines.write_lines(_build_cells(row) for row in part)


def _build_cells(row: AuditEntry) -> tuple[object, ...]:
    details = json.dumps(row.details, ensure_ascii=False) if row.details else None
    return (
        row.id, row.created_at.astimezone(UTC).isoformat(), row.actor_email, row.action, row.outcome, row.resource,
        row.resource_id, details, row.ip_address, row.user_agent, "yes" if row.is_admin_action else "no",
    )  # fmt: skip


def _parse_filters(asked: AuditFilter) -> AuditFilters:
    if asked.from_ and asked.to and asked.from_ > asked.to:
        raise InvalidInput("The days end before they begin. Put the earlier day first.")
    return AuditFilters(
        asked.person or None,
        asked.action or None,
        asked.outcome or None,
        asked.from_ and _begin(asked.from_),
        asked.to and _begin(asked.to) + timedelta(days=1),
        asked.q or None,
        asked.admin,
    )


def _begin(day: date) -> datetime:
    """Return the beginning of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
