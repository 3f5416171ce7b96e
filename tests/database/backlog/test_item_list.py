"""Items as lines of a list, on a real PostgreSQL."""

import re
from datetime import UTC, datetime
from typing import Any, LiteralString
from urllib.parse import urlencode

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import item_list
from shareable_backlog.database.backlog.item_list import ListedItem
from tests.support.listing import identifiers, read_page
from tests.support.mirrored import cycle, item, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def listed() -> list[ListedItem]:
    return list((await read_page("")).items)


async def test_a_line_has_the_names_of_what_the_item_refers_to() -> None:
    await store(state("started", name="Doing", color="#112233"), person("Alice"), project("Apollo"))
    await store(label("zebra"), label("Apple", color="#aabbcc"))
    labels = ["label-zebra", "label-Apple", "label-unknown"]
    ids = {"state_id": "ENG-started-0", "assignee_id": "person-Alice", "project_id": "project-Apollo"}
    await store(item(1, label_ids=labels, **ids))
    [line] = await listed()
    assert (line.state_name, line.state_type, line.state_color) == ("Doing", "started", "#112233")
    assert (line.assignee, line.project) == ("Alice", "Apollo")
    assert [tuple(one) for one in line.labels] == [("Apple", "#aabbcc"), ("zebra", None)]


async def test_references_to_what_is_not_mirrored_are_none() -> None:
    await store(item(1, state_id="gone", assignee_id="gone", project_id="gone", label_ids=["gone"]))
    [line] = await listed()
    assert (line.state_name, line.assignee, line.project, line.labels) == (None, None, None, [])
    assert line.state_is_advanced is False


async def test_a_state_with_another_of_its_type_before_it_is_advanced() -> None:
    await store(state("started", position=1), state("started", position=2), state("started", team="OPS", position=3))
    await store(item(1, state_id="ENG-started-1"), item(2, state_id="ENG-started-2"))
    await store(item(3, team="OPS", state_id="OPS-started-3"))
    assert [line.state_is_advanced for line in await listed()] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("photos", ["ENG-2", "ENG-1"]),
        ("PHOTOS upload", ["ENG-1"]),
        ("photos upl", ["ENG-1"]),
        ('"upload photos"', ["ENG-1"]),
        ("photos -upload", ["ENG-2"]),
        ("basement", ["ENG-2"]),
        ("nowhere", []),
        ("!!!", []),
    ],
)
async def test_words_are_searched_as_on_the_web(text: str, found: list[str]) -> None:
    await store(
        item(1, "Upload photos in the background"), item(2, "Photos are greyed", description="In a basement.")
    )
    assert sorted(await identifiers(urlencode({"q": text})), reverse=True) == found


@pytest.mark.parametrize("text", ["'", '"', "\\", ":*", "(", "& | !", "%s %(x)s", "😀", "\u202e", "x" * 200])
async def test_any_text_can_be_searched_for(text: str) -> None:
    await store(item(1))
    assert await identifiers(urlencode({"q": text})) == []


async def test_sub_items_come_in_their_own_order_with_archived_ones() -> None:
    below = {"parent_id": "item-ENG-1"}
    await store(item(1), item(2, sub_issue_sort_order=2.0, **below), item(3, sub_issue_sort_order=1.0, **below))
    await store(item(4, archived_at=datetime.now(UTC), **below), item(5, trashed=True, **below))
    assert [one.identifier for one in await item_list.list_sub_items(EVERYTHING, "item-ENG-1", 10)] == [
        "ENG-3",
        "ENG-2",
        "ENG-4",
    ]


@pytest.mark.owner  # of the tables, to count what is in them
@pytest.mark.parametrize(
    ("words", "index"),
    [
        ("", "idx_backlog_items_updated_at_id"),
        ("team=ENG", "idx_backlog_items_team_id_updated_at_id"),
        ("type=started", "idx_backlog_items_state_id_updated_at_id"),
        ("team=ENG&type=started", "idx_backlog_items_state_id_updated_at_id"),
        ("order=created", "idx_backlog_items_created_at_id"),
        ("order=priority", "idx_backlog_items_priority_updated_at_id"),
        ("order=due", "idx_backlog_items_due_date_id"),
        ("order=manual", "idx_backlog_items_sort_order_id"),
        ("order=rank", "idx_backlog_items_rank_level_rank_place_id"),
        ("order=rank&priority=high", "idx_backlog_items_rank_level_rank_place_id"),
        ("order=rank&team=ENG", "idx_backlog_items_team_id_rank_level_rank_place_id_counted"),
        ("order=rank&type=started", "idx_backlog_items_state_id_rank_level_rank_place_id"),
        ("order=rank&project=Apollo", "idx_backlog_items_project_id_rank_level_rank_place_id"),
        ("order=rank&assignee=Alice", "idx_backlog_items_assignee_id_rank_level_rank_place_id"),
        ("order=-rank", "idx_backlog_items_rank_level_rank_place_id"),
        ("order=-updated", "idx_backlog_items_updated_at_id"),
        ("order=-due", "idx_backlog_items_due_date_id_latest"),
        ("order=-rank&team=ENG", "idx_backlog_items_team_id_rank_level_rank_place_id_counted"),
        ("assignee=Alice", "idx_backlog_items_assignee_id_updated_at_id"),
        ("cycle=3", "idx_backlog_items_cycle_id_updated_at_id"),
    ],
)
async def test_a_page_is_read_from_the_index_made_for_it(
    words: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = cycle(3)
    await store(team("ENG"), state("started"), person("Alice"), project("Apollo"), last)
    few = {
        "state_id": "ENG-started-0",
        "assignee_id": "person-Alice",
        "cycle_id": "cycle",
        "project_id": "project-Apollo",
    }
    await store(*(item(number, **few) for number in range(0, 3000, 5)))
    await store(*(item(number, team="OPS", state_id="OPS-completed-0") for number in range(3000) if number % 5))
    await query("ANALYZE")
    plan: list[str] = []

    async def explain(sql: LiteralString, params: dict[str, Any], **_how: object) -> list[Any]:
        plan.extend(line for (line,) in await query("EXPLAIN (ANALYZE) " + sql, params))
        return []

    monkeypatch.setattr(item_list, "query", explain)
    await read_page(words)
    used = [line for line in plan if re.search(rf"\busing {index}\b|\bon {index}\b", line)]
    assert [line for line in used if "never executed" not in line], "\n".join(plan)
