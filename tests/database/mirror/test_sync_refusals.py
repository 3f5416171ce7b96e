"""What Linear refused, and when it is asked for again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mirror import sync_refusals
from shareable_backlog.database.mirror.sync_refusals import NewRefusal, StoredRefusal

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

_NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
_PLAIN: dict[str, Any] = {
    "stream": "comments",
    "kind": "list",
    "name": "",
    "reason": "Linear does not let the key read comments",
    "remedy": "Ask the admin.",
    "path": "comments",
    "retry_from": None,
}


async def refuse(run_id: int, **fields: Any) -> StoredRefusal:
    new = NewRefusal(**{**_PLAIN, **fields})
    async with transaction() as tx:
        await tx.query(*sync_refusals.build_upsert([new], run_id))
    [stored] = [
        one for one in await sync_refusals.list_refusals() if one.stream == new.stream and one.kind == new.kind
    ]
    return stored


async def test_at_first_it_is_asked_for_again_after_five_minutes() -> None:
    stored = await refuse(1)
    assert (stored.key, stored.tries, stored.is_due) == (("comments", "list", ""), 1, False)
    assert 290 <= (stored.next_at - stored.first_at).total_seconds() <= 301


async def test_one_run_counts_once_however_often_it_meets_it() -> None:
    first = await refuse(1)
    again = await refuse(1, reason="Linear answers with an error")
    assert (again.tries, again.next_at, again.reason) == (1, first.next_at, "Linear answers with an error")
    assert (await refuse(2)).tries == 2


async def test_it_is_due_once_its_time_has_come_by_the_clock_of_the_database() -> None:
    await refuse(1)
    await query("UPDATE sync_refusals SET next_at = now()")
    [stored] = await sync_refusals.list_refusals()
    assert stored.is_due


async def test_a_pause_is_never_longer_than_a_day() -> None:
    for run_id in range(1, 70):
        await refuse(run_id)
    stored = await refuse(70)
    assert 86_000 <= (stored.next_at - datetime.now(UTC)).total_seconds() <= 86_401


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [(_NOON, _NOON.replace(hour=3), 3), (_NOON.replace(hour=3), _NOON, 3), (None, _NOON, None), (_NOON, None, None)],
)
async def test_a_node_is_looked_for_from_the_earliest_time_on(
    before: datetime | None, after: datetime | None, kept: int | None
) -> None:
    await refuse(1, kind="hole", retry_from=before)
    stored = await refuse(2, kind="hole", retry_from=after)
    assert stored.retry_from == (kept and _NOON.replace(hour=kept))


async def test_a_name_may_hold_anything() -> None:
    assert (await refuse(1, kind="node", name="a\x00b")).name == "a\ufffdb"


async def test_what_is_over_is_forgotten_and_nothing_else() -> None:
    await refuse(1)
    kept = await refuse(1, stream="cycles")
    async with transaction() as tx:
        await tx.query(*sync_refusals.build_delete([("comments", "list", ""), ("cycles", "field", "name")]))
    assert await sync_refusals.list_refusals() == [kept]


async def test_a_node_that_a_sweep_did_not_see_is_forgotten() -> None:
    await refuse(1)
    await refuse(1, kind="node", name="gone")
    async with transaction() as tx:
        await sync_refusals.delete_gone(tx, ["cycles"])
    assert len(await sync_refusals.list_refusals()) == 2
    async with transaction() as tx:
        await sync_refusals.delete_gone(tx, ["comments"])
    assert [one.kind for one in await sync_refusals.list_refusals()] == ["list"]
