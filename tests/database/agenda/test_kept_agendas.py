"""The tables of kept agendas: their numbers, their scopes, and the documents."""

from datetime import date

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.agenda import kept_agendas

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY, SINCE = date(2026, 3, 5), date(2026, 2, 1)


async def keep(day: date = DAY) -> tuple[int, int]:
    async with transaction() as tx:
        return await kept_agendas.add_kept(tx, day, SINCE, None)


async def test_those_of_a_day_are_numbered_one_after_the_other() -> None:
    assert [(await keep())[1] for _ in range(3)] == [1, 2, 3]
    assert (await keep(date(2026, 3, 6)))[1] == 1
    async with transaction() as tx:
        assert await kept_agendas.delete_kept(tx, DAY, 1)
        assert not await kept_agendas.delete_kept(tx, DAY, 1)
    assert (await keep())[1] == 4
    assert [(one.day.day, one.number) for one in await kept_agendas.list_kept(9)] == [(6, 1), (5, 4), (5, 3), (5, 2)]


async def test_one_that_was_kept_less_than_a_minute_ago_is_recent() -> None:
    found: list[bool] = []
    for age in ("0 s", "59 s", "61 s"):
        await query("DELETE FROM kept_agendas")
        await keep()
        await query("UPDATE kept_agendas SET created_at = now() - %(age)s::interval", {"age": age})
        async with transaction() as tx:
            found.append(await kept_agendas.has_recent(tx))
    assert found == [True, True, False]


async def test_each_scope_finds_its_own_document() -> None:
    kept_id, _ = await keep()
    async with transaction() as tx:
        await kept_agendas.add_contents(tx, kept_id, {EVERYTHING: '{"a": 1}', Scope((1, 2)): '{"a": 2}'})
    assert await kept_agendas.find_content(kept_id, EVERYTHING) == '{"a": 1}'
    assert await kept_agendas.find_content(kept_id, Scope((1, 2))) == '{"a": 2}'
    assert await kept_agendas.find_content(kept_id, Scope((1,))) is None


async def test_the_scopes_in_use_are_those_of_active_people_everything_first_then_the_commonest() -> None:
    await query("INSERT INTO viewer_groups (name) VALUES ('One'), ('Two')")
    await query(
        "INSERT INTO users (email, is_admin, is_approved, is_disabled, sees_everything) VALUES"
        " ('a@example.com', true, true, false, false), ('b@example.com', false, true, false, false),"
        " ('c@example.com', false, true, false, false), ('d@example.com', false, true, false, false),"
        " ('e@example.com', false, true, true, false), ('f@example.com', false, true, false, false)"
    )
    await query(
        "INSERT INTO viewer_group_members (viewer_group_id, user_id) SELECT g.id, u.id"
        " FROM viewer_groups g JOIN users u ON (u.email, g.name) IN (('b@example.com', 'One'),"
        " ('c@example.com', 'Two'), ('d@example.com', 'Two'), ('e@example.com', 'One'), ('e@example.com', 'Two'))"
    )
    one, two = [id_ for (id_,) in await query("SELECT id FROM viewer_groups ORDER BY name")]
    assert await kept_agendas.list_scopes(0, 9) == [EVERYTHING, Scope((two,)), Scope((one,))]
    assert await kept_agendas.list_scopes(0, 2) == [EVERYTHING, Scope((two,))]
    [(keeper,)] = await query("SELECT id FROM users WHERE email = 'b@example.com'")
    assert await kept_agendas.list_scopes(keeper, 2) == [Scope((one,)), EVERYTHING]
