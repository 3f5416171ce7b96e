"""One project whole, for whoever may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.projects import project_details
from shareable_backlog.database.projects.project_details import ProjectDetails
from tests.support.mirrored import NOON, item, label, person, project, state, store, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

APOLLO = project("Apollo", slug_id="5e1f", lead_id="person-Maren", description="To the moon", content="# Why\nWe can")


async def find(name: str = "Apollo", scope: Scope = EVERYTHING) -> ProjectDetails:
    [found] = await project_details.find_projects(scope, name)
    return found


async def find_ids(name: str, scope: Scope = EVERYTHING) -> list[str]:
    return [one.id for one in await project_details.find_projects(scope, name)]


async def share_with_group(kind: str, id_: str) -> Scope:
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES (%(name)s) RETURNING id", {"name": id_})
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group_id)s, %(kind)s, %(id)s)",
        {"group_id": group_id, "kind": kind, "id": id_},
    )
    return Scope((group_id,))


@pytest.mark.parametrize("name", ["Apollo", "APOLLO", "5e1f", "project-Apollo"])
async def test_a_project_is_found_by_its_name_in_any_case_and_by_linears_words(name: str) -> None:
    await store(APOLLO, item(1, project_id=APOLLO.id))
    assert await find_ids(name) == [APOLLO.id]


@pytest.mark.parametrize("name", ["", "Apoll", "Apollo ", "%", "5E1F", "'", "\u202e", "x" * 9_000])
async def test_another_word_finds_none(name: str) -> None:
    await store(APOLLO, item(1, project_id=APOLLO.id))
    assert await find_ids(name) == []


async def test_linears_word_goes_before_a_name() -> None:
    other = project("5e1f")
    await store(APOLLO, other, item(1, project_id=APOLLO.id), item(2, project_id=other.id))
    assert [one.is_named for one in await project_details.find_projects(EVERYTHING, "5e1f")] == [False, True]
    assert (await find_ids("5e1f"))[0] == APOLLO.id


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE projects SET trashed = true",
        "UPDATE projects SET removed_at = now()",
        "UPDATE backlog_items SET project_id = NULL",
        "UPDATE backlog_items SET trashed = true",
        "UPDATE backlog_items SET removed_at = now()",
        "UPDATE teams SET private = true",
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Apollo', false)",
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('label', 'label-vip', false)",
    ],
)
async def test_it_is_not_there_without_an_item_that_is_shown(gone: LiteralString) -> None:
    await store(APOLLO, label("vip"), item(1, project_id=APOLLO.id, label_ids=["label-vip"]))
    assert await find_ids("Apollo") == [APOLLO.id]
    await query(gone)
    assert await find_ids("Apollo") == []


async def test_a_finished_one_keeps_its_page_when_it_and_its_items_are_archived() -> None:
    await store(project("Apollo", archived_at=NOON), item(1, project_id=APOLLO.id, archived_at=NOON))
    assert (await find()).archived_at == NOON
    assert await project_details.count_items(EVERYTHING, APOLLO.id, 10) == []


async def test_a_group_finds_those_of_its_own_items() -> None:
    await store(APOLLO, item(1, project_id=APOLLO.id), item(2, team="OPS", project_id=APOLLO.id))
    eng, ops = await share_with_group("team", "team-ENG"), await share_with_group("team", "team-OPS")
    sec = await share_with_group("team", "team-SEC")
    assert [await find_ids("Apollo", scope) for scope in (eng, ops, sec, NOTHING)] == [[APOLLO.id]] * 2 + [[]] * 2
    assert [one.items for one in await project_details.count_items(eng, APOLLO.id, 10)] == [1]


async def test_it_tells_its_texts_and_people_only_where_they_are_shown() -> None:
    await store(person("Maren"), APOLLO, item(1, project_id=APOLLO.id))
    one = await find()
    assert (one.description, one.content, one.lead) == ("To the moon", "# Why\nWe can", "Maren")
    assert one.shows_description
    await query("UPDATE sharing_settings SET shows_descriptions = false, shows_assignees = false")
    one = await find()
    assert (one.description, one.content, one.lead, one.shows_description, one.shows_people) == (
        None, None, None, False, False,
    )  # fmt: skip


async def test_it_knows_when_it_was_written_about_last() -> None:
    await store(APOLLO, item(1, project_id=APOLLO.id), update(1, APOLLO), update(9, APOLLO))
    await store(update(12, APOLLO, archived_at=NOON))
    assert (await find()).last_update_at == NOON + timedelta(minutes=9)


async def test_its_items_are_counted_by_team_state_and_milestone_but_for_what_is_archived() -> None:
    own: dict[str, Any] = {"project_id": APOLLO.id}
    await store(
        APOLLO,
        state("started", name="Doing"),
        item(1, state_id="ENG-started-0", estimate=3, **own),
        item(2, state_id="ENG-started-0", estimate=2, **own),
        item(3, team="OPS", project_milestone_id="m", **own),
        item(4, archived_at=datetime.now(UTC), **own),
        item(5),
    )
    parts = await project_details.count_items(EVERYTHING, APOLLO.id, 10)
    assert [(one.team_key, one.state, one.type, one.milestone_id, one.items, one.points) for one in parts] == [
        ("ENG", "Doing", "started", None, 2, 5),
        ("OPS", None, None, "m", 1, None),
    ]
    assert [one.items for one in await project_details.count_items(EVERYTHING, APOLLO.id, 1)] == [1]
