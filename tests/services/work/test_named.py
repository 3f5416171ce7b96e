"""The pages of labels and people, by names that several may have, as each may see them."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services.work import named
from shareable_backlog.services.work.named import LabelWork, PersonWork
from tests.services.work.test_cycles import count_listed, read_as
from tests.support.mirrored import NOON, item, label, person, project, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def read_label(name: str, scope: Scope = EVERYTHING) -> LabelWork:
    return await named.read_label_page(read_as(scope), name)


async def read_person(name: str, scope: Scope = EVERYTHING) -> PersonWork:
    return await named.read_person_page(read_as(scope), name)


async def add_group(kind: str, entity_id: str) -> Scope:
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Some') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group)s, %(kind)s, %(id)s)",
        {"group": group, "kind": kind, "id": entity_id},
    )
    return Scope((group,))


async def test_labels_of_one_name_are_one_page() -> None:
    await store(
        label("Bug"), label("bug", team_id="team-OPS"), state("started"), project("A"),
        item(1, label_ids=["label-Bug"], state_id="ENG-started-0", project_id="project-A"),
        item(2, team="OPS", label_ids=["label-bug"]),
    )  # fmt: skip
    page = await read_label("bUG")
    assert (page.label.name, page.label.ids, page.by_state.total.count) == ("Bug", ["label-Bug", "label-bug"], 2)
    assert {one.group.value: one.count for one in page.by_state.groups} == {"started": 1, None: 1}
    assert [one.project.name for one in page.projects] == ["A"]
    assert await count_listed(read_as(), page.by_state.filters) == 2
    assert page.burn_up is None  # of both there is none


async def test_a_label_that_an_admin_has_not_let_through_is_not_there() -> None:
    await store(label("Secret"), item(1, label_ids=["label-Secret"]))
    await query("UPDATE labels SET is_offered = false")
    with pytest.raises(NotFound):
        await read_label("Secret")


async def test_a_label_whose_items_are_all_hidden_is_not_there_and_moves_no_count() -> None:
    await store(
        label("Bug"), label("Roof"), project("Secret"),
        item(1, label_ids=["label-Bug"], project_id="project-Secret"),
        item(2, label_ids=["label-Roof", "label-Bug"]), item(3, label_ids=["label-Roof"]),
    )  # fmt: skip
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Secret', false)")
    page = await read_label("Bug")
    assert page.burn_up
    assert (page.by_state.total.count, page.burn_up.total[-1]) == (1, 1)
    scope = await add_group("label", "label-Bug")
    assert (await read_label("Roof", scope)).by_state.total.count == 1
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('label', 'label-Roof', false)")
    with pytest.raises(NotFound):
        await read_label("Bug")


async def test_what_somebody_works_on_is_found_by_either_of_their_names() -> None:
    await store(
        person("Zoë O'Hara / 2", display_name="zoe"), state("started"), state("completed"), project("A"),
        item(1, assignee_id="person-Zoë O'Hara / 2", state_id="ENG-started-0", project_id="project-A"),
        item(2, assignee_id="person-Zoë O'Hara / 2", state_id="ENG-completed-0", completed_at=NOON),
        item(3, state_id="ENG-started-0"),
    )  # fmt: skip
    for name in ("ZOE", "zoë o'hara / 2"):
        page = await read_person(name)
        counts = [one.total.count for one in (page.phases.started, page.phases.unstarted, page.phases.done)]
        assert (page.person.name, counts) == ("Zoë O'Hara / 2", [1, 0, 1])
        assert [one.project.name for one in page.projects] == ["A"]


async def test_nobody_has_a_page_where_people_are_not_shown() -> None:
    await store(person("Maren"), item(1, assignee_id="person-Maren"))
    await query("UPDATE sharing_settings SET shows_assignees = false")
    with pytest.raises(NotFound):
        await read_person("Maren")


async def test_somebody_of_whose_work_nothing_is_shown_has_no_page() -> None:
    await store(person("Maren"), project("A"), item(1, assignee_id="person-Maren"), item(2, project_id="project-A"))
    scope = await add_group("project", "project-A")
    with pytest.raises(NotFound):
        await read_person("Maren", scope)
    assert (await read_person("Maren")).person.name == "Maren"
