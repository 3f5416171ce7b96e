"""Whatever is written, pruned or deleted, the audit log proves whole; whatever is tampered with is named."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString, TypeAlias

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from msgspec.structs import replace

from shareable_backlog.database import query, transaction
from shareable_backlog.services.audit import audit_actions, audit_chain, audit_retention, audit_sealing
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action, Actor
from shareable_backlog.services.audit.audit_chain import Verdict
from shareable_backlog.services.audit.audit_heads import AuditHead
from tests.support.database.chain import build_config

pytestmark = [pytest.mark.owner, pytest.mark.slow, pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

CONFIG = build_config()
_PEOPLE = 3
_EDITS: tuple[LiteralString, ...] = (
    "UPDATE audit_logs SET action = action || '.' WHERE id = %(row)s",
    'UPDATE audit_logs SET details = \'{"to": "bob"}\' WHERE id = %(row)s',
    "UPDATE audit_logs SET details = jsonb_build_array(details) WHERE id = %(row)s",
    "UPDATE audit_logs SET created_at = created_at + interval '1 microsecond' WHERE id = %(row)s",
    "UPDATE audit_logs SET is_admin_action = NOT is_admin_action WHERE id = %(row)s",
    "UPDATE audit_logs SET outcome = 'other' WHERE id = %(row)s",
    "UPDATE audit_logs SET actor_email = 'mallory@example.com' WHERE id = %(row)s",
    "UPDATE audit_logs SET actor_id = 77 WHERE id = %(row)s",
    "UPDATE audit_logs SET resource = coalesce(resource, '') || 'x' WHERE id = %(row)s",
    "UPDATE audit_logs SET resource_id = coalesce(resource_id, '') || 'x' WHERE id = %(row)s",
    "UPDATE audit_logs SET ip_address = coalesce(ip_address, '') || '1' WHERE id = %(row)s",
    "UPDATE audit_logs SET user_agent = coalesce(user_agent, '') || 'x' WHERE id = %(row)s",
    "UPDATE audit_logs SET user_id = 77 WHERE id = %(row)s",
    "UPDATE audit_logs SET position = 1, hash = sha256('x') WHERE id = %(row)s",
)

Step: TypeAlias = tuple[Callable[[int], Awaitable[None]], int]


async def tamper(sql: LiteralString, row: int = 0) -> None:
    """Do what only a superuser can: change the tables behind their triggers' backs."""
    async with transaction() as tx:
        await tx.query("SET LOCAL session_replication_role = replica")
        await tx.query(sql, {"row": row})


async def begin_anew() -> None:
    await tamper("DELETE FROM audit_logs")
    await tamper("DELETE FROM unsealed_audit_logs")
    await tamper("DELETE FROM audit_seals WHERE number > 0")
    await tamper("INSERT INTO audit_seals VALUES (0, 0, '{}', '', -1, 0, '', now(), '') ON CONFLICT DO NOTHING")
    await query("DELETE FROM users")


async def somebody(number: int) -> Actor:
    """Return one of a few people, who come back under another id when they were deleted."""
    email = f"person{number}@example.com"
    await query("INSERT INTO users (email) VALUES (%(email)s) ON CONFLICT DO NOTHING", {"email": email})
    [(user_id,)] = await query("SELECT id FROM users WHERE email = %(email)s", {"email": email})
    return Actor(user_id, email, "192.0.2.7", "Firefox")


async def write(number: int) -> None:
    await audit_actions.record(
        None, await somebody(number), Action.ITEM_VIEWED, resource="item", resource_id=f"ENG-{number}"
    )


async def write_at_once(number: int) -> None:
    actors = [await somebody(other) for other in range(_PEOPLE)]
    await asyncio.gather(
        *(audit_actions.record(None, actors[n % _PEOPLE], Action.EXPORT_MADE) for n in range(number + 2))
    )


async def write_several_in_one(number: int) -> None:
    actor = await somebody(number)
    async with transaction() as tx:
        for _ in range(number + 1):
            await audit_actions.record(tx, actor, Action.PERSON_CHANGED, details={"before": 1.5, "after": "ä\n,1:x"})


async def change_the_mind(number: int) -> None:
    actor = await somebody(number)

    async def begin_and_stop() -> None:
        async with transaction() as tx:
            await audit_actions.record(tx, actor, Action.PERSON_CHANGED)
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        await begin_and_stop()


async def delete_person(number: int) -> None:
    await query("DELETE FROM users WHERE email = %(email)s", {"email": f"person{number}@example.com"})


async def prune(number: int) -> None:
    """Remove the oldest rows of all: a seal of several is cut in two."""
    async with transaction() as tx:
        pruned = await audit_retention.prune_oldest(tx, CONFIG, datetime.now(UTC), number + 1)
        if pruned:
            await audit_actions.record(tx, OPERATOR, Action.AUDIT_PRUNED, details={"through": pruned.through})


