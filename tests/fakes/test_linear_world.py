from typing import Any

import pytest

from tests.fakes.linear import Bump, FakeLinear, World, run_linear
from tests.fakes.linear.asking import everything, post

EVERY_BUMP: frozenset[Bump] = frozenset(("archive", "trash", "restore", "comment", "removal"))
COUNTS = "{ teams { nodes { key some: issueCount all: issueCount(includeArchived: true) } } }"


def counts(fake: FakeLinear) -> dict[str, tuple[int, int]]:
    nodes = post(fake, COUNTS).json()["data"]["teams"]["nodes"]
    return {node["key"]: (node["some"], node["all"]) for node in nodes}


def referring(issue: dict[str, Any], field: str) -> str | None:
    return issue[field] and issue[field]["id"]


@pytest.mark.parametrize("bumps", [frozenset[Bump](), EVERY_BUMP], ids=["still", "moving"])
def test_whether_a_doubtful_change_moves_updated_at_is_the_worlds_choice(bumps: frozenset[Bump]) -> None:
    world = World(bumps=bumps)
    issue, label = world.add_issue(), world.add_label("Bug")
    world.edit(issue, labelIds=[label["id"]])
    for change in (
        lambda: world.archive(issue),
        lambda: world.unarchive(issue),
        lambda: world.trash(issue),
        lambda: world.restore(issue),
        lambda: world.add_comment(issue),
        lambda: world.remove(label),
    ):
        before, version = issue["updatedAt"], world.version
        change()
        assert (issue["updatedAt"] > before) is bool(bumps)
        assert world.version > version


def test_archiving_and_trashing_show_and_can_be_taken_back(fake: FakeLinear) -> None:
    world, issue = fake.world, fake.world.add_issue()

    def shown() -> tuple[bool, bool]:
        node = everything(fake)["issues"][issue["id"]]
        return bool(node["archivedAt"]), bool(node["trashed"])

    seen = [shown()]
    for change in (world.archive, world.unarchive, world.trash, world.restore):
        change(issue)
        seen.append(shown())
    assert seen == [(False, False), (True, False), (False, False), (True, True), (False, False)]


def test_the_trash_may_leave_archived_at_alone() -> None:
    world = World(trash_archives=False)
    issue = world.add_issue()
    world.trash(issue)
    assert (issue["trashed"], issue["archivedAt"]) == (True, None)


def test_a_deleted_issue_takes_what_hangs_on_it_along(fake: FakeLinear) -> None:
    world = fake.world
    issue, other = world.add_issue(), world.add_issue()
    child = world.add_issue(parent=issue["id"])
    reply = world.add_comment(issue, parent=world.add_comment(issue)["id"])
    kept = world.add_comment(other)
    world.add_attachment(issue)
    world.add_relation(issue, other)
    world.add_relation(other, issue)
    world.add_relation(issue, issue)
    before = child["updatedAt"]
    world.delete(issue)
    left = everything(fake)
    assert set(left["issues"]) == {other["id"], child["id"]}
    assert (left["issues"][child["id"]]["parent"], child["updatedAt"]) == (None, before)
    assert set(left["comments"]) == {kept["id"]}
    assert not left["attachments"]
    assert not left["issueRelations"]
    assert reply["id"] not in world.by_id


def test_removing_a_label_or_a_project_leaves_no_reference(fake: FakeLinear) -> None:
    world = fake.world
    label, kept, project = world.add_label("Bug"), world.add_label("Chore"), world.add_project("Spring")
    milestone, initiative = world.add_milestone(project, "Alpha"), world.add_initiative("Bigger")
    world.add_initiative_project(initiative, project)
    issue = world.add_issue(
        labelIds=[label["id"], kept["id"]], project=project["id"], projectMilestone=milestone["id"]
    )
    world.remove(label)
    world.remove(project)
    left = everything(fake)
    node = left["issues"][issue["id"]]
    assert (node["labelIds"], node["project"], node["projectMilestone"]) == ([kept["id"]], None, None)
    assert not left["projectMilestones"]
    assert not left["initiativeToProjects"]
    assert set(left["initiatives"]) == {initiative["id"]}


def test_a_removed_team_leaves_nothing_of_it(fake: FakeLinear) -> None:
    team = fake.world.add_team()
    fake.world.add_comment(fake.world.add_issue(team, cycle=fake.world.add_cycle(team, 1)["id"]))
    fake.world.add_label("Bug", team=team["id"])
    fake.world.remove(team)
    assert [root for root, rows in everything(fake).items() if rows] == ["users"]


