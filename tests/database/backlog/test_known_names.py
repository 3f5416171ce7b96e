"""Which words are names in the mirror, and which of those may be told."""

from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope, SharingChoice
from shareable_backlog.database.backlog import known_names
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.streams.projects import ProjectMilestoneRow
from shareable_backlog.streams.releases import ItemReleaseRow, ReleasePipelineRow, ReleaseRow
from tests.support.mirrored import NOON, cycle, item, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

MILESTONE = ProjectMilestoneRow(
    id="milestone", name="Launch", project_id="project-Apollo", created_at=NOON, updated_at=NOON
)
CYCLE = cycle(11, name="Rain", team_id="team-SEC")


async def told(scope: Scope, *words: str, choices: tuple[SharingChoice, ...] = ()) -> dict[tuple[str, str], bool]:
    found = await known_names.list_known_names(scope, words, choices)
    return {(one.kind, one.name): one.is_shown for one in found}


async def hide(*choices: SharingChoice) -> None:
    settings = await sharing.read_settings()
    await sharing.save_settings(OPERATOR, settings.version, settings.fields, choices)


async def see(*choices: SharingChoice) -> Scope:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, choices)
    return Scope((group_id,))


async def test_names_are_known_in_whatever_case_and_other_words_are_not() -> None:
    await store(project("Apollo"), item(1, project_id="project-Apollo"))
    assert await told(EVERYTHING, "apollo", "zeus") == {("project", "apollo"): True}
    assert await told(NOTHING, "apollo") == {("project", "apollo"): False}


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("team", "sec"),
        ("team", "team sec"),
        ("project", "apollo"),
        ("milestone", "launch"),
        ("state", "vetted"),
        ("label", "vip"),
        ("person", "bob"),
        ("person", "bobby"),
        ("cycle", "rain"),
    ],
)
async def test_what_only_hidden_items_refer_to_is_hidden(kind: str, word: str) -> None:
    await store(
        team("SEC"), project("Apollo"), MILESTONE, label("vip"), person("Bob", display_name="Bobby"), CYCLE,
        state("started", team="SEC", name="Vetted"),
        item(
            1, team="SEC", project_id="project-Apollo", project_milestone_id="milestone", label_ids=["label-vip"],
            assignee_id="person-Bob", state_id="SEC-started-0", cycle_id="cycle",
        ),
    )  # fmt: skip
    assert await told(EVERYTHING, word) == {(kind, word): True}
    assert await told(EVERYTHING, word, choices=(SharingChoice("team", "team-SEC", is_shown=False),)) == {
        (kind, word): False
    }
    await hide(SharingChoice("team", "team-SEC", is_shown=False))
    assert await told(EVERYTHING, word) == {(kind, word): False}


@pytest.mark.parametrize(
    ("choice", "word"),
    [
        (SharingChoice("project", "project-Apollo", is_shown=False), "apollo"),
        (SharingChoice("project", "project-Apollo", is_shown=False), "launch"),
        (SharingChoice("label", "label-vip", is_shown=False), "vip"),
        (SharingChoice("label", "label-Area", is_shown=False), "roof"),
        (SharingChoice("team", "team-SEC", is_shown=False), "sec"),
        (SharingChoice("team", "team-SEC", is_shown=False), "rain"),
    ],
)
async def test_what_no_item_has_yet_is_hidden_by_a_rule_alone(choice: SharingChoice, word: str) -> None:
    await store(team("SEC"), project("Apollo"), MILESTONE, label("vip"), label("Area", is_group=True))
    await store(CYCLE, label("Roof", parent_id="label-Area"))
    assert set((await told(EVERYTHING, word)).values()) == {True}
    await hide(choice)
    assert set((await told(EVERYTHING, word)).values()) == {False}


async def test_an_unused_label_of_a_private_team_is_hidden() -> None:
    await store(team("SEC", private=True), label("vip", team_id="team-SEC"))
    assert await told(EVERYTHING, "vip") == {("label", "vip"): False}


async def test_a_name_that_one_of_several_has_in_sight_is_shown() -> None:
    await store(team("SEC", private=True), label("Bug"), label("bug", id="label-bug-2", team_id="team-SEC"))
    await store(item(1, label_ids=["label-Bug"]), item(2, team="SEC", label_ids=["label-bug-2"]))
    assert await told(EVERYTHING, "bug") == {("label", "bug"): True}


async def test_a_group_is_told_the_names_of_its_items_alone() -> None:
    await store(project("Apollo"), project("Zeus"), label("unused"))
    await store(item(1, project_id="project-Apollo"), item(2, project_id="project-Zeus"))
    group = await see(SharingChoice("project", "project-Apollo", is_shown=True))
    assert await told(group, "apollo", "zeus", "unused") == {
        ("project", "apollo"): True,
        ("project", "zeus"): False,
        ("label", "unused"): False,
    }


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE item_releases SET removed_at = now() WHERE issue_id = 'item-ENG-1'",
        "UPDATE item_releases SET archived_at = now() WHERE issue_id = 'item-ENG-1'",
        "UPDATE releases SET trashed = true",
        "UPDATE releases SET removed_at = now()",
        "UPDATE release_pipelines SET trashed = true",
    ],
)
async def test_a_release_is_shown_only_by_an_item_that_still_is_in_it(gone: LiteralString) -> None:
    times: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    await store(
        item(1), item(2, team="SEC"), ReleasePipelineRow(id="app", name="App", trashed=False, **times),
        ReleaseRow(id="falcon", name="Falcon", pipeline_id="app", trashed=False, **times),
        *(
            ItemReleaseRow(id=one, issue_id=f"item-{one}", release_id="falcon", **times) for one in ("ENG-1", "SEC-2")
        ),
    )  # fmt: skip
    await hide(SharingChoice("team", "team-SEC", is_shown=False))
    assert await told(EVERYTHING, "falcon") == {("release", "falcon"): True}
    await query(gone)
    assert await told(EVERYTHING, "falcon") == {("release", "falcon"): False}


async def test_people_are_hidden_with_the_assignees() -> None:
    await store(person("Bob"), item(1, creator_id="person-Bob"))
    assert await told(EVERYTHING, "bob") == {("person", "bob"): True}
    [tried] = await known_names.list_known_names(EVERYTHING, ["bob"], shows_assignees=False)
    assert not tried.is_shown
    await query("UPDATE sharing_settings SET shows_assignees = false")
    assert await told(EVERYTHING, "bob") == {("person", "bob"): False}
