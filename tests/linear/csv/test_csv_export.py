import os
from pathlib import Path
from typing import Any

import pytest

from shareable_backlog.errors import ImportInvalid
from shareable_backlog.linear.csv.csv_export import CsvExport, InferredState, read_export

_SAMPLES = Path(__file__).parents[1] / "csv"
_GENERATIONS = ("2023.csv", "2024.csv", "2026.csv")


def _export(name: str) -> CsvExport:
    return read_export(_SAMPLES / name)


def _issues(export: CsvExport) -> dict[str, dict[str, Any]]:
    return {issue["identifier"]: issue for issue in export.read_issues()}


def _by_name(nodes: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in nodes}


def _of_text(folder: Path, text: str) -> CsvExport:
    path = folder / "export.csv"
    path.write_text(text, encoding="utf-8")
    return read_export(path)


@pytest.mark.parametrize("name", _GENERATIONS)
def test_every_generation_of_the_export_is_read_whole(name: str) -> None:
    export = _export(name)
    assert len(export.identifiers) == len(list(export.read_issues())) == 3


@pytest.mark.parametrize("name", _GENERATIONS)
def test_the_same_file_gives_the_same_nodes_each_time(name: str) -> None:
    once, again = _export(name), _export(name)
    assert once.streams == again.streams
    assert list(once.read_issues()) == list(once.read_issues()) == list(again.read_issues())


@pytest.mark.parametrize("name", _GENERATIONS)
def test_every_reference_of_an_issue_leads_to_a_node(name: str) -> None:
    export = _export(name)
    ids = {stream: {node["id"] for node in nodes} for stream, nodes in export.streams.items()}
    for issue in export.read_issues():
        assert issue["team"]["id"] in ids["teams"]
        assert issue["state"]["id"] in ids["workflow_states"]
        assert set(issue["labelIds"]) <= ids["labels"]
        assert issue["creator"]["id"] in ids["people"]
        assert issue["project"] is None or issue["project"]["id"] in ids["projects"]
        assert issue["cycle"] is None or issue["cycle"]["id"] in ids["cycles"]
        milestone = issue["projectMilestone"]
        assert milestone is None or milestone["id"] in ids["project_milestones"]


@pytest.mark.parametrize("name", _GENERATIONS)
def test_no_mail_address_gets_beyond_the_reader(name: str) -> None:
    export = _export(name)
    assert "example." not in repr(export.streams).casefold()
    assert "example." not in repr(list(export.read_issues())).casefold()


def test_an_issue_looks_as_linear_answers_it() -> None:
    issue = _issues(_export("2023.csv"))["GRD-1"]
    references = ("id", "team", "state", "creator", "assignee", "project", "projectMilestone", "cycle", "labelIds")
    assert {key: value for key, value in issue.items() if key not in references} == {
        "identifier": "GRD-1",
        "number": 1,
        "title": "Water the seedlings twice a day",
        "description": "Morning and evening, at the **root**.",
        "priority": 2,
        "estimate": 2,
        "dueDate": "2023-04-10",
        "createdAt": "2023-04-01T08:15:00.000Z",
        "updatedAt": "2023-04-09T17:00:30.000Z",
        "startedAt": "2023-04-03T06:00:00.000Z",
        "completedAt": "2023-04-09T17:00:30.000Z",
        "canceledAt": None,
        "archivedAt": None,
        "parent": None,
    }


def test_uuids_of_the_file_are_the_ids() -> None:
    export = _export("2026.csv")
    issue = _issues(export)["SEA-1"]
    assert issue["id"] == "0c5b7f6e-4d21-4a0f-9b3e-5a1d2c3b4e01"
    assert issue["project"] == {"id": "2f4c8a1e-0b6d-4e59-8c37-91d5e0f7a2b4"}
    assert issue["projectMilestone"] == {"id": "7b1e9d52-3c40-4f8a-b6e1-0a9c8d7e6f50"}


def test_the_parent_is_found_by_its_identifier_wherever_it_stands() -> None:
    later, earlier = _issues(_export("2026.csv")), _issues(_export("2023.csv"))
    assert later["SEA-2"]["parent"] == {"id": later["SEA-1"]["id"]}
    assert earlier["GRD-3"]["parent"] == {"id": earlier["GRD-2"]["id"]}


def test_a_parent_in_another_teams_file_is_found_once_that_is_imported_too(tmp_path: Path) -> None:
    header = "ID,Title,Status,Created,Parent issue\n"
    child = next(_of_text(tmp_path, header + "A-1,x,Todo,2026-01-01T00:00:00Z,B-1\n").read_issues())
    parent = next(_of_text(tmp_path, header + "B-1,x,Todo,2026-01-01T00:00:00Z,\n").read_issues())
    assert child["parent"] == {"id": parent["id"]}