def test_a_state_in_use_can_not_be_removed() -> None:
    world = World()
    issue = world.add_issue()
    with pytest.raises(ValueError, match="in use"):
        world.remove(world.by_id[issue["state"]])
    assert issue["state"] in world.rows["workflowStates"]


def test_a_moved_issue_has_a_new_identifier_and_a_state_of_its_new_team(fake: FakeLinear) -> None:
    world = fake.world
    old, new = world.add_team("ENG", "Engineering"), world.add_team("OPS", "Operations")
    started = next(row for row in world.rows["workflowStates"].values() if row["type"] == "started")
    own, shared = world.add_label("Own", team=old["id"]), world.add_label("Shared")
    issue = world.add_issue(
        old, state=started["id"], cycle=world.add_cycle(old, 1)["id"], labelIds=[own["id"], shared["id"]]
    )
    world.move(issue, new)
    world.move(issue, old)
    world.move(issue, new)
    node = everything(fake)["issues"][issue["id"]]
    assert (node["identifier"], node["number"]) == ("OPS-2", 2)
    assert node["previousIdentifiers"] == ["ENG-1", "OPS-1", "ENG-2"]
    assert referring(node, "team") == new["id"]
    state = world.by_id[issue["state"]]
    assert (state["team"], state["type"]) == (new["id"], "started")
    assert (node["cycle"], node["labelIds"]) == (None, [shared["id"]])


def test_a_bulk_edit_happens_in_one_millisecond() -> None:
    world = World()
    issues = [world.add_issue() for _ in range(3)]
    world.bulk_edit(issues, priority=1)
    assert len({issue["updatedAt"] for issue in issues}) == 1
    assert {issue["priority"] for issue in issues} == {1}


def test_the_key_sees_nothing_of_a_hidden_team_until_it_is_shown(fake: FakeLinear) -> None:
    world = fake.world
    shown, hidden = world.add_team("ENG", "Engineering"), world.add_team("OPS", "Operations")
    child = world.add_issue(shown)
    secret = world.add_issue(hidden, cycle=world.add_cycle(hidden, 1)["id"])
    world.edit(child, parent=secret["id"])
    world.archive(world.add_issue(hidden))
    world.add_comment(secret)
    world.add_attachment(secret)
    world.add_relation(child, secret)
    world.add_label("Bug", team=hidden["id"])
    before = everything(fake)
    world.hide_team(hidden)
    during = everything(fake)
    assert [root for root, rows in during.items() if rows] == ["teams", "workflowStates", "users", "issues"]
    assert set(during["teams"]) == {shown["id"]}
    assert len(during["workflowStates"]) == 6
    assert during["issues"][child["id"]]["parent"] is None
    assert counts(fake) == {"ENG": (1, 1)}
    world.show_team(hidden)
    assert everything(fake) == before
    assert counts(fake) == {"OPS": (1, 2), "ENG": (1, 1)}


def test_a_reference_to_what_is_gone_is_an_error_only_where_linear_promises_a_row(fake: FakeLinear) -> None:
    fake.world.add_issue(assignee="nobody")
    assert post(fake, "{ issues { nodes { assignee { id } } } }").json() == {
        "data": {"issues": {"nodes": [{"assignee": None}]}}
    }
    fake.world.add_issue(state="none")
    answer = post(fake, "{ issues { nodes { state { id } } } }").json()
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["issues", "nodes", 0, "state"]


def test_every_answer_is_dated_by_the_clock_of_the_world(fake: FakeLinear) -> None:
    assert post(fake, COUNTS).headers["date"] == "Thu, 01 Jan 2026 00:00:01 GMT"
    fake.world.pass_time(86_400)
    assert post(fake, COUNTS).headers["date"] == "Fri, 02 Jan 2026 00:00:01 GMT"
    assert post(fake, COUNTS, key="wrong").headers["date"] == "Fri, 02 Jan 2026 00:00:01 GMT"
    fake.sends_date = False
    assert "date" not in post(fake, COUNTS).headers


def test_worlds_with_the_same_seed_and_history_are_equal() -> None:
    def lived() -> World:
        world = World(7)
        issue = world.add_issue()
        world.trash(issue)
        world.delete(issue)
        world.add_comment(world.add_issue())
        return world

    with run_linear(lived()) as one, run_linear(lived()) as other:
        assert everything(one) == everything(other)
