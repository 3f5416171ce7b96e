"""The groups of viewers: their names, their rules, their people, and that nobody is left to see everything."""

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import user_scopes, viewer_groups
from shareable_backlog.database.access.sharing import build_scope
from shareable_backlog.database.access.viewer_groups import Member, Rule, ViewerGroup
from shareable_backlog.errors import DataRefused
from tests.support.database.locking import list_free
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

TEAM: Rule = ("team", "team-ENG")
PROJECT: Rule = ("project", "project-Apollo")
LABEL: Rule = ("label", "label-vip")


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of alice and bob, who are in no group."""
    del live_database
    return let_in(database)


async def add(name: str = "Suppliers") -> int:
    async with transaction() as tx:
        group_id = await viewer_groups.create_group(tx, name)
    assert group_id
    return group_id


async def rename(group_id: int, name: str) -> bool:
    async with transaction() as tx:
        return await viewer_groups.rename_group(tx, group_id, name)


async def delete(group_id: int) -> None:
    async with transaction() as tx:
        await viewer_groups.delete_group(tx, group_id)


async def list_members(group_id: int) -> list[Member]:
    async with transaction() as tx:
        return await viewer_groups.list_members(tx, group_id)


async def change_rules(group_id: int, added: list[Rule], removed: list[Rule]) -> set[Rule]:
    async with transaction() as tx:
        await viewer_groups.update_rules(tx, group_id, added=added, removed=removed)
    return await viewer_groups.list_rules(group_id)


async def put(user_id: int, *group_ids: int) -> None:
    async with transaction() as tx:
        await user_scopes.set_scope(tx, user_id, build_scope(group_ids))


async def list_names() -> list[str]:
    return [one.name for one in await viewer_groups.list_groups()]


@pytest.mark.usefixtures("live_database")
async def test_groups_are_listed_by_name_whatever_its_case() -> None:
    for name in ("roofers", "Suppliers", "Painters"):
        await add(name)
    assert await list_names() == ["Painters", "roofers", "Suppliers"]


async def test_a_group_is_listed_with_the_number_of_its_people_and_rules(ids: dict[str, int]) -> None:
    suppliers, roofers = await add(), await add("Roofers")
    await change_rules(suppliers, [TEAM, LABEL], [])
    for user_id in ids.values():
        await put(user_id, suppliers)
    assert await viewer_groups.list_groups() == [
        ViewerGroup(roofers, "Roofers", people=0, rules=0),
        ViewerGroup(suppliers, "Suppliers", people=2, rules=2),
    ]


async def test_the_people_of_a_group_are_listed_by_mail_address(ids: dict[str, int]) -> None:
    group_id = await add()
    await query("UPDATE users SET email = 'Zoe@example.com', display_name = 'Zoe' WHERE id = %(alice)s", ids)
    for user_id in ids.values():
        await put(user_id, group_id)
    assert await list_members(group_id) == [
        Member(ids["bob"], "bob@example.com", None, has_nothing_else=True),
        Member(ids["alice"], "Zoe@example.com", "Zoe", has_nothing_else=False),  # as an admin
    ]
    roofers = await add("Roofers")
    assert await list_members(roofers) == []
    await put(ids["bob"], group_id, roofers)
    assert [one.has_nothing_else for one in await list_members(roofers)] == [False]


@pytest.mark.usefixtures("live_database")
async def test_a_group_is_locked_under_its_name(database: str) -> None:
    suppliers, roofers = await add(), await add("Roofers")
    async with transaction() as tx:
        assert await viewer_groups.lock_group(tx, suppliers) == "Suppliers"
        assert list_free(database, "viewer_groups") == [roofers]
        assert await viewer_groups.lock_group(tx, 0) is None


@pytest.mark.usefixtures("live_database")
async def test_a_name_in_use_makes_no_second_group() -> None:
    await add()
    async with transaction() as tx:
        assert await viewer_groups.create_group(tx, "Suppliers") is None
    assert await list_names() == ["Suppliers"]


@pytest.mark.usefixtures("live_database")
async def test_a_group_takes_any_name_but_anothers() -> None:
    suppliers, _ = await add(), await add("Roofers")
    assert not await rename(suppliers, "Roofers")
    assert await rename(suppliers, "Suppliers"), "its own"
    assert await rename(suppliers, "Painters")
    assert not await rename(0, "Nobody's")
    assert await list_names() == ["Painters", "Roofers"]


@pytest.mark.usefixtures("live_database")
async def test_a_group_sees_nothing_until_it_has_rules() -> None:
    assert await viewer_groups.list_rules(await add()) == set()


@pytest.mark.usefixtures("live_database")
async def test_rules_are_added_and_removed_of_one_group_at_once() -> None:
    suppliers, roofers = await add(), await add("Roofers")
    await change_rules(roofers, [TEAM, PROJECT], [])
    assert await change_rules(suppliers, [TEAM, PROJECT], []) == {TEAM, PROJECT}
    assert await change_rules(suppliers, [LABEL], [TEAM]) == {PROJECT, LABEL}
    assert await viewer_groups.list_rules(roofers) == {TEAM, PROJECT}


@pytest.mark.usefixtures("live_database")
async def test_a_rule_that_is_there_or_gone_already_stays_so() -> None:
    group_id = await add()
    await change_rules(group_id, [TEAM], [])
    assert await change_rules(group_id, [TEAM], [LABEL]) == {TEAM}


@pytest.mark.usefixtures("live_database")
async def test_a_rule_names_one_kind_alone() -> None:
    group_id = await add()
    await change_rules(group_id, [("team", "same"), ("label", "same")], [])
    assert await change_rules(group_id, [], [("team", "same")]) == {("label", "same")}


@pytest.mark.usefixtures("live_database")
async def test_groups_are_found_by_their_names() -> None:
    suppliers, roofers = await add(), await add("Roofers")
    assert await viewer_groups.find_ids(["Roofers", "Suppliers", "Painters"]) == {
        "Roofers": roofers,
        "Suppliers": suppliers,
    }


async def test_a_deleted_group_takes_its_rules_along_and_leaves_nobody_seeing_more(ids: dict[str, int]) -> None:
    suppliers, roofers = await add(), await add("Roofers")
    for group_id in (suppliers, roofers):
        await change_rules(group_id, [TEAM], [])
    await put(ids["bob"], suppliers)
    await put(ids["alice"], suppliers, roofers)
    await delete(roofers)
    assert await query("SELECT viewer_group_id FROM viewer_group_rules") == [(suppliers,)]

    assert [one.email for one in await list_members(suppliers)] == ["alice@example.com", "bob@example.com"]
    await delete(suppliers)
    assert await query("SELECT 1 FROM users WHERE sees_everything") == []


async def test_a_person_is_in_any_number_of_groups(ids: dict[str, int]) -> None:
    suppliers, roofers = await add(), await add("Roofers")
    await put(ids["alice"], suppliers)
    await put(ids["bob"], suppliers, roofers)
    assert [one.people for one in await viewer_groups.list_groups()] == [1, 2]
    await put(ids["bob"])
    assert [one.people for one in await viewer_groups.list_groups()] == [0, 1]


async def test_nobody_is_put_into_a_group_that_is_not_there(ids: dict[str, int]) -> None:
    with pytest.raises(DataRefused):
        await put(ids["bob"], 7)
