"""What a person sees is stored whole, and what newcomers are given comes with their row."""

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import user_scopes, users
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope, build_scope
from shareable_backlog.database.access.users import UserRow
from shareable_backlog.errors import DataRefused
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def bob(live_database: Settings, database: str) -> int:
    del live_database
    return let_in(database, "bob", "erin")["bob"]


@pytest.fixture
async def groups(bob: int) -> tuple[int, int]:
    """Return the ids of Suppliers and Roofers, in which nobody is."""
    del bob
    (suppliers,), (roofers,) = await query(
        "INSERT INTO viewer_groups (name) VALUES ('Suppliers'), ('Roofers') RETURNING id"
    )
    return suppliers, roofers


async def give(user_id: int, scope: Scope) -> UserRow:
    async with transaction() as tx:
        await user_scopes.set_scope(tx, user_id, scope)
        user = await users.find_by_id(tx, user_id)
    assert user
    return user


async def read_effective(user_id: int) -> Scope:
    [(ids,)] = await query(f"SELECT {user_scopes.render_scope('u')} FROM users u WHERE id = %(id)s", {"id": user_id})
    return build_scope(ids)


async def choose_for_newcomers(scope: Scope) -> None:
    async with transaction() as tx:
        await user_scopes.set_newcomer_scope(tx, scope)


async def test_each_choice_takes_the_place_of_the_one_before(bob: int, groups: tuple[int, int]) -> None:
    suppliers, roofers = groups
    for scope in (Scope(groups), EVERYTHING, Scope((roofers,)), Scope((suppliers,)), NOTHING):
        given = await give(bob, scope)
        assert (given.scope, await read_effective(bob)) == (scope, scope)
    assert await query("SELECT 1 FROM viewer_group_members WHERE user_id = %(bob)s", {"bob": bob}) == []


async def test_the_groups_of_a_person_have_their_names_by_alphabet(bob: int, groups: tuple[int, int]) -> None:
    given = await give(bob, Scope(groups))
    assert (given.group_ids, given.groups) == (list(groups), ["Roofers", "Suppliers"])


async def test_a_choice_is_about_one_person_alone(bob: int) -> None:
    before = await query("SELECT * FROM viewer_group_members")
    await give(bob, NOTHING)
    assert await query("SELECT * FROM viewer_group_members") == before != []


async def test_an_admin_sees_everything_and_keeps_what_they_were_given(bob: int) -> None:
    await give(bob, NOTHING)
    await query("UPDATE users SET is_admin = true WHERE id = %(bob)s", {"bob": bob})
    assert await read_effective(bob) == EVERYTHING
    await query("UPDATE users SET is_admin = false WHERE id = %(bob)s", {"bob": bob})
    assert await read_effective(bob) == NOTHING


async def test_nobody_is_given_a_group_that_is_not_there(bob: int) -> None:
    with pytest.raises(DataRefused):
        await give(bob, Scope((0,)))
    assert await read_effective(bob) == EVERYTHING, "as before"


@pytest.mark.usefixtures("live_database")
async def test_newcomers_are_given_nothing_at_first() -> None:
    assert await user_scopes.read_newcomer_scope() == (NOTHING, [])


async def test_newcomers_are_given_what_was_chosen_and_others_keep_what_they_have(
    bob: int, groups: tuple[int, int]
) -> None:
    for number, scope in enumerate((EVERYTHING, Scope(groups), Scope(groups[1:]), NOTHING)):
        await choose_for_newcomers(scope)
        async with transaction() as tx:
            assert (await user_scopes.read_locked_newcomer_scope(tx))[0] == scope
            assert await users.add_user(tx, f"new{number}@example.com")
            new = await users.find_by_email(tx, f"new{number}@example.com")
        assert new
        assert (new.scope, new.state) == (scope, "pending")
    assert await read_effective(bob) == EVERYTHING
    assert await query("SELECT version FROM sharing_settings") == [(5,)]


async def test_a_deleted_group_is_given_to_newcomers_no_more(groups: tuple[int, int]) -> None:
    await choose_for_newcomers(Scope(groups[:1]))
    assert await user_scopes.read_newcomer_scope() == (Scope(groups[:1]), ["Suppliers"])
    await query("DELETE FROM viewer_groups WHERE name = 'Suppliers'")
    assert await user_scopes.read_newcomer_scope() == (NOTHING, [])
