"""Whatever is written, pruned or deleted, the audit log proves whole; whatever is tampered with is named."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import LiteralString, TypeAlias

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from shareable_backlog.database import query, transaction
from shareable_backlog.database.audit import audit_logs
from shareable_backlog.services.audit import audit_actions, audit_chain
from shareable_backlog.services.audit.audit_actions import OPERATOR, Action, Actor

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_PEOPLE = 3
_EDITS: tuple[LiteralString, ...] = (
    "UPDATE audit_logs SET action = action || '.' WHERE position = %(place)s",
    'UPDATE audit_logs SET details = \'{"to": "bob"}\' WHERE position = %(place)s',
    "UPDATE audit_logs SET details = jsonb_build_array(details) WHERE position = %(place)s",
    "UPDATE audit_logs SET created_at = created_at + interval '1 microsecond' WHERE position = %(place)s",
    "UPDATE audit_logs SET is_admin_action = NOT is_admin_action WHERE position = %(place)s",
    "UPDATE audit_logs SET outcome = 'other' WHERE position = %(place)s",
    "UPDATE audit_logs SET actor_email = 'mallory@example.com' WHERE position = %(place)s",
    "UPDATE audit_logs SET actor_id = 77 WHERE position = %(place)s",
    "UPDATE audit_logs SET resource = coalesce(resource, '') || 'x' WHERE position = %(place)s",
    "UPDATE audit_logs SET resource_id = coalesce(resource_id, '') || 'x' WHERE position = %(place)s",
    "UPDATE audit_logs SET ip_address = coalesce(ip_address, '') || '1' WHERE position = %(place)s",
    "UPDATE audit_logs SET user_agent = coalesce(user_agent, '') || 'x' WHERE position = %(place)s",
    "UPDATE audit_logs SET user_id = 77 WHERE position = %(place)s",
    "UPDATE audit_logs SET hash = sha256('x') WHERE position = %(place)s",
    "UPDATE audit_logs SET hash = NULL WHERE position = %(place)s",
)

Step: TypeAlias = tuple[Callable[[int], Awaitable[None]], int]


async def tamper(sql: LiteralString, place: int = 0) -> None:
    """Do what only a superuser can: change the tables behind their triggers' backs."""
    async with transaction() as tx:
        await tx.query("SET LOCAL session_replication_role = replica")
        await tx.query(sql, {"place": place})


async def begin_anew() -> None:
    await tamper("DELETE FROM audit_logs")
    await tamper("UPDATE audit_chain_heads SET position = 0, hash = '', pruned_position = 0, pruned_hash = ''")
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
    async with transaction() as tx:
        pruned = await audit_logs.prune_entries(tx, datetime.now(UTC), number + 1)
        if pruned:
            details = {"through": pruned.through, "hash": pruned.hash}
            await audit_actions.record(tx, OPERATOR, Action.AUDIT_PRUNED, details=details)


_steps = st.lists(
    st.tuples(
        st.sampled_from([write, write_at_once, write_several_in_one, change_the_mind, delete_person, prune]),
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
    """Begin anew, do the steps, and return id and place of all rows there are then."""
    await begin_anew()
    for step, number in steps:
        await step(number)
    return [(row[0], row[1]) for row in await query("SELECT id, position FROM audit_logs ORDER BY position")]


@_quickly
@given(steps=_steps)
async def test_whatever_happens_it_proves_whole(steps: list[Step]) -> None:
    rows = await play(steps)
    verdict = await audit_chain.verify_chain()
    assert (verdict.rows, verdict.faults) == (len(rows), [])


@_quickly
@given(steps=_steps, edit=st.sampled_from(_EDITS), which=st.integers(0, 1000))
async def test_a_row_that_was_changed_is_named(steps: list[Step], edit: LiteralString, which: int) -> None:
    rows = await play([*steps, (write, 0)])
    row_id, place = rows[which % len(rows)]
    await tamper(edit, place)
    assert [(fault.row_id, fault.position) for fault in (await audit_chain.verify_chain()).faults][:1] == [
        (row_id, place)
    ]


@_quickly
@given(steps=_steps, which=st.integers(0, 1000))
async def test_a_row_that_was_removed_is_missed(steps: list[Step], which: int) -> None:
    rows = await play([*steps, (write, 0)])
    _, place = rows[which % len(rows)]
    await tamper("DELETE FROM audit_logs WHERE position = %(place)s", place)
    fault = (await audit_chain.verify_chain()).faults[0]
    assert (fault.row_id, fault.position) == (None, place)
    assert fault.sentence == f"Row at place {place} is missing: it was removed."


async def write_rows(count: int) -> None:
    for number in range(count):
        await write(number)


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        ("INSERT INTO audit_logs (action) VALUES ('x')", "Row 6 was slipped in: it has no place in the chain."),
        (
            "INSERT INTO audit_logs (action, position, hash) VALUES ('x', 6, sha256('x'))",
            "Row 6 (place 6) is not as it was recorded, or does not follow the row that it followed.",
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
        ("DELETE FROM audit_chain_heads", "The head of the chain is missing: rows may be missing at its end."),
        ("UPDATE audit_chain_heads SET position = 4", "Rows after place 4 were slipped in."),
        ("UPDATE audit_chain_heads SET hash = 'x'", "The last row is not the one that was recorded last."),
        (
            "UPDATE audit_logs SET position = 12 - position WHERE id IN (3, 4)",
            "Rows at places 3 to 4 are missing: they were removed.",
        ),
        (
            """
            WITH moved AS (
                UPDATE audit_chain_heads
                SET pruned_position = 2, pruned_hash = (SELECT hash FROM audit_logs WHERE id = 2)
            )
            DELETE FROM audit_logs WHERE id <= 2
            """,
            "The chain begins where no recorded removal ended: rows may be missing before.",
        ),
    ],
)
async def test_each_way_to_tamper_is_told_in_a_sentence(done: LiteralString, sentence: str) -> None:
    await write_rows(5)
    await tamper(done)
    assert (await audit_chain.verify_chain()).faults[0].sentence.startswith(sentence)


async def test_a_changed_hash_function_is_found() -> None:
    await write_rows(5)
    await query(
        "CREATE OR REPLACE FUNCTION audit_log_hash(previous bytea, entry audit_logs) RETURNS bytea"
        " LANGUAGE sql AS $$ SELECT sha256(previous) $$"
    )
    await write(1)
    assert [fault.position for fault in (await audit_chain.verify_chain()).faults] == [6]


async def test_a_log_that_was_rewritten_throughout_tells_at_most_twenty_faults() -> None:
    await write_rows(30)
    await tamper("UPDATE audit_logs SET action = 'x'")
    assert len((await audit_chain.verify_chain()).faults) == 20


async def test_it_proves_whole_page_by_page_while_others_write_and_prune(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "_PAGE_ROWS", 3)

    async def keep_busy() -> None:
        for number in range(20):
            await write(number % _PEOPLE)
            await prune(number % 4)

    await write_rows(30)
    busy = asyncio.create_task(keep_busy())
    while not busy.done():
        assert (await audit_chain.verify_chain()).faults == []
    await busy


async def test_a_removal_that_is_rolled_back_changes_nothing() -> None:
    await write(1)

    async def begin_and_stop() -> None:
        async with transaction() as tx:
            await audit_logs.prune_entries(tx, datetime.now(UTC), 10)
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        await begin_and_stop()
    assert await query("SELECT count(*) FROM audit_logs") == [(1,)]
    assert (await audit_chain.verify_chain()).faults == []