def test_the_identifiers_prefix_is_the_teams_key() -> None:
    teams = _export("2024.csv").streams["teams"]
    assert [(team["key"], team["name"]) for team in teams] == [("KIT", "Kitchen"), ("HAL", "Dining hall")]


def test_without_a_team_column_the_team_is_called_by_its_key(tmp_path: Path) -> None:
    export = _of_text(tmp_path, "ID,Title,Status,Created\nA-1,x,Todo,2026-01-01T00:00:00Z\n")
    assert export.streams["teams"][0]["name"] == "A"


def test_a_label_belongs_to_the_workspace_as_the_export_does_not_say_whose_it_is() -> None:
    labels = _export("2024.csv").streams["labels"]
    assert [(label["name"], label.get("team")) for label in labels] == [("Paperwork", None), ("Design", None)]


def test_one_person_by_name_and_address_in_any_case_is_one_node_each() -> None:
    people = _export("2023.csv").streams["people"]
    assert sorted(person["name"] for person in people) == ["Carol Jones", "alice.smith", "bob"]


def test_two_addresses_with_the_same_beginning_are_two_people() -> None:
    people = _export("2024.csv").streams["people"]
    assert [person["name"] for person in people] == ["dora", "dora"]


def test_states_are_typed_by_name_or_by_their_items_dates_and_reported() -> None:
    assert _export("2023.csv").states == (
        InferredState("GRD", "Awaiting delivery", "started"),
        InferredState("GRD", "Backlog", "backlog"),
        InferredState("GRD", "Done", "completed"),
    )
    assert [state.type for state in _export("2024.csv").states] == ["canceled", "completed", "triage"]


def test_a_state_is_a_node_of_its_team_with_linears_colour() -> None:
    export = _export("2026.csv")
    state = _by_name(export.streams["workflow_states"])["QA"]
    assert (state["type"], state["color"]) == ("started", "#f2c94c")
    assert state["team"] == {"id": export.streams["teams"][0]["id"]}


def test_two_teams_states_of_one_name_are_two_states(tmp_path: Path) -> None:
    rows = "A-1,x,Next,2026-01-01T00:00:00Z,\nB-1,x,Next,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z\n"
    export = _of_text(tmp_path, "ID,Title,Status,Created,Started\n" + rows)
    assert [(state.team_key, state.type) for state in export.states] == [("A", "unstarted"), ("B", "started")]


def test_an_item_without_a_status_has_no_state(tmp_path: Path) -> None:
    export = _of_text(tmp_path, "ID,Title,Status,Created\nA-1,x,,2026-01-01T00:00:00Z\n")
    assert next(export.read_issues())["state"] is None
    assert export.states == ()


def test_what_has_no_dates_has_those_of_its_items() -> None:
    team = _export("2023.csv").streams["teams"][0]
    assert (team["createdAt"], team["updatedAt"]) == ("2023-04-01T08:15:00.000Z", "2023-04-09T17:00:30.000Z")


def test_a_cycle_and_a_milestone_have_what_the_export_tells() -> None:
    export = _export("2023.csv")
    (cycle,), (milestone,) = export.streams["cycles"], export.streams["project_milestones"]
    assert (cycle["number"], cycle["name"], cycle["startsAt"]) == (7, "Week 7", "2023-04-03T00:00:00.000Z")
    assert milestone["project"] == {"id": export.streams["projects"][0]["id"]}


def test_quotes_line_breaks_and_any_script_come_through() -> None:
    issue = _issues(_export("2026.csv"))["SEA-1"]
    assert issue["title"] == '=Rope + hook, "short" version'
    assert issue["description"] == '- check the knot\n- check the "eye"\n\nフックも確認 ✓ 🪝 בדוק'
    assert (issue["createdAt"], issue["dueDate"]) == ("2026-05-13T11:21:41.000Z", "2026-06-26")


def test_nothing_is_handed_out_before_the_last_row_is_checked(tmp_path: Path) -> None:
    text = "ID,Title,Status,Created\nA-1,x,Todo,2026-01-01T00:00:00Z\nA-2,x,Todo,tomorrow\n"
    with pytest.raises(ImportInvalid, match='column "Created": "tomorrow" is not a date'):
        _of_text(tmp_path, text)


@pytest.mark.parametrize("missing", ["nowhere.csv", "."])
def test_a_file_that_cannot_be_read_is_refused_without_its_path(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ImportInvalid, match=r"^The file can't be read: .*\. Nothing was stored\.$") as caught:
        read_export(tmp_path / missing)
    assert str(tmp_path) not in str(caught.value)


def test_a_pipe_is_refused_at_once_as_it_can_be_read_only_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    end = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        os.write(end, b"ID,Title,Status,Created\n")
        with pytest.raises(ImportInvalid, match=r"^That is a pipe or a device, .*\. Nothing was stored\.$"):
            read_export(tmp_path / "pipe")
    finally:
        os.close(end)
