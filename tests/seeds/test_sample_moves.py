"""What came and moved in the sample since the meeting; of what moved it says what it was."""

import json

from tests.seeds.test_sample import BY_ID, SAMPLE, STREAMS, Node

MOVES: list[Node] = json.loads(SAMPLE.with_name("sample-moves.json").read_text(encoding="utf-8"))


def _flatten(value: Node | str | float | None) -> object:
    """Return a value as moves have it: of a reference the id, of a number its text."""
    if isinstance(value, dict):
        return value.get("id", value)
    return value if value is None else str(value)


def test_whatever_moved_is_there_and_is_something_else_now() -> None:
    columns = {
        "state": "state",
        "priority": "priority",
        "priority_sort_order": "prioritySortOrder",
        "due_date": "dueDate",
        "project": "project",
        "estimate": "estimate",
        "target_date": "targetDate",
    }
    assert {move["field"] for move in MOVES} == set(columns)
    for move in MOVES:
        assert move["from"] != _flatten(BY_ID[move["id"]][1][columns[move["field"]]]), move


def test_each_field_of_a_row_moved_once_within_five_days_and_not_after_its_last_change() -> None:
    assert len({(move["id"], move["field"]) for move in MOVES}) == len(MOVES)
    for move in MOVES:
        age = move["changedAt"]["minutesAgo"]
        assert BY_ID[move["id"]][1]["updatedAt"]["minutesAgo"] <= age < 5 * 24 * 60, move


def test_some_labels_have_just_come() -> None:
    recent = [label["name"] for label in STREAMS["labels"] if label["createdAt"]["minutesAgo"] < 7 * 24 * 60]
    assert len(recent) == 2
