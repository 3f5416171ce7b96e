"""Which groups there are, what is in them, and which can be left alone."""

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import item_groups
from shareable_backlog.database.backlog.counts.item_totals import ItemTotal
from shareable_backlog.database.backlog.item_groups import (
    FirstContents,
    Group,
    GroupBy,
    GroupContent,
    narrow_to_group,
)
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.listing import store_world
from tests.support.mirrored import item, label, store
from tests.support.selecting import ask, select

WORK = ("started", "unstarted", "backlog", "completed")
ENG, OPS = Group("ENG", "ENG", ["team-ENG"]), Group("OPS", "OPS", ["team-OPS"])
BY_TEAM = [(ENG, True), (OPS, False)]


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("team", ["ENG", "OPS"]),
        ("project", ["Apollo", None]),
        ("cycle", ["12", None]),
        ("label", ["Bug", "Roof", None]),
        ("priority", ["urgent", "high", "medium", "low", "none"]),
        ("assignee", ["Alice", "Bob", None]),
    ],
)
async def test_groups_are_those_of_all_names_and_what_has_nothing(by: GroupBy, values: list[str | None]) -> None:
    await store_world()
    assert [one.value for one in await item_groups.list_groups(EVERYTHING, by, WORK)] == values


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_a_group_of_a_state_is_as_advanced_as_the_state_on_its_items() -> None:
    await store_world()
    await query(
        "INSERT INTO workflow_states (id, team_id, name, type, position, created_at, updated_at)"
        " VALUES ('review', 'team-ENG', 'In Testing', 'started', 9000, now(), now())"
    )
    found = await item_groups.list_groups(EVERYTHING, "state", WORK)
    assert [one.name for one in found if one.is_advanced] == ["In Testing"]


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_people_make_no_groups_where_they_are_not_shown() -> None:
    await store_world()
    await query("UPDATE sharing_settings SET shows_assignees = false")
    assert await item_groups.list_groups(EVERYTHING, "assignee", WORK) == [Group(None, None, [])]


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_few_items_are_all_counted_at_once_and_the_first_of_open_groups_named() -> None:
    await store_world()
    found = await item_groups.fill_from_first(
        await select_items(EVERYTHING, ask("order=created")), "team", BY_TEAM, 2
    )
    assert found.is_all
    assert [one.count for one in found.groups] == [3, 2]
    assert [len(one.ids) for one in found.groups] == [2, 0]


@pytest.mark.anyio
async def test_of_more_than_is_counted_of_a_common_word_nothing_is_asked_twice() -> None:
    """There is no database: a statement would fail."""
    more = ItemTotal(1001, None, 1000)
    found = await item_groups.fill_from_first(select("q=roof"), "team", BY_TEAM, 2, more)
    assert found == FirstContents([GroupContent(0, []), GroupContent(0, [])], is_all=False, most=1000)


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_by_label_the_first_that_have_a_common_word_fill_the_groups_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(item_groups, "_FEW_BY_LABEL", 3)
    bugs = [item(number, "The roof leaks", label_ids=["label-Bug"]) for number in range(2, 6)]
    await store(label("Bug"), label("Wish"), item(1, "Another"), *bugs)
    selection = await select_items(EVERYTHING, ask("q=roof&order=updated"))
    by_label = [(Group(name, name, [f"label-{name}"]), True) for name in ("Bug", "Wish")]
    found = await item_groups.fill_from_first(
        replace(selection, has_rare_words=False), "label", by_label, 2, ItemTotal(1001, None, 1000)
    )
    ids = ["item-ENG-5", "item-ENG-4"]
    assert found == FirstContents([GroupContent(4, ids), GroupContent(0, [])], is_all=False, most=3)


@pytest.mark.anyio
@pytest.mark.usefixtures("live_database")
async def test_what_is_known_of_a_group_is_not_looked_for_again() -> None:
    await store_world()
    selection = await select_items(EVERYTHING, ask(""))
    known = [GroupContent(7, ["first", "second"]), GroupContent(0, [])]
    found = await item_groups.fill_groups(selection, "team", BY_TEAM, known, first=2, most=5)
    assert found == [GroupContent(5, ["first", "second"]), GroupContent(2, [])]


def test_a_group_that_the_filters_leave_out_needs_no_statement() -> None:
    selection = select("team=ENG", ids=1)
    assert narrow_to_group(selection, "team", Group("OPS", "OPS", ["another"])) is None
    assert narrow_to_group(selection, "team", Group("ENG", "ENG", ["id-0"]))
    assert narrow_to_group(select("no=project"), "project", Group("Apollo", "Apollo", ["project"])) is None
    assert narrow_to_group(select("has=project"), "project", Group(None, None, [])) is None