async def seal(_: int) -> None:
    await audit_sealing.seal_entries(CONFIG)


_steps = st.lists(
    st.tuples(
        st.sampled_from([write, write_at_once, write_several_in_one, change_the_mind, delete_person, prune, seal]),
        st.integers(0, _PEOPLE - 1),
    ),
    max_size=12,
)
_quickly = how(
    derandomize=True,
    deadline=None,
    max_examples=40,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def play(steps: list[Step]) -> list[tuple[int, int]]:
    """Begin anew, do the steps, seal, and return id and place of all rows there are then."""
    await begin_anew()
    for step, number in steps:
        await step(number)
    await audit_sealing.seal_entries(CONFIG)
    return [
        (row[0], row[1])
        for row in await query(
            """
            SELECT id, seal.position - cardinality(ids) + place
            FROM audit_seals AS seal CROSS JOIN unnest(ids) WITH ORDINALITY AS listed (id, place)
            JOIN audit_logs USING (id) ORDER BY 2
            """
        )
    ]


async def verify() -> Verdict:
    return await audit_chain.verify_chain(CONFIG)


@_quickly
@given(steps=_steps)
async def test_whatever_happens_it_proves_whole(steps: list[Step]) -> None:
    rows = await play(steps)
    verdict = await verify()
    assert (verdict.rows, verdict.faults, verdict.unsealed) == (len(rows), [], 0)


@_quickly
@given(steps=_steps, edit=st.sampled_from(_EDITS), which=st.integers(0, 1000))
async def test_a_row_that_was_changed_is_named(steps: list[Step], edit: LiteralString, which: int) -> None:
    rows = await play([*steps, (write, 0)])
    row_id, place = rows[which % len(rows)]
    await tamper(edit, row_id)
    assert (row_id, place) in [(fault.row_id, fault.position) for fault in (await verify()).faults]


@_quickly
@given(steps=_steps, which=st.integers(0, 1000))
async def test_a_row_that_was_removed_is_missed(steps: list[Step], which: int) -> None:
    rows = await play([*steps, (write, 0)])
    row_id, place = rows[which % len(rows)]
    await tamper("DELETE FROM audit_logs WHERE id = %(row)s", row_id)
    fault = (await verify()).faults[0]
    assert (fault.row_id, fault.position) == (None, place)
    assert fault.sentence == f"Row at place {place} is missing: it was removed."


async def write_rows(count: int) -> None:
    for number in range(count):
        await write(number)
    await audit_sealing.seal_entries(CONFIG)


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        ("INSERT INTO audit_logs (action) VALUES ('x')", "Row 6 was slipped in: it has no place in the chain."),
        (
            "INSERT INTO audit_logs (action, position, hash) VALUES ('x', 6, sha256('x'))",
            "Row 6 was slipped in: it has no place in the chain.",
        ),
        (
            "INSERT INTO audit_logs (action, position, hash) VALUES ('x', 0, sha256('x'))",
            "Row 6 (place 0) comes before the start of the chain, where nothing may be.",
        ),
        ("UPDATE audit_logs SET user_id = NULL, actor_id = 9 WHERE id = 2", "Row 2 (place 2) is not as it was"),
        ("UPDATE audit_logs SET user_id = 1 WHERE id = 2", "Row 2 (place 2) was given to another person."),
        ("DELETE FROM audit_logs WHERE id > 3", "Rows at places 4 to 5 are missing: they were removed."),
        ("DELETE FROM audit_logs WHERE id < 3", "Rows at places 1 to 2 are missing: they were removed."),
        ("DELETE FROM audit_logs", "Rows at places 1 to 5 are missing: they were removed."),
        ("DELETE FROM audit_seals", "The seals are missing: nothing can be proven."),
        ("DELETE FROM audit_seals WHERE number = 0", "Seals 0 to 0 are missing."),
        ("DELETE FROM audit_seals WHERE number > 0", "Row 1 was slipped in: it has no place in the chain."),
        ("UPDATE audit_seals SET position = 4 WHERE number = 1", "Seal 1 (up to place 4) is not as it was made"),
        ("UPDATE audit_seals SET position = 1000000 WHERE number = 1", "The seals end at number 0, and not at 1"),
        ("UPDATE audit_seals SET position = -1 WHERE number = 1", "The seals end at number 0, and not at 1"),
        ("UPDATE audit_seals SET hash = 'x' WHERE number = 1", "Seal 1 (up to place 5) is not as it was made"),
        ("UPDATE audit_seals SET mac = 'x' WHERE number = 1", "Seal 1 (up to place 5) was forged"),
        ("UPDATE audit_seals SET key_id = 'x' WHERE number = 1", "Seal 1 (up to place 5) was made with a key that"),
        (
            "UPDATE audit_seals SET ids = '{1,2,4,3,5}' WHERE number = 1",
            "Seal 1 (up to place 5) is not as it was made",
        ),
        (
            "UPDATE audit_seals SET pruned_position = 2 WHERE number = 1",
            "Seal 1 (up to place 5) is not as it was made",
        ),
        ("UPDATE audit_seals SET ids = '{1}', position = 1 WHERE number = 0", "Row at place 1 is missing"),
    ],
)
async def test_each_way_to_tamper_is_told_in_a_sentence(done: LiteralString, sentence: str) -> None:
    await write_rows(5)
    await tamper(done)
    assert [fault for fault in (await verify()).faults if fault.sentence.startswith(sentence)]


