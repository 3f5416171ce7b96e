"""Items of the CSV export as the nodes that Linear's API would have answered."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from shareable_backlog.linear.csv import csv_nodes
from shareable_backlog.linear.csv.csv_items import CsvCycle, CsvItem, CsvPerson
from shareable_backlog.linear.csv.csv_nodes import NodeJson, derive_id

CREATED, UPDATED = datetime(2026, 2, 6, 12, tzinfo=UTC), datetime(2026, 2, 7, 13, 30, 5, 809_999, tzinfo=UTC)
UUID = "0c5b7f6e-4d21-4a0f-9b3e-5a1d2c3b4e01"
PLAIN = CsvItem(
    uuid=None, identifier="ENG-12", team="", title="Photos", description=None, status="", priority=0, estimate=None,
    project=None, project_uuid=None, milestone=None, milestone_uuid=None, cycle=None, creator=None, assignee=None,
    labels=(), initiatives=(), due_on=None, created_at=CREATED, updated_at=UPDATED, started_at=None, triaged_at=None,
    completed_at=None, canceled_at=None, archived_at=None, parent=None, related_to=(), blocked_by=(), duplicate_of=(),
)  # fmt: skip
BOB = CsvPerson("bob", "Bob")


def issue(**fields: Any) -> NodeJson:
    return csv_nodes.build_issue_node(replace(PLAIN, **fields), None)


def around(**fields: Any) -> dict[str, list[NodeJson]]:
    """Return what an item refers to, by stream."""
    found: dict[str, list[NodeJson]] = {}
    for stream, node in csv_nodes.build_related_nodes(replace(PLAIN, **fields)):
        found.setdefault(stream, []).append(node)
    return found


def test_a_made_id_is_the_same_in_every_version_of_the_program() -> None:
    """Else the next import would double everything that has no UUID in the export."""
    assert derive_id("label", "Bug") == "csv-c4f6d27f-97db-5e03-b2f2-2dd1dea27f0b"
    assert derive_id("state", "ENG", "In progress") == "csv-a9f3891f-2d36-5049-80fe-742f7e55d1cb"


def test_made_ids_tell_kinds_and_names_apart() -> None:
    ids = {
        *(derive_id("label", "Bug"), derive_id("project", "Bug"), derive_id("label", "bug"), derive_id("label", "")),
        *(derive_id("state", "ENG", "Todo"), derive_id("state", "ENGT", "odo"), derive_id("state", "Todo", "ENG")),
    }
    assert len(ids) == 7


def test_an_item_with_a_uuid_keeps_it_and_another_has_one_made_of_its_identifier() -> None:
    assert csv_nodes.derive_issue_id(replace(PLAIN, uuid=UUID)) == UUID
    assert csv_nodes.derive_issue_id(PLAIN) == derive_id("issue", "ENG-12")


def test_an_item_that_says_nothing_refers_to_its_team_alone() -> None:
    node = issue()
    assert {name for name, value in node.items() if value is not None} == {
        *("id", "identifier", "number", "title", "priority", "labelIds", "team", "createdAt", "updatedAt")
    }
    assert (node["number"], node["labelIds"]) == (12, [])
    assert list(around()) == ["teams"]


def test_the_number_is_what_stands_behind_the_last_hyphen() -> None:
    assert issue(identifier="A_B-007")["number"] == 7


def test_times_are_in_utc_to_the_millisecond_and_a_due_date_is_a_day() -> None:
    node = issue(due_on=date(2026, 6, 26), completed_at=UPDATED)
    assert (node["createdAt"], node["completedAt"]) == ("2026-02-06T12:00:00.000Z", "2026-02-07T13:30:05.809Z")
    assert node["dueDate"] == "2026-06-26"


def test_a_parent_is_referred_to_by_the_id_that_whoever_calls_has_found() -> None:
    assert csv_nodes.build_issue_node(PLAIN, "csv-parent")["parent"] == {"id": "csv-parent"}


def test_each_reference_of_an_item_leads_to_a_node_around_it() -> None:
    fields: dict[str, Any] = {
        "status": "Todo", "labels": ("Bug", "Roof"), "creator": BOB, "assignee": CsvPerson("carol", "Carol"),
        "project": "Apollo", "milestone": "Launch", "cycle": CsvCycle(7, "Week 7", CREATED, None),
    }  # fmt: skip
    node, found = issue(**fields), around(**fields)
    ids = {stream: [one["id"] for one in nodes] for stream, nodes in found.items()}
    assert ids == {
        "teams": [node["team"]["id"]],
        "workflow_states": [node["state"]["id"]],
        "labels": node["labelIds"],
        "people": [node["creator"]["id"], node["assignee"]["id"]],
        "projects": [node["project"]["id"]],
        "project_milestones": [node["projectMilestone"]["id"]],
        "cycles": [node["cycle"]["id"]],
    }


def test_what_is_around_an_item_has_the_items_dates_and_is_not_archived_with_it() -> None:
    for nodes in around(status="Todo", labels=("Bug",), project="Apollo", archived_at=UPDATED).values():
        for node in nodes:
            assert node["createdAt"] == "2026-02-06T12:00:00.000Z"
            assert node["updatedAt"] == "2026-02-07T13:30:05.809Z"
            assert node["archivedAt"] is None


def test_a_state_belongs_to_its_team_and_is_coloured_once_its_type_is_known() -> None:
    [state] = around(status="Todo")["workflow_states"]
    assert state["id"] == csv_nodes.derive_state_id("ENG", "Todo") != csv_nodes.derive_state_id("OPS", "Todo")
    assert (state["name"], state["team"]) == ("Todo", {"id": derive_id("team", "ENG")})
    assert not state.keys() & csv_nodes.build_state_fields("started", 3).keys()


@pytest.mark.parametrize(
    "state_type", ["triage", "backlog", "unstarted", "started", "completed", "canceled", "duplicate"]
)
def test_every_type_of_state_has_a_colour(state_type: str) -> None:
    fields = csv_nodes.build_state_fields(state_type, 3)
    assert (fields["type"], fields["position"], len(fields["color"])) == (state_type, 3, 7)


def test_a_person_is_known_by_what_the_export_calls_them_and_shown_by_name() -> None:
    bobs = around(creator=CsvPerson("bob@one", "bob"), assignee=CsvPerson("bob@two", "bob"))["people"]
    assert [(one["name"], one["displayName"]) for one in bobs] == [("bob", "bob")] * 2
    assert bobs[0]["id"] != bobs[1]["id"]
    assert [one["id"] for one in around(creator=BOB, assignee=BOB)["people"]] == [derive_id("person", "bob")] * 2


def test_a_project_and_a_milestone_keep_their_uuids_and_may_lack_a_name() -> None:
    found = around(project_uuid=UUID, milestone_uuid=UUID)
    assert [(one["id"], one["name"]) for one in found["projects"]] == [(UUID, "Unnamed project")]
    [milestone] = found["project_milestones"]
    assert (milestone["id"], milestone["name"]) == (UUID, "Unnamed milestone")
    assert milestone["project"] == {"id": UUID}


def test_milestones_of_one_name_belong_each_to_its_project() -> None:
    [one], [other], [none] = (
        around(project=project, milestone="Launch")["project_milestones"] for project in ("Apollo", "Zeus", None)
    )
    assert len({one["id"], other["id"], none["id"]}) == 3
    assert (one["project"], none["project"]) == ({"id": derive_id("project", "Apollo")}, None)


def test_a_cycle_is_its_teams_and_may_lack_name_and_dates() -> None:
    [cycle] = around(cycle=CsvCycle(7, None, None, None))["cycles"]
    assert (cycle["number"], cycle["name"], cycle["startsAt"], cycle["endsAt"]) == (7, None, None, None)
    assert cycle["team"] == {"id": derive_id("team", "ENG")}
    [others] = around(identifier="OPS-1", cycle=CsvCycle(7, None, None, None))["cycles"]
    assert others["id"] != cycle["id"]
