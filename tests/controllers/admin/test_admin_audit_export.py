"""The export of the audit log on its way, which ends with the right to it."""

from collections.abc import AsyncGenerator

import pytest

from shareable_backlog.controllers.admin import admin_audit
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.services.access.sessions import CurrentUser, SessionLimits
from shareable_backlog.services.audit import audit_actions, audit_log
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action
from shareable_backlog.services.audit.audit_log import AuditEntry, AuditFilters


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_an_export_ends_when_the_session_does() -> None:
    async def parts() -> AsyncGenerator[list[AuditEntry]]:
        await audit_actions.record(None, OPERATOR, Action.ITEM_VIEWED)
        yield (await audit_log.list_entries(OPERATOR, AuditFilters(), 100)).rows

    gone = CurrentUser(
        1, "alice@example.com", None, "active", is_admin=True, method="link", session_id=7, scope=EVERYTHING
    )
    sent = [line async for line in admin_audit._write_csv(parts(), gone, SessionLimits(1, 1))]  # pyright: ignore[reportPrivateUsage] (no client of the tests stops halfway)
    assert len(sent) == 1
    assert sent[0].startswith("id,time,person")
