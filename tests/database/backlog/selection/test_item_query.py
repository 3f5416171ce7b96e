"""What is found out before a statement is written; and that it never decides what may be shown."""

from datetime import date
from typing import LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import item_groups, item_list
from shareable_backlog.database.backlog.item_groups import Group
from shareable_backlog.database.backlog.selection.item_query import Selection, select_items
from tests.support.listing import store_world
from tests.support.mirrored import item, person, store
from tests.support.selecting import ask

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def listed(selection: Selection) -> list[str]:
    return [one.identifier for one in await item_list.list_selected(selection, None, 50)]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        ("", "rank"),
        ("order=relevance", "rank"),
        ("order=due", "due"),
        ("q=roof", "relevance"),
        ("q=roof&order=state", "state"),
    ],
)
async def test_the_best_match_comes_first_only_where_something_is_searched_for(words: str, order: str) -> None:
    assert ask(words).sorted_by == order


async def test_what_filters_and_searches_name_is_found_out() -> None:
    await store_world()
    selection = await select_items(EVERYTHING, ask("team=eng&assignee=bobby&q=eng2"))
    assert selection.hints.ids == {"team_is": ["team-ENG"], "assignee_is": ["person-Bob"]}
    assert selection.hints.identified_ids == ["item-ENG-2"]
    assert selection.match
    assert selection.match.params == {"wanted": "('eng' <-> '2')"}


async def test_words_are_rare_when_few_rows_of_a_sample_have_them() -> None:
    await store(*(item(number, "Roof" if number else "Chimney", description="A house") for number in range(30)))
    for word, rarities in {"chimney": (True, True), "house": (False, True), "roof": (False, False)}.items():
        selection = await select_items(EVERYTHING, ask(f"q={word}"))
        assert (selection.has_rare_words, selection.has_rare_titles) == rarities


async def test_the_front_is_shown_while_half_of_the_first_200_are_of_shown_teams() -> None:
    await store(*(item(number, team="ENG" if number < 150 else "OPS") for number in range(210)), indexed=False)
    for hidden, is_shown in {"OPS": True, "ENG": False}.items():
        await query("UPDATE teams SET private = key = %(key)s", {"key": hidden})
        selection = await select_items(EVERYTHING, ask("order=updated"))
        assert selection.is_front_shown is is_shown
        assert len(await listed(selection)) == 50
    for words in ("order=due", "team=ENG", "q=title"):
        assert (await select_items(EVERYTHING, ask(words))).is_front_shown is False
    assert (await select_items(Scope((1,)), ask("order=updated"))).is_front_shown is False


SECRET: LiteralString = "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES"


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("", f"{SECRET} ('team', 'team-ENG', false)"),
        ("team=ENG", f"{SECRET} ('team', 'team-ENG', false)"),
        ("order=state", f"{SECRET} ('project', 'project-Apollo', false)"),
        ("q=needle", f"{SECRET} ('label', 'label-Bug', false)"),
        ("q=needle", "UPDATE sharing_settings SET shows_descriptions = false"),
        ("q=needle&order=updated", "UPDATE sharing_settings SET shows_descriptions = false"),
        ("q=-roof", "UPDATE sharing_settings SET shows_comments = false"),
        ("assignee=alice", "UPDATE sharing_settings SET shows_assignees = false"),
        ("assignee=alice&assignee=bob", "UPDATE sharing_settings SET shows_assignees = false"),
        ("creator=alice&due=overdue", "UPDATE sharing_settings SET shows_assignees = false"),
        ("q=needle", "DELETE FROM sharing_settings"),
    ],
)
async def test_what_is_hidden_after_an_item_was_selected_is_not_shown(words: str, change: LiteralString) -> None:
    await store(
        person("Alice"),
        person("Bob"),
        item(
            1,
            description="a needle",
            assignee_id="person-Alice",
            creator_id="person-Alice",
            project_id="project-Apollo",
            label_ids=["label-Bug"],
            due_date=date(2026, 2, 1),
        ),
    )
    selection = await select_items(EVERYTHING, ask(words))
    groups = [(Group("ENG", "Engineering", ["team-ENG"]), True)]
    assert await listed(selection) == ["ENG-1"]
    await query(change)
    assert await listed(selection) == []
    first = await item_groups.fill_from_first(selection, "team", groups, 3)
    [content] = await item_groups.fill_groups(selection, "team", groups, first.groups, first=3, most=9)
    assert (first.groups[0].count, content.count, content.ids) == (0, 0, [])


async def test_what_a_group_may_see_no_more_after_it_was_selected_is_not_shown() -> None:
    await store(item(1, project_id="project-Apollo", label_ids=["label-Bug"]))
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    for kind, id_ in (("team", "team-ENG"), ("project", "project-Apollo"), ("label", "label-Bug")):
        await query(
            "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, %(kind)s, %(id)s)",
            {"group": group_id, "kind": kind, "id": id_},
        )
        selections = [await select_items(Scope((group_id,)), ask(words)) for words in ("", "team=ENG", "q=title")]
        assert [await listed(one) for one in selections] == [["ENG-1"]] * 3
        await query("DELETE FROM viewer_group_rules")
        assert [await listed(one) for one in selections] == [[]] * 3
