"""Reading the audit log: filters, pages, and that reading leaves a trace."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.audit import audit_logs
from shareable_backlog.services.audit import audit_actions, audit_log
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action, Actor
from shareable_backlog.services.audit.audit_log import AuditFilters

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_ALICE = Actor(None, "alice@example.com", None, None)
_BOB = Actor(None, "bob@example.com", None, None)
_DAY_BEGIN, _DAY_END = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)


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
        (AuditFilters(since=_DAY_END), []),
        (AuditFilters(until=_DAY_BEGIN), []),
        (AuditFilters(since=_DAY_BEGIN, until=_DAY_END), ["access.refused", "item.viewed", "person.approved"]),
        (AuditFilters(person="bob@example.com", outcome="done", text="ENG"), ["item.viewed"]),
    ],
)
async def test_a_filter_finds_exactly_what_fits(filters: AuditFilters, expected: list[str]) -> None:
    await write()
    assert await found(filters) == expected


@pytest.mark.parametrize(
    "filters",
    [
        AuditFilters("bob@example.com"),
        AuditFilters("bob@example.com", since=_DAY_BEGIN),
        AuditFilters(action="item.viewed", since=_DAY_BEGIN),
        AuditFilters(action="item.viewed", until=_DAY_END),
        AuditFilters(action="item.viewed", since=_DAY_BEGIN, until=_DAY_END),
    ],
)
async def test_pages_hold_every_row_once_newest_first(filters: AuditFilters) -> None:
    for number in range(7):
        await audit_actions.record(None, _BOB, Action.ITEM_VIEWED, resource="item", resource_id=str(number))
    first = await audit_log.list_entries(OPERATOR, filters, None, 3)
    second = await audit_log.list_entries(OPERATOR, filters, first.next_before, 3)
    third = await audit_log.list_entries(OPERATOR, filters, second.next_before, 3)
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


@pytest.mark.owner
async def test_rows_of_days_long_ago_are_found_without_reading_newer_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    async with transaction() as tx:
        await tx.query("SET LOCAL session_replication_role = replica")
        await tx.query(
            "INSERT INTO audit_logs (action, created_at)"
            " SELECT 'x', %(now)s::timestamptz - make_interval(mins => n) FROM generate_series(20000, 1, -1) AS n",
            {"now": now},
        )
        await tx.query("ANALYZE audit_logs")
    plan: list[str] = []

    async def explain(sql: LiteralString, params: dict[str, Any], **_row: Any) -> list[Any]:
        async with transaction() as tx:
            plan.extend(line for (line,) in await tx.query("EXPLAIN (ANALYZE) " + sql, params))
        return []

    monkeypatch.setattr(audit_logs, "query", explain)
    for before_id in (None, 1500):
        await audit_logs.list_entries(AuditFilters(until=now - timedelta(minutes=18_000)), before_id, 51)
    removed = [int(found[1]) for line in plan if (found := re.search(r"Rows Removed by Filter: (\d+)", line))]
    assert sum(removed) <= 1, "the row that the second page comes after"
    assert len([line for line in plan if re.search(r"^Limit .*actual .* rows=51\b", line)]) == 2
