"""Reading the audit log: filters, pages, and that reading leaves a trace."""

from datetime import UTC, datetime, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.services.audit import audit_actions, audit_log
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action, Actor
from shareable_backlog.services.audit.audit_log import AuditFilters

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_ALICE = Actor(None, "alice@example.com", None, None)
_BOB = Actor(None, "bob@example.com", None, None)


async def write() -> None:
    await audit_actions.record(
        None, _ALICE, Action.PERSON_APPROVED, resource="user", resource_id="7", details={"reason": "50%_\\"}
    )
    await audit_actions.record(None, _BOB, Action.ITEM_VIEWED, resource="item", resource_id="ENG-12")
    await audit_actions.record(None, _BOB, Action.ACCESS_REFUSED, details={"path": "/admin"}, refused=True)


async def found(filters: AuditFilters) -> list[str]:
    return [row.action for row in (await audit_log.list_entries(OPERATOR, filters, 1000)).rows]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (AuditFilters(), ["access.refused", "item.viewed", "person.approved"]),
        (AuditFilters(person="Bob@Example.com"), ["access.refused", "item.viewed"]),
        (AuditFilters(person="bob"), []),
        (AuditFilters(action="item.viewed"), ["item.viewed"]),
        (AuditFilters(outcome="refused"), ["access.refused"]),
        (AuditFilters(is_admin_only=True), ["person.approved"]),
        (AuditFilters(text="eng-1"), ["item.viewed"]),
        (AuditFilters(text="alice@"), ["person.approved"]),
        (AuditFilters(text="/ADMIN"), ["access.refused"]),
        (AuditFilters(text="50%_"), ["person.approved"]),
        (AuditFilters(text="5_%"), []),
        (AuditFilters(text="\\"), ["person.approved"]),
        (AuditFilters(since=datetime.now(UTC) + timedelta(days=1)), []),
        (AuditFilters(until=datetime.now(UTC) - timedelta(days=1)), []),
        (
            AuditFilters(since=datetime.now(UTC) - timedelta(days=1), until=datetime.now(UTC) + timedelta(days=1)),
            ["access.refused", "item.viewed", "person.approved"],
        ),
        (AuditFilters(person="bob@example.com", outcome="done", text="ENG"), ["item.viewed"]),
    ],
)
async def test_a_filter_finds_exactly_what_fits(filters: AuditFilters, expected: list[str]) -> None:
    await write()
    assert await found(filters) == expected


async def test_pages_hold_every_row_once_newest_first() -> None:
    for number in range(7):
        await audit_actions.record(None, _BOB, Action.ITEM_VIEWED, resource="item", resource_id=str(number))
    first = await audit_log.list_entries(OPERATOR, AuditFilters("bob@example.com"), None, 3)
    second = await audit_log.list_entries(OPERATOR, AuditFilters("bob@example.com"), first.next_before, 3)
    third = await audit_log.list_entries(OPERATOR, AuditFilters("bob@example.com"), second.next_before, 3)
    assert [row.resource_id for page in (first, second, third) for row in page.rows] == list("6543210")
    assert third.next_before is None


async def test_reading_is_recorded_with_the_filter_but_turning_pages_is_not() -> None:
    await write()
    page = await audit_log.list_entries(_ALICE, AuditFilters(text="e"), None, 1)
    await audit_log.list_entries(_ALICE, AuditFilters(text="e"), page.next_before, 1)
    rows = await query("SELECT actor_email, details, is_admin_action FROM audit_logs WHERE action = 'audit.read'")
    assert rows == [("alice@example.com", {"text": "e"}, True)]


async def test_an_export_holds_all_that_fits_and_is_recorded_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "_EXPORTED_AT_ONCE", 2)
    for _ in range(5):
        await write()
    parts = await audit_log.export_entries(_ALICE, AuditFilters("bob@example.com"))
    assert await query("SELECT details FROM audit_logs WHERE action = 'audit.exported'") == [
        ({"person": "bob@example.com"},)
    ]
    assert [len(part) async for part in parts] == [2, 2, 2, 2, 2]
