"""The overview's numbers, as the database has them."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.services import overview
from shareable_backlog.services.access.sessions import SessionLimits
from tests.support import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

LIMITS = SessionLimits(idle_hours=72, max_days=30)


async def add_session(email: str, *, idle_hours: int = 0, days: int = 0, is_disabled: bool = False) -> None:
    await query(
        """
        WITH person AS (
          INSERT INTO users (email, is_approved, is_disabled) VALUES (%(email)s, true, %(is_disabled)s) RETURNING id
        )
        INSERT INTO sessions (token_hash, user_id, method, created_at, last_seen_at)
        SELECT sha256(%(email)s::bytea), id, 'link', now() - make_interval(days => %(days)s),
               now() - make_interval(hours => %(idle_hours)s) FROM person
        """,
        {"email": email, "is_disabled": is_disabled, "idle_hours": idle_hours, "days": days},
    )


async def test_sessions_that_are_too_old_or_of_disabled_people_are_not_counted() -> None:
    await add_session("alice@example.com")
    await add_session("bob@example.com", idle_hours=73)
    await add_session("carol@example.com", days=31)
    await add_session("dora@example.com", is_disabled=True)
    assert (await overview.read_overview(LIMITS, has_mail=False)).sessions == 1


async def test_what_is_not_shown_is_mirrored_all_the_same() -> None:
    await mirrored.store(mirrored.item(1), mirrored.item(2), mirrored.item(3), mirrored.item(4))
    await query("UPDATE backlog_items SET archived_at = now() WHERE number = 2")
    await query("UPDATE backlog_items SET trashed = true WHERE number = 3")
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 4")
    found = await overview.read_overview(LIMITS, has_mail=False)
    assert (found.shown, found.items) == (1, 3)


async def test_a_failed_run_is_told_until_one_goes_well() -> None:
    for status in ("failed", "succeeded"):
        await query(
            "INSERT INTO sync_history (status, trigger_type, started_at, completed_at)"
            " VALUES (%(status)s, 'automatic', clock_timestamp(), clock_timestamp())",
            {"status": status},
        )
        failed = (await overview.read_overview(LIMITS, has_mail=False)).failed
        assert (failed is not None) == (status == "failed")
