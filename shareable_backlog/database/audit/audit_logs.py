"""Add to the record of who did what, and read it; its rows are sealed a little later (`audit_seals`)."""

from datetime import datetime
from typing import Any, LiteralString

from msgspec import Struct

from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class AuditEntry(Struct, frozen=True):
    """One row; `actor_id` and `actor_email` stay when the person is deleted, both None for nobody known."""

    id: int
    actor_id: int | None
    actor_email: str | None
    action: str
    resource: str | None
    resource_id: str | None
    details: Any
    ip_address: str | None
    user_agent: str | None
    is_admin_action: bool
    outcome: str
    created_at: datetime


class AuditFilters(Struct, frozen=True):
    """Which rows are wanted; None, and False, leave all.

    `person` is a mail address, `since` is included and `until` is not, `text` is looked for in mail, id and details.
    """

    person: str | None = None
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    is_admin_only: bool = False


_COLUMNS: LiteralString = """
    id, actor_id, actor_email, action, resource, resource_id, details, ip_address, user_agent, is_admin_action,
    outcome, created_at
"""
_CONDITIONS: dict[str, LiteralString] = {
    "person": "actor_email IN (%(person)s, lower(%(person)s))",
    "action": "action = %(action)s",
    "outcome": "outcome = %(outcome)s",
    "since": "created_at >= %(since)s",
    "until": "created_at < %(until)s",
    "text": "concat_ws(' ', actor_email, resource, resource_id, details) ILIKE %(text)s",
    "is_admin_only": "is_admin_action",
}
_OLDER: LiteralString = "id < %(before_id)s"
_EARLIER: LiteralString = """
    (created_at, id) < (
      (SELECT created_at FROM audit_logs WHERE id <= %(before_id)s ORDER BY id DESC LIMIT 1), %(before_id)s
    )
"""


async def record_entry(transaction: Transaction | None, row: dict[str, object]) -> None:
    """Add one row, given by its columns; details are JSON text. Who and when is completed by the database.

    Without a transaction the row is committed by itself.
    """
    await (transaction.query if transaction else query)(
        """
        INSERT INTO audit_logs (user_id, actor_email, action, resource, resource_id, details, ip_address, user_agent,
                                is_admin_action, outcome)
        VALUES (%(user_id)s, %(actor_email)s, %(action)s, %(resource)s, %(resource_id)s, %(details)s, %(ip_address)s,
                %(user_agent)s, %(is_admin_action)s, %(outcome)s)
        """,
        row,
    )


async def list_entries(filters: AuditFilters, before_id: int | None, limit: int) -> list[AuditEntry]:
    """Return at most `limit` rows, newest first, of those before the row `before_id`; None begins at the newest.

    Within a time they are in its order, so that none are read that are newer; else, and a person's, by their ids.
    """
    given = {name: getattr(filters, name) for name in _CONDITIONS if getattr(filters, name)}
    conditions: list[LiteralString] = [_CONDITIONS[name] for name in given]
    is_by_time = bool(filters.since or filters.until) and not filters.person
    if before_id is not None:
        conditions.append(_EARLIER if is_by_time else _OLDER)
    if filters.text:
        given["text"] = "%" + filters.text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    where: LiteralString = "WHERE " + " AND ".join(conditions) if conditions else ""
    order: LiteralString = "created_at DESC, id DESC" if is_by_time else "id DESC"
    return await query(
        f"SELECT {_COLUMNS} FROM audit_logs {where} ORDER BY {order} LIMIT %(limit)s",
        given | {"before_id": before_id, "limit": limit},
        row=AuditEntry,
    )
