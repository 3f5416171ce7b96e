"""Turn what the CSV export holds into the nodes that Linear's API would have answered.

A field that the export does not know is left out, which means the same as the API's null.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from shareable_backlog.linear.csv.csv_items import CsvItem, CsvPerson

Node: TypeAlias = dict[str, Any]

# Made up once, never to change: ids for what has no UUID in the export are derived from it.
_NAMESPACE = UUID("6a2c1f0e-6f1b-4d55-9a0d-3f2b8c7e9d41")
_STATE_COLORS = {
    "triage": "#fc7840",
    "backlog": "#bec2c8",
    "unstarted": "#e2e2e2",
    "started": "#f2c94c",
    "completed": "#5e6ad2",
    "canceled": "#95a2b3",
    "duplicate": "#95a2b3",
}


@lru_cache(maxsize=10_000)
def made_id(kind: str, *name: str) -> str:
    """Make the id of what has no UUID in the export: the same name gets the same id every time."""
    return "csv-" + str(uuid5(_NAMESPACE, "\x1f".join((kind, *name))))


def issue_id(item: CsvItem) -> str:
    """Give the item's own UUID, or an id made from its identifier."""
    return item.uuid or made_id("issue", item.identifier)


def issue_node(item: CsvItem, parent_id: str | None) -> Node:
    """Give the item itself; `parent_id` is the id of its parent, None without one."""
    return {
        "id": issue_id(item),
        "identifier": item.identifier,
        "number": int(item.identifier.rpartition("-")[2]),
        "title": item.title,
        "description": item.description,
        "priority": item.priority,
        "estimate": item.estimate,
        "dueDate": item.due_on.isoformat() if item.due_on else None,
        "labelIds": [made_id("label", name) for name in item.labels],
        "team": _ref(_team_id(item.team_key)),
        "state": _ref(state_id(item.team_key, item.status) if item.status else None),
        "assignee": _ref(_person_id(item.assignee) if item.assignee else None),
        "creator": _ref(_person_id(item.creator) if item.creator else None),
        "project": _ref(_project_id(item)),
        "projectMilestone": _ref(_milestone_id(item)),
        "cycle": _ref(_cycle_id(item.team_key, item.cycle.number) if item.cycle else None),
        "parent": _ref(parent_id),
        "createdAt": _iso(item.created_at),
        "updatedAt": _iso(item.updated_at),
        "startedAt": _iso(item.started_at),
        "completedAt": _iso(item.completed_at),
        "canceledAt": _iso(item.canceled_at),
        "archivedAt": _iso(item.archived_at),
    }


def state_id(team_key: str, name: str) -> str:
    """Give the id of the workflow state that a team calls `name`."""
    return made_id("state", team_key, name)


def state_fields(state_type: str, position: int) -> Node:
    """Give what is known of a workflow state once its type is: it is coloured as Linear does by default."""
    return {"type": state_type, "color": _STATE_COLORS[state_type], "position": position}


def nodes_around(item: CsvItem) -> list[tuple[str, Node]]:
    """Give what the item refers to, but for its parent, each behind the name of its stream.

    A workflow state lacks its `state_fields`. The export has no dates of teams, labels and so on: each gets
    those of the item.
    """
    team_id = _team_id(item.team_key)
    around: list[tuple[str, Node]] = [
        ("teams", {"id": team_id, "key": item.team_key} | _named(item.team or item.team_key))
    ]
    if item.status:
        state = {"id": state_id(item.team_key, item.status), "name": item.status, "team": _ref(team_id)}
        around.append(("workflow_states", state))
    around += [("labels", {"id": made_id("label", name), "name": name}) for name in item.labels]
    around += [
        ("people", {"id": _person_id(person)} | _named(person.name))
        for person in (item.creator, item.assignee)
        if person
    ]
    if project_id := _project_id(item):
        around.append(("projects", {"id": project_id, "name": item.project or "Unnamed project"}))
    if milestone_id := _milestone_id(item):
        milestone = {
            "id": milestone_id,
            "name": item.milestone or "Unnamed milestone",
            "project": _ref(project_id),
        }
        around.append(("project_milestones", milestone))
    if item.cycle:
        cycle = {
            "id": _cycle_id(item.team_key, item.cycle.number),
            "number": item.cycle.number,
            "name": item.cycle.name,
            "startsAt": _iso(item.cycle.starts_at),
            "endsAt": _iso(item.cycle.ends_at),
            "team": _ref(team_id),
        }
        around.append(("cycles", cycle))
    dates = {"createdAt": _iso(item.created_at), "updatedAt": _iso(item.updated_at), "archivedAt": None}
    return [(stream, node | dates) for stream, node in around]


def _named(name: str) -> Node:
    return {"name": name, "displayName": name}


def _ref(node_id: str | None) -> Node | None:
    return {"id": node_id} if node_id else None


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _team_id(key: str) -> str:
    return made_id("team", key)


def _person_id(person: CsvPerson) -> str:
    return made_id("person", person.key)


def _cycle_id(team_key: str, number: int) -> str:
    return made_id("cycle", team_key, str(number))


def _project_id(item: CsvItem) -> str | None:
    return item.project_uuid or (made_id("project", item.project) if item.project else None)


def _milestone_id(item: CsvItem) -> str | None:
    if item.milestone_uuid or item.milestone is None:
        return item.milestone_uuid
    return made_id("milestone", _project_id(item) or "", item.milestone)
