"""The oldest part of the audit log goes when that is wanted; what is left still proves whole."""

import asyncio

import pytest
from structlog.testing import capture_logs

from shareable_backlog.database import query
from shareable_backlog.database.audit.audit_logs import AuditFilters
from shareable_backlog.errors import DatabaseFailed
from shareable_backlog.services.audit import audit_chain, audit_log, audit_retention, audit_sealing
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.tasks import end_tasks
from tests.support.database.chain import build_config

CONFIG = build_config()
pytestmark = [pytest.mark.owner, pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def write_days_ago(*days: int) -> None:
    """Write as if the clock had stood there."""
    await query("ALTER TABLE audit_logs DISABLE TRIGGER sign_audit_log")
    for ago in days:
        await query(
            "INSERT INTO audit_logs (action, created_at) VALUES ('x', now() - make_interval(days => %(ago)s))",
            {"ago": ago},
        )
    await query("ALTER TABLE audit_logs ENABLE TRIGGER sign_audit_log")


async def count_old() -> int:
    """Count the rows that were written as if long ago."""
    [(count,)] = await query("SELECT count(*) FROM audit_logs WHERE action = 'x'")
    return count


async def test_a_removal_is_recorded_with_the_hash_of_the_last_seal_that_went() -> None:
    await write_days_ago(9, 9)
    await audit_sealing.seal_entries(CONFIG)
    await write_days_ago(3)
    [(position, hash_)] = await query("SELECT position, encode(hash, 'hex') FROM audit_seals WHERE number = 1")
    await audit_retention.prune_entries(CONFIG, OPERATOR, 5)
    assert await query("SELECT details, is_admin_action FROM audit_logs WHERE action = 'audit.pruned'") == [
        ({"rows": 2, "through": position, "hash": hash_, "older_than_days": 5}, True)
    ]


async def test_a_removal_that_breaks_off_keeps_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_retention, "_ROWS_AT_ONCE", 2)
    await write_days_ago(9, 9, 9, 9, 9, 3)
    await query(
        "ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK ((details ->> 'through')::int IS DISTINCT FROM 4)"
    )
    with pytest.raises(DatabaseFailed):
        await audit_retention.prune_entries(CONFIG, OPERATOR, 5)
    assert await count_old() == 4, "what can't be recorded is not removed"
    assert await query("SELECT details ->> 'through' FROM audit_logs WHERE action = 'audit.pruned'") == [("2",)]
    assert (await audit_chain.verify_chain(CONFIG)).faults == []


async def test_of_two_removals_at_once_each_row_goes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_retention, "_ROWS_AT_ONCE", 3)
    await write_days_ago(*[9] * 10, 3)
    counts = await asyncio.gather(*(audit_retention.prune_entries(CONFIG, OPERATOR, 5) for _ in range(2)))
    assert (sum(counts), await count_old()) == (10, 1)
    assert (await audit_chain.verify_chain(CONFIG)).faults == []


async def test_counting_removes_nothing() -> None:
    await write_days_ago(9, 9)
    assert [await audit_retention.count_older(CONFIG, 5) for _ in range(2)] == [2, 2]


async def test_a_server_goes_on_after_a_removal_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_retention, "_EVERY_S", 0)
    await write_days_ago(9, 3)
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'audit.pruned')")
    with capture_logs() as logged:
        keeping = asyncio.create_task(audit_retention.keep_pruning(CONFIG, 5))
        async with asyncio.timeout(20):
            while not [event for event in logged if event["event"] == "query_failed"]:  # noqa: ASYNC110 (the log tells nobody)
                await asyncio.sleep(0)
            await query("ALTER TABLE audit_logs DROP CONSTRAINT refused")
            while await count_old() > 1:
                assert not keeping.done()
    await end_tasks(keeping)


async def test_what_retention_leaves_proves_whole_and_tells_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_retention, "_ROWS_AT_ONCE", 4)
    await write_days_ago(*[9] * 10, 3)
    assert await audit_retention.count_older(CONFIG, 30) == 0
    assert await audit_retention.prune_entries(CONFIG, OPERATOR, 30) == 0
    assert await audit_retention.count_older(CONFIG, 5) == 10
    assert await audit_retention.prune_entries(CONFIG, OPERATOR, 5) == 10
    rows = await query("SELECT action, actor_email, (details ->> 'through')::int FROM audit_logs ORDER BY id")
    assert rows == [("x", None, None), *(("audit.pruned", "operator", through) for through in (4, 8, 10))]
    assert (await audit_chain.verify_chain(CONFIG)).faults == []


async def test_a_server_keeps_the_log_as_short_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_retention, "_EVERY_S", 0)
    await write_days_ago(9, 9, 3)
    keeping = asyncio.create_task(audit_retention.keep_pruning(CONFIG, 5))
    while await audit_retention.count_older(CONFIG, 5):
        pass
    await end_tasks(keeping)
    rows = await query("SELECT action, actor_email FROM audit_logs ORDER BY id")
    assert rows == [("x", None), ("audit.pruned", "background")]


async def test_without_a_retention_a_server_removes_nothing() -> None:
    await write_days_ago(9000)
    await audit_retention.keep_pruning(CONFIG, 0)
    assert await query("SELECT count(*) FROM audit_logs") == [(1,)]


async def test_rows_that_stand_behind_a_young_one_are_kept() -> None:
    """The clock may once have been wrong; only the chain's beginning can go."""
    await write_days_ago(9, 1, 9)
    assert await audit_retention.count_older(CONFIG, 5) == 1
    assert await audit_retention.prune_entries(CONFIG, OPERATOR, 5) == 1
    assert await query("SELECT count(*) FROM audit_logs WHERE action = 'x'") == [(2,)]
    assert (await audit_chain.verify_chain(CONFIG)).faults == []


async def test_a_record_with_more_rows_than_four_bytes_can_number_is_sealed_read_and_shortened() -> None:
    await query("ALTER SEQUENCE audit_logs_id_seq RESTART WITH 2147483646")
    await write_days_ago(9, 9, 9, 3)
    assert (await audit_sealing.seal_entries(CONFIG), (await audit_chain.verify_chain(CONFIG)).faults) == (4, [])
    page = await audit_log.list_entries(OPERATOR, AuditFilters(), 2**31 + 1, 2)
    assert ([row.id for row in page.rows], page.next_before) == ([2**31, 2**31 - 1], 2**31 - 1)
    assert await audit_retention.count_older(CONFIG, 5) == 3
    assert await audit_retention.prune_entries(CONFIG, OPERATOR, 5) == 3
    assert await query("SELECT id FROM audit_logs WHERE action = 'x'") == [(2**31 + 1,)]
    assert (await audit_chain.verify_chain(CONFIG)).faults == []
