"""What waits and how far the record goes, as the rows of the database have it."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.monitoring import installation
from tests.support import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_few_items_are_counted_without_those_that_are_gone() -> None:
    await mirrored.store(mirrored.item(1), mirrored.item(2))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 2")
    assert await installation.count_items() == 1


@pytest.mark.owner
async def test_many_items_are_estimated_from_what_the_database_knows() -> None:
    await query("UPDATE pg_class SET reltuples = 1000000 WHERE oid = 'backlog_items'::regclass")
    assert await installation.count_items() == 1_000_000


async def test_the_run_that_ended_last_is_told() -> None:
    assert await installation.find_last_ended_run() is None
    await query(
        "INSERT INTO sync_history"
        " (status, trigger_type, started_at, completed_at, duration_ms, requests, items_failed) VALUES"
        " ('failed', 'manual', now() - interval '2 hours', now(), 1, NULL, NULL),"
        "  ('partial', 'automatic', now() - interval '1 hour', to_timestamp(1800000000), 2500, 4, 2),"
        "  ('running', 'automatic', now(), NULL, NULL, NULL, NULL)"
    )
    found = await installation.find_last_ended_run()
    assert found == installation.EndedRun("partial", 1_800_000_000.0, 2.5, 4, None, 2)


async def test_refusals_are_counted_by_kind() -> None:
    await query(
        "INSERT INTO sync_refusals (stream, kind, name, reason, remedy, path, last_run_id, next_at)"
        " VALUES ('issues', 'node', 'a', '', '', '', 1, now()), ('issues', 'node', 'b', '', '', '', 1, now()),"
        "  ('teams', 'list', '', '', '', '', 1, now())"
    )
    assert await installation.count_refusals() == {"node": 2, "list": 1}


async def test_mails_are_counted_with_the_age_of_the_oldest_that_waits() -> None:
    assert await installation.read_mail_backlog() == installation.MailBacklog(0, None, 0)
    await query(
        "INSERT INTO outgoing_mails (kind, recipient, params, expires_at, created_at, given_up_at)"
        " SELECT 'sign_in', 'bob@example.com', '{}', now(), now() - age, given_up_at FROM (VALUES"
        "  (interval '2 minutes', NULL), (interval '1 minute', NULL), (interval '1 hour', now()),"
        "  (interval '9 days', now() - interval '8 days')) AS m (age, given_up_at)"
    )
    found = await installation.read_mail_backlog()
    assert (found.waiting, found.given_up) == (2, 1)
    assert found.oldest_s is not None
    assert 120 <= found.oldest_s < 180


async def test_the_search_lags_as_long_as_the_oldest_text_waits() -> None:
    assert await installation.read_search_backlog() == installation.Backlog(0, None)
    await mirrored.store(mirrored.item(1), mirrored.item(2))
    await query("UPDATE search_entries SET stale_since = now() - interval '1 minute'")
    await query("UPDATE search_entries SET stale_since = now() - interval '1 hour' WHERE item_id = 'item-ENG-1'")
    found = await installation.read_search_backlog()
    assert found.waiting == 2
    assert found.oldest_s is not None
    assert 3600 <= found.oldest_s < 3660


async def test_the_record_is_as_long_as_its_seals_say_and_what_waits_for_one() -> None:
    assert await installation.read_audit_backlog() == installation.AuditBacklog(0, 0, None)
    for _ in range(3):
        await query("INSERT INTO audit_logs (action) VALUES ('x')")
    found = await installation.read_audit_backlog()
    assert (found.rows, found.waiting) == (3, 3)
    assert found.oldest_s is not None
    assert 0 <= found.oldest_s < 60
