"""Read Linear's own CSV export (Settings, Workspace, Export) as if Linear's API had answered it.

Whatever has no UUID in the file gets an id made from its name, so that the same file gives the same ids. The
file is read twice, once to check it whole and once to hand out its items: it is never held in memory.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from shareable_backlog.linear.csv.csv_items import CsvItem, read_items
from shareable_backlog.linear.csv.csv_nodes import (
    NodeJson,
    build_issue_node,
    build_related_nodes,
    build_state_fields,
    derive_id,
    derive_issue_id,
    derive_state_id,
)
from shareable_backlog.linear.csv.csv_rows import Findings, build_file_error
from shareable_backlog.linear.csv.csv_states import infer_type, infer_type_by_dates

# In the order in which references can be followed.
_STREAMS = ("teams", "workflow_states", "labels", "people", "projects", "project_milestones", "cycles")


class InferredState(NamedTuple):
    """Which type a team's workflow state was taken to have, so that a person can check it."""

    team_key: str
    name: str
    type: str


class CsvExport(Struct, frozen=True):
    """A whole, checked export as nodes like those of Linear's GraphQL answers.

    `streams` has all but the issues, by the name of their stream; `read_issues()` reads the file again and yields
    them one at a time, in the file's order, as many as there are `identifiers`. `left_out` names rows that say
    nothing.
    """

    identifiers: tuple[str, ...]
    left_out: tuple[str, ...]
    streams: dict[str, list[NodeJson]]
    states: tuple[InferredState, ...]
    read_issues: Callable[[], Iterator[NodeJson]]


def read_export(path: Path) -> CsvExport:
    """Check the export at `path` from end to end and collect all but its issues.

    Raise ImportInvalid, naming row and column of each fault, when anything in it is not as Linear writes it.
    """
    nodes: dict[str, dict[str, NodeJson]] = {stream: {} for stream in _STREAMS}
    votes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    ids: dict[str, str] = {}
    findings = Findings()
    for item in _read_items(path, findings):
        ids[item.identifier] = derive_issue_id(item)
        for stream, node in build_related_nodes(item):
            _widen_dates(nodes[stream].setdefault(node["id"], node), node)
        if item.status:
            votes[item.team_key, item.status][_infer_vote(item)] += 1
    states = _infer_states(votes)
    for position, state in enumerate(states):
        nodes["workflow_states"][derive_state_id(state.team_key, state.name)] |= build_state_fields(
            state.type, position
        )
    return CsvExport(
        identifiers=tuple(ids),
        left_out=tuple(findings.left_out),
        streams={stream: list(by_id.values()) for stream, by_id in nodes.items()},
        states=states,
        read_issues=partial(_read_issues, path, ids),
    )


def _read_issues(path: Path, ids: dict[str, str]) -> Iterator[NodeJson]:
    for item in _read_items(path):
        # A parent that is not in this file may come with another team's.
        parent_id = (ids.get(item.parent) or derive_id("issue", item.parent)) if item.parent else None
        yield build_issue_node(item, parent_id)


def _read_items(path: Path, findings: Findings | None = None) -> Iterator[CsvItem]:
    try:
        with path.open("rb") as file:
            if not file.seekable():
                raise build_file_error("That is a pipe or a device, and the file is read twice: save it first.")
            yield from read_items(file, findings)
    except OSError as error:
        raise build_file_error(f"The file can't be read: {error.strerror}.") from error


def _widen_dates(known: NodeJson, node: NodeJson) -> None:
    known["createdAt"] = min(known["createdAt"], node["createdAt"])
    known["updatedAt"] = max(known["updatedAt"], node["updatedAt"])


def _infer_vote(item: CsvItem) -> str:
    return infer_type_by_dates(
        completed_at=item.completed_at, canceled_at=item.canceled_at, started_at=item.started_at
    )


def _infer_states(votes: dict[tuple[str, str], Counter[str]]) -> tuple[InferredState, ...]:
    return tuple(InferredState(team, name, infer_type(name, votes[team, name])) for team, name in sorted(votes))
