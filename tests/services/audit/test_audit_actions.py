"""What is recorded, and that what can't be recorded is not done."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import users
from shareable_backlog.database.audit import audit_logs
from shareable_backlog.database.audit.audit_logs import AuditFilters
from shareable_backlog.errors import DatabaseFailed
from shareable_backlog.services.audit import audit_actions
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action, Actor

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def newest() -> audit_logs.AuditEntry:
    return (await audit_logs.list_entries(AuditFilters(), None, 1))[0]


async def added(email: str = "alice@example.com") -> int:
    async with transaction() as tx:
        await users.add_user(tx, email)
        found = await users.find_by_email(tx, email)
    assert found
    return found.id


async def test_an_act_is_recorded_with_who_where_and_on_what() -> None:
    alice = Actor(await added(), "alice@example.com", "192.0.2.7", "Firefox")
    async with transaction() as tx:
        await audit_actions.record(
            tx,
            alice,
            Action.PERSON_APPROVED,
            resource="user",
            resource_id="7",
            details={
                "before": {"state": "pending"},
                "after": {"state": "active"},
                "at": datetime(2026, 1, 1, tzinfo=UTC),
            },
        )
    row = await newest()
    assert (row.actor_id, row.actor_email, row.ip_address, row.user_agent) == (
        alice.user_id,
        "alice@example.com",
        "192.0.2.7",
        "Firefox",
    )
    assert (row.action, row.resource, row.resource_id, row.outcome) == ("person.approved", "user", "7", "done")
    assert row.is_admin_action
    assert row.details == {
        "before": {"state": "pending"},
        "after": {"state": "active"},
        "at": "2026-01-01T00:00:00Z",
    }


async def test_a_refusal_is_told_apart() -> None:
    await audit_actions.record(None, Actor(None, None, "192.0.2.7", None), Action.NETWORK_REFUSED, refused=True)
    row = await newest()
    assert (row.outcome, row.actor_email, row.is_admin_action) == ("refused", None, False)


async def add_carol(*, stops: bool = False) -> None:
    async with transaction() as tx:
        await users.add_user(tx, "carol@example.com")
        await audit_actions.record(tx, OPERATOR, Action.PERSON_CREATED)
        if stops:
            raise RuntimeError("stopped")


@pytest.mark.owner
async def test_what_can_not_be_recorded_is_not_done() -> None:
    await query("ALTER TABLE audit_logs ADD CONSTRAINT full_disk CHECK (action <> 'person.created')")
    with pytest.raises(DatabaseFailed):
        await add_carol()
    assert await query("SELECT 1 FROM users") == []


@pytest.mark.owner
async def test_what_can_not_be_chained_is_not_done() -> None:
    await query("DROP TABLE unsealed_audit_logs")
    with pytest.raises(DatabaseFailed):
        await add_carol()
    assert await query("SELECT 1 FROM users UNION ALL SELECT 1 FROM audit_logs") == []


async def test_an_act_that_is_not_done_is_not_recorded() -> None:
    with pytest.raises(RuntimeError, match="stopped"):
        await add_carol(stops=True)
    assert await query("SELECT 1 FROM audit_logs") == []


async def test_what_is_too_long_is_cut() -> None:
    stranger = Actor(None, None, "fe80::1%" + "x" * 100, "x" * 1000)
    await audit_actions.record(
        None, stranger, Action.ITEM_VIEWED, resource="item", resource_id="x" * 1000, details={"q": "x" * 10**6}
    )
    row = await newest()
    assert [len(text or "") for text in (row.ip_address, row.user_agent, row.resource_id)] == [45, 300, 255]
    assert row.details["cut"].startswith('{"q": "xxx')
    assert len(row.details["cut"]) == 20_000


_texts = st.text(st.characters(categories=None) | st.sampled_from("\x00\\\"'u0\ud800"), max_size=20)


@pytest.mark.slow
@how(derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(details=st.dictionaries(_texts, _texts | st.lists(_texts) | st.integers() | st.none()), text=_texts)
async def test_anything_that_people_send_can_be_recorded(details: dict[str, Any], text: str) -> None:
    await audit_actions.record(
        None, Actor(None, text, text, text), Action.ITEM_VIEWED, resource="item", resource_id=text, details=details
    )
    row = await newest()
    stored = text.replace("\x00", "�").encode("utf-8", "replace").decode()
    assert (row.actor_email or "", row.resource_id or "") == (stored, stored)
    assert "\x00" not in repr(row.details)


async def test_details_say_what_was_sent_and_not_what_looks_like_it() -> None:
    await audit_actions.record(None, OPERATOR, Action.ITEM_VIEWED, details={"q": "\\u0000 \x00 \\\x00 \\\\u0000"})
    assert (await newest()).details == {"q": "\\u0000 � \\� \\\\u0000"}


async def test_every_action_has_a_dotted_name() -> None:
    assert all(action.value.count(".") == 1 and len(action.value) <= 100 for action in Action)
    assert Action.SHARING_CHANGED.is_admin_action
    assert not Action.ITEM_VIEWED.is_admin_action