async def test_an_earlier_head_is_found_and_another_is_not() -> None:
    heads: list[AuditHead] = []
    for number in range(3):
        await write_rows(number + 1)
        verdict = await verify()
        assert verdict.head
        heads.append(verdict.head)
    assert (await audit_chain.verify_chain(CONFIG, heads)).faults == []
    wrong = AuditHead(heads[1].position, heads[0].hash)
    [fault] = (await audit_chain.verify_chain(CONFIG, [heads[0], wrong])).faults
    assert fault.sentence.startswith(f"The log never went to {wrong}: rows or seals were removed")


async def test_nothing_is_said_of_a_head_that_retention_has_passed() -> None:
    await write_rows(2)
    head = (await verify()).head
    await write_rows(3)
    await prune(3)
    assert head
    [fault] = (await audit_chain.verify_chain(CONFIG, [head])).faults
    assert fault.sentence.startswith("Retention has removed place 2 since, so nothing can be said of it.")


async def test_a_tail_that_is_cut_off_with_its_seals_is_missed_where_the_head_is_remembered(tmp_path: Path) -> None:
    config = build_config(tmp_path / "audit_head")
    for _ in range(2):
        await write(1)
        await audit_sealing.seal_entries(config)
    await tamper("DELETE FROM audit_seals WHERE number = 2")
    await tamper("DELETE FROM audit_logs WHERE id = 2")
    assert (await verify()).faults == [], "nothing in the database says so"
    [fault] = (await audit_chain.verify_chain(config)).faults
    assert fault.sentence.startswith("The log went to place 2 when this machine saw it last")


async def test_without_a_key_only_hashes_are_checked() -> None:
    await write_rows(2)
    await tamper("UPDATE audit_seals SET mac = 'x' WHERE number = 1")
    verdict = await audit_chain.verify_chain(replace(CONFIG, keys={}))
    assert (verdict.faults, verdict.is_keyed) == ([], False)


async def test_what_is_not_sealed_yet_is_said() -> None:
    await write(1)
    verdict = await verify()
    assert (verdict.rows, verdict.faults, verdict.unsealed) == (0, [], 1)
    assert verdict.oldest_unsealed_at
    await tamper("DELETE FROM audit_logs")
    [fault] = (await verify()).faults
    assert fault.sentence == "Row 1 was removed before it was sealed."


async def test_a_row_that_says_an_earlier_time_than_it_was_written_at_is_named() -> None:
    await write_rows(1)
    await query("ALTER TABLE audit_logs DISABLE TRIGGER sign_audit_log")
    await query("INSERT INTO audit_logs (action, created_at) VALUES ('x', now() - interval '2 hours')")
    await audit_sealing.seal_entries(CONFIG)
    [fault] = (await verify()).faults
    assert fault.sentence.startswith("Row 2 (place 2) says an earlier time than it was written at, after 20")


async def test_a_log_that_was_rewritten_throughout_tells_at_most_twenty_faults() -> None:
    await write_rows(30)
    await tamper("UPDATE audit_logs SET action = 'x'")
    assert len((await verify()).faults) == 20


async def test_it_proves_whole_page_by_page_while_others_write_and_prune(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "_PAGE_ROWS", 3)
    monkeypatch.setattr(audit_sealing, "_ROWS_AT_ONCE", 3)

    async def keep_busy() -> None:
        for number in range(20):
            await write(number % _PEOPLE)
            await seal(number)
            await prune(number % 4)

    await write_rows(30)
    busy = asyncio.create_task(keep_busy())
    while not busy.done():
        assert (await verify()).faults == []
    await busy


async def test_a_removal_that_is_rolled_back_changes_nothing() -> None:
    await write_rows(1)

    async def begin_and_stop() -> None:
        async with transaction() as tx:
            await audit_retention.prune_oldest(tx, CONFIG, datetime.now(UTC), 10)
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        await begin_and_stop()
    assert await query("SELECT count(*) FROM audit_logs") == [(1,)]
    assert (await verify()).faults == []
