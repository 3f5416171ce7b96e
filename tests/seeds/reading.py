"""Read the sample backlog as it stands in its file."""

import json
from pathlib import Path
from typing import Any

Node = dict[str, Any]

SAMPLE = Path(__file__).parents[2] / "database" / "seeds" / "sample.json"
STREAMS: dict[str, list[Node]] = json.loads(SAMPLE.read_text(encoding="utf-8"))
BY_ID: dict[str, tuple[str, Node]] = {
    node["id"]: (stream, node) for stream, nodes in STREAMS.items() for node in nodes
}
ISSUES = STREAMS["issues"]
HISTORIES = "issueCountHistory completedIssueCountHistory scopeHistory completedScopeHistory inProgressScopeHistory"


def target(node: Node, field: str) -> Node | None:
    """Return the node that a field refers to."""
    return BY_ID[node[field]["id"]][1] if node[field] else None


def age_min(node: Node, field: str) -> int | None:
    """Return how many minutes ago a time was."""
    return node[field]["minutesAgo"] if node[field] else None
