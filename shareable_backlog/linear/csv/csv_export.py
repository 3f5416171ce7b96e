"""Read Linear's own CSV export (Settings, Workspace, Export) as if Linear's API had answered it.

Whatever has no UUID in the file gets an id made from its name, so that the same file gives the same ids. The
file is read twice, once to check it whole and once to hand out its items: it is never held in memory.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from shareable_backlog.linear.csv.csv_items import CsvItem, items
from shareable_backlog.linear.csv.csv_nodes import (
    Node,
    issue_id,
    issue_node,
    made_id,
    nodes_around,
    state_fields,
    state_id,
)
from shareable_backlog.linear.csv.csv_rows import invalid
from shareable_backlog.linear.csv.csv_states import infer_type, type_by_dates

# In the order in which references can be followed.
_STREAMS = ("teams", "workflow_states", "labels", "people", "projects", "project_milestones", "cycles")


class InferredState(NamedTuple):
    """Say which type a team's workflow state was taken to have, so that a person can check it."""

    team_key: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Export:
    """Hold a whole, checked export as nodes like those of Linear's GraphQL answers.

    `streams` has all but the issues, by the name of their stream; `issues()` reads the file again and yields
    them one at a time, in the file's order, `rows` of them.
    """

    rows: int
    streams: dict[str, list[Node]]
    states: tuple[InferredState, ...]
    issues: Callable[[], Iterator[Node]]


def read(path: Path) -> Export:
    """Check the export at `path` from end to end and collect all but its issues.

    Raise ImportInvalid, naming row and column, when anything in it is not as Linear writes it.
    """
    nodes: dict[str, dict[str, Node]] = {stream: {} for stream in _STREAMS}
    votes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    ids: dict[str, str] = {}
    for item in _items(path):
        ids[item.identifier] = issue_id(item)
        for stream, node in nodes_around(item):
            _widen(nodes[stream].setdefault(node["id"], node), node)
        if item.status:
            votes[item.team_key, item.status][_vote(item)] += 1
    states = _states(votes)
    for position, state in enumerate(states):
        nodes["workflow_states"][state_id(state.team_key, state.name)] |= state_fields(state.type, position)
    return Export(
        rows=len(ids),
        streams={stream: list(by_id.values()) for stream, by_id in nodes.items()},
        states=states,
        issues=partial(_issues, path, ids),
    )


def _issues(path: Path, ids: dict[str, str]) -> Iterator[Node]:
    for item in _items(path):
        # A parent that is not in this file may come with another team's.
        parent_id = (ids.get(item.parent) or made_id("issue", item.parent)) if item.parent else None
        yield issue_node(item, parent_id)


def _items(path: Path) -> Iterator[CsvItem]:
    try:
        with path.open("rb") as file:
            yield from items(file)
    except OSError as error:
        raise invalid(f"The file can't be read: {error.strerror}.") from error


def _widen(known: Node, node: Node) -> None:
    known["createdAt"] = min(known["createdAt"], node["createdAt"])
    known["updatedAt"] = max(known["updatedAt"], node["updatedAt"])


def _vote(item: CsvItem) -> str:
    return type_by_dates(completed_at=item.completed_at, canceled_at=item.canceled_at, started_at=item.started_at)


def _states(votes: dict[tuple[str, str], Counter[str]]) -> tuple[InferredState, ...]:
    return tuple(InferredState(team, name, infer_type(name, votes[team, name])) for team, name in sorted(votes))
