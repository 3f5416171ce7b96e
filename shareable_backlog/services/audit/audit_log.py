"""Show the audit log to admins. That it was read is recorded too."""

from collections.abc import AsyncGenerator

from msgspec import Struct
from msgspec.structs import asdict

from shareable_backlog.database.access import user_list
from shareable_backlog.database.audit import audit_logs
from shareable_backlog.database.audit.audit_logs import AuditEntry, AuditFilters
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import Action, Actor

PAGE_SIZE = 50
_EXPORTED_AT_ONCE = 1000


class AuditLogPage(Struct, frozen=True):
    """Rows, newest first; the next page begins before the id `next_before`, None on the last one.

    `emails` names the people that there are among those whom the rows are about, by their ids.
    """

    rows: list[AuditEntry]
    next_before: int | None
    emails: dict[str, str]


async def list_entries(
    actor: Actor, filters: AuditFilters, before_id: int | None, size: int = PAGE_SIZE
) -> AuditLogPage:
    """Return the rows that fit the filters, from `before_id` on to older ones; None begins at the newest.

    Only the first page is recorded, after it was read, so that it does not show itself: who turns pages looks at the
    same.
    """
    found = await audit_logs.list_entries(filters, before_id, size + 1)
    if before_id is None:
        await audit_actions.record(None, actor, Action.AUDIT_READ, details=_build_details(filters))
    about = [row.resource_id for row in found if row.resource == "user" and row.resource_id]
    emails = await user_list.read_emails(about) if about else {}
    return AuditLogPage(found[:size], found[size - 1].id if len(found) > size else None, emails)


async def export_entries(actor: Actor, filters: AuditFilters) -> AsyncGenerator[list[AuditEntry]]:
    """Record the export, then give all rows that fit the filters, newest first, in parts for flat memory."""
    first = await audit_logs.list_entries(filters, None, _EXPORTED_AT_ONCE)
    await audit_actions.record(None, actor, Action.AUDIT_EXPORTED, details=_build_details(filters))
    return _iterate_entries(filters, first)


async def _iterate_entries(filters: AuditFilters, part: list[AuditEntry]) -> AsyncGenerator[list[AuditEntry]]:
    while part:
        yield part
        part = await audit_logs.list_entries(filters, part[-1].id, _EXPORTED_AT_ONCE)


def _build_details(filters: AuditFilters) -> dict[str, object]:
    return {name: value for name, value in asdict(filters).items() if value}
