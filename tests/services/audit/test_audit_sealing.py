"""What is recorded is sealed within a second, whoever writes and however many seal."""

import asyncio
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.database import query, transaction
from shareable_backlog.services.audit import audit_heads, audit_sealing
from shareable_backlog.services.audit.audit_heads import AuditHead
from shareable_backlog.tasks import end_tasks
from tests.support.database.chain import build_config, seal_and_verify_open
from tests.support.signed_in import SECRET_KEY

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

CONFIG = build_config()


async def write(count: int = 1) -> None:
    for _ in range(count):
        await query("INSERT INTO audit_logs (action) VALUES ('x')")


async def count_seals() -> int:
    [(count,)] = await query("SELECT count(*) FROM audit_seals WHERE number > 0")
    return count


async def test_many_rows_are_sealed_in_several_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sealing, "_ROWS_AT_ONCE", 2)
    await write(5)
    assert await audit_sealing.seal_entries(CONFIG) == 5
    assert await count_seals() == 3
    assert await audit_sealing.seal_entries(CONFIG) == 0


async def test_a_row_whose_transaction_ends_late_is_sealed_late() -> None:
    async def write_and_wait() -> None:
        async with transaction() as tx:
            await tx.query("INSERT INTO audit_logs (action) VALUES ('late')")
            written.set()
            await sealed.wait()

    written, sealed = asyncio.Event(), asyncio.Event()
    late = asyncio.create_task(write_and_wait())
    await written.wait()
    await write(2)
    assert await audit_sealing.seal_entries(CONFIG) == 2
    sealed.set()
    await late
    assert await audit_sealing.seal_entries(CONFIG) == 1
    assert await query("SELECT ids FROM audit_seals ORDER BY number") == [([],), ([2, 3],), ([1],)]
    assert (await seal_and_verify_open()).faults == []


async def test_of_several_who_seal_at_once_each_row_is_sealed_once() -> None:
    await write(20)
    assert sum(await asyncio.gather(*(audit_sealing.seal_entries(CONFIG) for _ in range(4)))) == 20
    verdict = await seal_and_verify_open()
    assert (verdict.rows, verdict.faults) == (20, [])


async def test_without_a_key_nothing_is_sealed(settings: Settings, tmp_path: Path) -> None:
    assert settings.database_url
    given = {"DATABASE_URL": settings.database_url.reveal(), "SLB_DATA_DIR": str(tmp_path)}
    config = audit_sealing.build_seal_config(parse_settings(given))
    await write()
    assert await audit_sealing.seal_entries(config) == 0
    assert (await audit_sealing.read_state()).unsealed == 1


async def test_a_server_seals_within_two_seconds_and_says_the_head(tmp_path: Path) -> None:
    file = tmp_path / "audit_head"
    with capture_logs() as logged:
        await write()
        sealing = asyncio.create_task(audit_sealing.keep_sealing(build_config(file)))
        while not [event for event in logged if event["event"] == "audit_head"]:  # noqa: ASYNC110 (the log tells nobody)
            await asyncio.sleep(0.01)
        await write()
        started = time.monotonic()
        while (await audit_sealing.read_state()).unsealed:  # noqa: ASYNC110 (nobody tells when)
            await asyncio.sleep(0.01)
        assert time.monotonic() - started < 2
    await end_tasks(sealing)
    [said] = [event for event in logged if event["event"] == "audit_head"]
    assert said["head"].startswith("1:")
    assert said["unsealed"] == 0
    head = (await audit_sealing.read_state()).head
    assert head
    assert (head.position, audit_heads.read_remembered(file)) == (2, head)


async def test_a_record_that_does_not_go_where_it_went_is_an_error_and_its_head_stays_remembered(
    tmp_path: Path,
) -> None:
    file, lost = tmp_path / "audit_head", AuditHead(7, bytes(32))
    audit_heads.write_head(file, lost)
    with capture_logs() as logged:
        for _ in range(2):
            await write()
            await audit_sealing.seal_entries(build_config(file))
    [event] = [event for event in logged if event["event"] == "audit_log_was_cut"]
    assert event["remembered"] == str(lost)
    assert audit_heads.read_remembered(file) == lost


async def test_it_says_what_is_sealed_and_what_is_not() -> None:
    state = await audit_sealing.read_state()
    assert (state.head, state.sealed_at, state.unsealed, state.oldest_unsealed_at) == (None, None, 0, None)
    await write()
    await audit_sealing.seal_entries(CONFIG)
    await write(2)
    state = await audit_sealing.read_state()
    assert state.head
    assert (state.head.position, state.unsealed) == (1, 2)
    assert state.sealed_at
    assert state.oldest_unsealed_at


async def test_each_row_is_in_the_log_as_well_where_that_is_wanted(settings: Settings) -> None:
    await write()
    await query("INSERT INTO audit_logs (action, actor_email) VALUES ('y', 'bob@example.com')")
    with capture_logs() as logged:
        await audit_sealing.seal_entries(replace(CONFIG, is_logged=True))
        await write()
        await audit_sealing.seal_entries(CONFIG)
    copies = [event for event in logged if event["event"] == "audit_entry"]
    assert [(one["position"], one["action"], one.get("actor_email")) for one in copies] == [
        (1, "x", None),
        (2, "y", "bob@example.com"),
    ]
    assert not audit_sealing.build_seal_config(settings).is_logged
    assert audit_sealing.build_seal_config(replace(settings, audit_to_log="yes")).is_logged


async def test_keys_come_from_the_secret_key(settings: Settings) -> None:
    assert audit_sealing.build_seal_config(settings).keys == CONFIG.keys
    both = parse_settings({"SECRET_KEYS": f"{SECRET_KEY[::-1]},{SECRET_KEY}"})
    assert [*audit_sealing.build_seal_config(both).keys][1:] == [*CONFIG.keys]


async def test_what_was_recorded_last_is_sealed_when_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sealing, "_EVERY_S", 60)
    sealing = asyncio.create_task(audit_sealing.keep_sealing(CONFIG))
    await asyncio.sleep(0.2)
    await write()
    await end_tasks(sealing)
    assert (await audit_sealing.read_state()).unsealed == 0
