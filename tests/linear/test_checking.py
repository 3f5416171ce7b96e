"""Nodes that are not what they should be."""

import json
import math
from typing import Any

import msgspec
import pytest

from shareable_backlog.linear import checking
from shareable_backlog.linear.checking import BadNode
from shareable_backlog.linear.errors import PartialAnswer
from shareable_backlog.linear.nodes import make_node_type
from shareable_backlog.streams.issues import ISSUES
from shareable_backlog.streams.workspace import LABELS

Issue, IssueLabel = make_node_type(ISSUES), make_node_type(LABELS)
_NOW = "2026-01-02T03:04:05.678Z"


def label(**fields: Any) -> dict[str, Any]:
    return {"id": "label", "createdAt": _NOW, "updatedAt": _NOW, "archivedAt": None, "name": "Bug", **fields}


def issue(**fields: Any) -> dict[str, Any]:
    ids: dict[str, Any] = {"identifier": "ENG-1", "number": 1, "title": "A title", "team": {"id": "team"}}
    return {**label(id="issue"), **ids, **fields}


def read(kind: type[Any], *nodes: object) -> tuple[list[Any], list[BadNode]]:
    """Read nodes from JSON as it comes from Linear."""
    return checking.decode_nodes(kind, msgspec.Raw(json.dumps(nodes).encode()))


def test_good_nodes_are_given_with_their_times_in_utc() -> None:
    [node], bad = read(IssueLabel, label())
    assert (node.name, node.updated_at.isoformat()) == ("Bug", "2026-01-02T03:04:05.678000+00:00")
    assert not bad


def test_a_bad_node_spoils_no_other() -> None:
    good, bad = read(IssueLabel, label(id="a"), label(id="b", name=7), label(id="c"))
    assert [node.id for node in good] == ["a", "c"]
    assert [(one.id, one.field) for one in bad] == [("b", "name")]


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    [node], _ = read(IssueLabel, label(name="a\ud800b"))
    assert node.name == "a\ufffdb"


def test_two_halves_of_a_surrogate_pair_become_their_character() -> None:
    [node], _ = read(IssueLabel, label(name="\ud83d\ude00"))
    assert node.name == "😀"


def test_whole_numbers_may_come_as_floats() -> None:
    [node], bad = read(Issue, issue(number=7.0, priority=2.0, estimate=-0.0))
    assert (node.number, node.priority, node.estimate) == (7, 2, 0)
    assert not bad


@pytest.mark.parametrize("hole", [None, 7, "text", []])
def test_a_hole_among_the_nodes_spoils_the_answer(hole: object) -> None:
    with pytest.raises(PartialAnswer):
        read(IssueLabel, label(), hole)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", "x" * 101),
        ("id", None),
        ("title", None),
        ("title", 7),
        ("labelIds", "a"),
        ("labelIds", [None]),
        ("team", "id"),
        ("team", {}),
        ("team", None),
        ("state", {"id": 7}),
        ("trashed", "true"),
        ("estimate", "7"),
        ("estimate", True),
        ("estimate", math.nan),
        ("estimate", math.inf),
        ("number", None),
        ("number", -1),
        ("number", 1.5),
        ("number", 2**31),
        ("priority", 5),
        ("updatedAt", None),
        ("updatedAt", "yesterday"),
        ("updatedAt", "2026-01-02T03:04:05"),
        ("updatedAt", "2026-02-30T03:04:05Z"),
        ("updatedAt", "10000-01-01T00:00:00Z"),
        ("completedAt", "9999-12-31T23:59:59-12:00"),
        ("completedAt", "0001-01-01T00:00:00+14:00"),
        ("completedAt", "infinity"),
        ("dueDate", "2026-13-01"),
        ("dueDate", "0000-00-00"),
        ("dueDate", "9999-01-01"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused_with_the_name_of_its_field(field: str, value: object) -> None:
    good, [bad] = read(Issue, issue(**{field: value}))
    assert not good
    assert bad.field is not None
    assert bad.field.replace("_", "").lower().startswith(field.lower())
    assert bad.why


def test_a_missing_field_is_called_missing() -> None:
    node = issue()
    del node["title"]
    _, [bad] = read(Issue, node)
    assert (bad.field, bad.why) == ("title", "is missing")
