"""Say what the rows of each list of Linear have, what they refer to, and what a removal does to them."""

from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

Row: TypeAlias = dict[str, Any]

Loss: TypeAlias = Literal["goes", "emptied", "taken out", "forbidden"]
"""What becomes of a row when what a field of it refers to is removed: see REFERENCES."""

DEFAULTS: dict[str, Row] = {
    "teams": {"description": None, "color": "#5e6ad2", "icon": None, "parent": None}
    | {"visibility": "public", "timezone": "Europe/London"},
    "workflowStates": {"color": "#e2e2e2", "position": 0, "description": None},
    "issueLabels": {"color": "#eb5757", "description": None, "isGroup": False, "team": None, "parent": None},
    "users": {"avatarUrl": None, "active": True, "admin": False, "guest": False, "app": False}
    | {"url": "https://linear.example.com/profiles/somebody"},
    "projectStatuses": {"type": "started", "color": "#f2c94c", "position": 0},
    "projects": {"description": "", "color": "#5e6ad2", "icon": None, "lead": None, "progress": 0.25}
    | {"startDate": None, "targetDate": None, "health": None, "sortOrder": 0},
    "projectMilestones": {"description": None, "targetDate": None, "sortOrder": 0},
    "cycles": {"name": None, "completedAt": None},
    "initiatives": {"status": "Active", "sortOrder": 0}
    | dict.fromkeys(("description", "color", "icon", "targetDate", "owner")),
    "initiativeToProjects": {"sortOrder": "a0"},
    "issues": {"priority": 0, "sortOrder": 0.5, "prioritySortOrder": 0.5, "trashed": None}
    | dict.fromkeys(("description", "estimate", "subIssueSortOrder", "dueDate", "slaBreachesAt"))
    | dict.fromkeys(("startedAt", "completedAt", "canceledAt", "autoArchivedAt"))
    | dict.fromkeys(("assignee", "creator", "project", "projectMilestone", "cycle", "parent")),
    "comments": dict.fromkeys(("quotedText", "editedAt", "resolvedAt", "parent", "user")),
    "issueRelations": {"type": "blocks"},
    "attachments": {"subtitle": None, "sourceType": None},
}
"""What a row of each root field has unless told otherwise."""

REFERENCES: tuple[tuple[str, str, str, Loss], ...] = (
    ("issues", "team", "teams", "goes"),
    ("issues", "state", "workflowStates", "forbidden"),
    ("issues", "assignee", "users", "emptied"),
    ("issues", "creator", "users", "emptied"),
    ("issues", "project", "projects", "emptied"),
    ("issues", "projectMilestone", "projectMilestones", "emptied"),
    ("issues", "cycle", "cycles", "emptied"),
    ("issues", "parent", "issues", "emptied"),
    ("issues", "labelIds", "issueLabels", "taken out"),
    ("comments", "issue", "issues", "goes"),
    ("comments", "parent", "comments", "goes"),
    ("comments", "user", "users", "emptied"),
    ("issueRelations", "issue", "issues", "goes"),
    ("issueRelations", "relatedIssue", "issues", "goes"),
    ("attachments", "issue", "issues", "goes"),
    ("projects", "status", "projectStatuses", "forbidden"),
    ("projects", "lead", "users", "emptied"),
    ("projectMilestones", "project", "projects", "goes"),
    ("initiatives", "owner", "users", "emptied"),
    ("initiativeToProjects", "initiative", "initiatives", "goes"),
    ("initiativeToProjects", "project", "projects", "goes"),
    ("cycles", "team", "teams", "goes"),
    ("issueLabels", "team", "teams", "goes"),
    ("issueLabels", "parent", "issueLabels", "emptied"),
    ("workflowStates", "team", "teams", "goes"),
    ("teams", "parent", "teams", "emptied"),
)
"""Each list's fields that refer to rows of another list, and what the removal of such a row does to them.

The row goes too, its field is emptied, the id is taken out of its list, or Linear forbids the removal. Issues come
first, because the states of a removed team can go only after its issues.
"""


def instant(time: datetime) -> str:
    """Write a time as Linear does, in UTC with milliseconds; in this form texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
