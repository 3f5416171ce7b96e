"""Turn what the CSV export holds into the nodes that Linear's API would have answered.

A field that the export does not know is left out, which means the same as the API's null.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from shareable_backlog.linear.csv.csv_items import CsvItem, CsvPerson

NodeJson: TypeAlias = dict[str, Any]

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
def derive_id(kind: str, *name: str) -> str:
    """Make the id of what has no UUID in the export: the same name gets the same id every time."""
    return "csv-" + str(uuid5(_NAMESPACE, "\x1f".join((kind, *name))))


def derive_issue_id(item: CsvItem) -> str:
    """Return the item's own UUID, or an id made from its identifier."""
    return item.uuid or derive_id("issue", item.identifier)


def build_issue_node(item: CsvItem, parent_id: str | None) -> NodeJson:
    """Return the item itself; `parent_id` is the id of its parent, None without one."""
    return {
        "id": derive_issue_id(item),
        "identifier": item.identifier,
        "number": int(item.identifier.rpartition("-")[2]),
        "title": item.title,
        "description": item.description,
        "priority": item.priority,
        "estimate": item.estimate,
        "dueDate": item.due_on.isoformat() if item.due_on else None,
        "labelIds": [derive_id("label", name) for name in item.labels],
        "team": _build_ref(_derive_team_id(item.team_key)),
        "state": _build_ref(derive_state_id(item.team_key, item.status) if item.status else None),
        "assignee": _build_ref(_derive_person_id(item.assignee) if item.assignee else None),
        "creator": _build_ref(_derive_person_id(item.creator) if item.creator else None),
        "project": _build_ref(_derive_project_id(item)),
        "projectMilestone": _build_ref(_derive_milestone_id(item)),
        "cycle": _build_ref(_derive_cycle_id(item.team_key, item.cycle.number) if item.cycle else None),
        "parent": _build_ref(parent_id),
        "createdAt": _format_iso(item.created_at),
        "updatedAt": _format_iso(item.updated_at),
        "startedAt": _format_iso(item.started_at),
        "completedAt": _format_iso(item.completed_at),
        "canceledAt": _format_iso(item.canceled_at),
        "archivedAt": _format_iso(item.archived_at),
    }


def derive_state_id(team_key: str, name: str) -> str:
    """Return the id of the workflow state that a team calls `name`."""
    return derive_id("state", team_key, name)


def build_state_fields(state_type: str, position: int) -> NodeJson:
    """Return what is known of a workflow state once its type is: it is coloured as Linear does by default."""
    return {"type": state_type, "color": _STATE_COLORS[state_type], "position": position}


def build_related_nodes(item: CsvItem) -> list[tuple[str, NodeJson]]:
    """Return what the item refers to, but for its parent, each behind the name of its stream.

    A workflow state lacks its `build_state_fields`. The export has no dates of teams, labels and so on: each gets
    those of the item.
    """
    team_id = _derive_team_id(item.team_key)
    around: list[tuple[str, NodeJson]] = [
        ("teams", {"id": team_id, "key": item.team_key} | _build_names(item.team or item.team_key))
    ]
    if item.status:
        state = {"id": derive_state_id(item.team_key, item.status), "name": item.status, "team": _build_ref(team_id)}
        around.append(("workflow_states", state))
    around += [("labels", {"id": derive_id("label", name), "name": name}) for name in item.labels]
    around += [
        ("people", {"id": _derive_person_id(person)} | _build_names(person.name))
        for person in (item.creator, item.assignee)
        if person
    ]
    if project_id := _derive_project_id(item):
        around.append(("projects", {"id": project_id, "name": item.project or "Unnamed project"}))
    if milestone_id := _derive_milestone_id(item):
        milestone = {
            "id": milestone_id,
            "name": item.milestone or "Unnamed milestone",
            "project": _build_ref(project_id),
        }
        around.append(("project_milestones", milestone))
    if item.cycle:
        cycle = {
            "id": _derive_cycle_id(item.team_key, item.cycle.number),
            "number": item.cycle.number,
            "name": item.cycle.name,
            "startsAt": _format_iso(item.cycle.starts_at),
            "endsAt": _format_iso(item.cycle.ends_at),
            "team": _build_ref(team_id),
        }
        around.append(("cycles", cycle))
    dates = {"createdAt": _format_iso(item.created_at), "updatedAt": _format_iso(item.updated_at), "archivedAt": None}
    return [(stream, node | dates) for stream, node in around]


def _build_names(name: str) -> NodeJson:
    return {"name": name, "displayName": name}


def _build_ref(node_id: str | None) -> NodeJson | None:
    return {"id": node_id} if node_id else None


def _format_iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _derive_team_id(key: str) -> str:
    return derive_id("team", key)


def _derive_person_id(person: CsvPerson) -> str:
    return derive_id("person", person.key)


def _derive_cycle_id(team_key: str, number: int) -> str:
    return derive_id("cycle", team_key, str(number))


def _derive_project_id(item: CsvItem) -> str | None:
    return item.project_uuid or (derive_id("project", item.project) if item.project else None)


def _derive_milestone_id(item: CsvItem) -> str | None:
    if item.milestone_uuid or item.milestone is None:
        return item.milestone_uuid
    return derive_id("milestone", _derive_project_id(item) or "", item.milestone)
