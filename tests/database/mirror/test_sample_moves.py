"""What is said to have moved in the sample fits what it is now; tests/sync/test_sample.py compares it with a day."""

import json
from pathlib import Path
from typing import Any

Node = dict[str, Any]

SEEDS = Path(__file__).parents[3] / "database" / "seeds"
MOVES: list[Node] = json.loads((SEEDS / "sample-moves.json").read_text(encoding="utf-8"))
STREAMS: dict[str, list[Node]] = json.loads((SEEDS / "sample.json").read_text(encoding="utf-8"))
NODES = {node["id"]: node for nodes in STREAMS.values() for node in nodes}


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
        assert move["from"] != _flatten(NODES[move["id"]][columns[move["field"]]]), move


def test_each_field_of_a_row_moved_once_within_five_days_and_not_after_its_last_change() -> None:
    assert len({(move["id"], move["field"]) for move in MOVES}) == len(MOVES)
    for move in MOVES:
        age = move["changedAt"]["minutesAgo"]
        assert NODES[move["id"]]["updatedAt"]["minutesAgo"] <= age < 5 * 24 * 60, move
