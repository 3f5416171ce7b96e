"""Say what the rows of each list of Linear have, what they refer to, and what a removal does to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

Row: TypeAlias = dict[str, Any]

Loss: TypeAlias = Literal["goes", "emptied", "taken out", "forbidden"]
"""What becomes of a row when what a field of it refers to is removed.

The row goes too, its field is emptied, the id is taken out of its list, or Linear forbids the removal.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What is known of the rows of one list.

    `defaults` are what a row has unless told otherwise; `refers` are the fields that refer to rows of another list,
    with what the removal of such a row does; `written` is a field that people write into. `event` is the type of the
    events that Linear posts about a row, None where it posts none: they have `sent_too`, which no list is asked for,
    and lack `not_sent`.
    """

    defaults: Row
    refers: Mapping[str, tuple[str, Loss]] = field(default_factory=dict[str, tuple[str, Loss]])
    written: str = "name"
    event: str | None = None
    sent_too: Row = field(default_factory=Row)
    not_sent: tuple[str, ...] = ()

    @property
    def always_set(self) -> dict[str, str]:
        """Return the fields that refer to a row in every row, and the lists that they refer to."""
        return {name: target for name, (target, _) in self.refers.items() if name not in self.defaults}

    @property
    def needs(self) -> dict[str, str]:
        """Return those of them without which there is no row."""
        return {name: target for name, target in self.always_set.items() if self.refers[name][1] == "goes"}


_HISTORY: Row = {
    "completedIssueCountHistory": [0, 1],
    "completedScopeHistory": [0, 2.5],
    "inProgressScopeHistory": [0, 3],
    "issueCountHistory": [4, 6],
    "scopeHistory": [8, 12.5],
}
_UPDATE: Row = {
    "health": "onTrack",
    "diffMarkdown": "Due **two weeks** later",
    "isDiffHidden": False,
    "editedAt": "2026-01-01T00:00:00.000Z",
}
_UPDATE_SENT_TOO: Row = {"bodyData": "{}", "reactionData": {}, "slugId": "8f3c"}

LISTS: dict[str, Listed] = {
    "teams": Listed(
        defaults={"description": None, "color": "#5e6ad2", "icon": None, "parent": None}
        | {
            "visibility": "public",
            "timezone": "Europe/London",
            "retiredAt": None,
            "issueEstimationType": "fibonacci",
        },
        refers={"parent": ("teams", "emptied")},
    ),
    "workflowStates": Listed(
        defaults={"color": "#e2e2e2", "position": 0, "description": None}, refers={"team": ("teams", "goes")}
    ),
    "issueLabels": Listed(
        defaults={"color": "#eb5757", "description": None, "isGroup": False, "team": None, "parent": None},
        refers={"team": ("teams", "goes"), "parent": ("issueLabels", "emptied")},
        event="IssueLabel",
    ),
    "users": Listed(
        defaults={"avatarUrl": None, "active": True, "admin": False, "guest": False, "app": False}
        | {"url": "https://linear.example.com/profiles/somebody"},
        event="User",
        not_sent=("organization",),
    ),
    "externalUsers": Listed(defaults={"displayName": "octo", "email": "octo@example.com"}),
    "customViews": Listed(
        defaults={"shared": True, "modelName": "Issue", "slugId": "5d2f", "team": None}
        | {"filterData": {"and": [{"state": {"type": {"eq": "started"}}}, {"estimate": {"gt": 1.5}}]}}
        | dict.fromkeys(("description", "icon", "color")),
        refers={"team": ("teams", "emptied")},
    ),
    "projectLabels": Listed(
        defaults={"color": "#eb5757", "isGroup": False, "parent": None},
        refers={"parent": ("projectLabels", "emptied")},
        event="ProjectLabel",
    ),
    "projectStatuses": Listed(defaults={"type": "started", "color": "#f2c94c", "position": 0}),
    "projects": Listed(
        defaults={"description": "", "color": "#5e6ad2", "icon": None, "lead": None, "progress": 0.25}
        | {"startDate": None, "targetDate": None, "health": None, "sortOrder": 0, "trashed": None}
        | dict.fromkeys(("startDateResolution", "targetDateResolution", "healthUpdatedAt"))
        | {"content": "# Why", "priority": 2, "labelIds": list[str]()}
        | dict.fromkeys(("startedAt", "completedAt", "canceledAt"))
        | _HISTORY,
        refers={
            "status": ("projectStatuses", "forbidden"),
            "lead": ("users", "emptied"),
            "labelIds": ("projectLabels", "taken out"),
        },
        event="Project",
        sent_too={"memberIds": [], "teamIds": [], "prioritySortOrder": 0},
        not_sent=("progress",),
    ),
    "projectMilestones": Listed(
        defaults={"description": None, "targetDate": None, "sortOrder": 0},
        refers={"project": ("projects", "goes")},
        event="ProjectMilestone",
    ),
    "projectRelations": Listed(
        defaults={"anchorType": "project", "relatedAnchorType": "project"}
        | {"projectMilestone": None, "relatedProjectMilestone": None},
        refers={
            "project": ("projects", "goes"),
            "relatedProject": ("projects", "goes"),
            "projectMilestone": ("projectMilestones", "emptied"),
            "relatedProjectMilestone": ("projectMilestones", "emptied"),
        },
        written="type",
    ),
    "projectUpdates": Listed(
        defaults=_UPDATE | {"url": "https://linear.example.com/project/some/updates"},
        refers={"project": ("projects", "goes"), "user": ("users", "forbidden")},
        written="body",
        event="ProjectUpdate",
        sent_too=_UPDATE_SENT_TOO,
        not_sent=("isDiffHidden",),
    ),
    "cycles": Listed(
        defaults={"name": None, "description": None, "completedAt": None} | _HISTORY,
        refers={"team": ("teams", "goes")},
        event="Cycle",
        sent_too={"uncompletedIssuesUponCloseIds": []},
    ),
    "initiatives": Listed(
        defaults={"status": "Active", "sortOrder": 0}
        | dict.fromkeys(("description", "color", "icon", "targetDate", "targetDateResolution", "owner", "trashed"))
        | dict.fromkeys(("health", "healthUpdatedAt", "startedAt", "completedAt", "canceledAt", "parentInitiative"))
        | {"content": "# Goal"},
        refers={"owner": ("users", "emptied"), "parentInitiative": ("initiatives", "emptied")},
        event="Initiative",
        sent_too={"frequencyResolution": "weekly", "labelIds": [], "priority": 0},
        not_sent=("content",),
    ),
    "initiativeToProjects": Listed(
        defaults={"sortOrder": "a0"},
        refers={"initiative": ("initiatives", "goes"), "project": ("projects", "goes")},
        written="sortOrder",
    ),
    "initiativeUpdates": Listed(
        defaults=_UPDATE | {"url": "https://linear.example.com/initiative/some/updates"},
        refers={"initiative": ("initiatives", "goes"), "user": ("users", "forbidden")},
        written="body",
        event="InitiativeUpdate",
        sent_too=_UPDATE_SENT_TOO,
        not_sent=("isDiffHidden",),
    ),
    "issues": Listed(
        defaults={"priority": 0, "sortOrder": 0.5, "prioritySortOrder": 0.5, "trashed": None}
        | dict.fromkeys(("description", "estimate", "subIssueSortOrder", "dueDate"))
        | dict.fromkeys(("slaType", "slaStartedAt", "slaBreachesAt"))
        | dict.fromkeys(("addedToProjectAt", "addedToCycleAt", "triagedAt"))
        | dict.fromkeys(("startedAt", "completedAt", "canceledAt", "autoArchivedAt"))
        | dict.fromkeys(("assignee", "creator", "project", "projectMilestone", "cycle", "parent"))
        | dict.fromkeys(("externalUserCreator", "botActor"))
        | {"stateHistory": {"nodes": []}},
        refers={
            "team": ("teams", "goes"),
            "state": ("workflowStates", "forbidden"),
            "assignee": ("users", "emptied"),
            "creator": ("users", "emptied"),
            "project": ("projects", "emptied"),
            "projectMilestone": ("projectMilestones", "emptied"),
            "cycle": ("cycles", "emptied"),
            "parent": ("issues", "emptied"),
            "labelIds": ("issueLabels", "taken out"),
        },
        written="title",
        event="Issue",
        sent_too={"reactionData": {}, "subscriberIds": []},
        not_sent=("branchName", "stateHistory"),
    ),
    "comments": Listed(
        defaults=dict.fromkeys(("quotedText", "editedAt", "resolvedAt", "parent", "user", "externalUser", "botActor"))
        | dict.fromkeys(("projectId", "projectUpdateId", "initiativeId", "initiativeUpdateId", "documentContentId"))
        | {"hideInLinear": False},
        refers={"issue": ("issues", "goes"), "parent": ("comments", "goes"), "user": ("users", "emptied")},
        written="body",
        event="Comment",
        sent_too={"reactionData": {}},
        not_sent=("url", "hideInLinear"),
    ),
    "issueRelations": Listed(
        defaults={"type": "blocks"},
        refers={"issue": ("issues", "goes"), "relatedIssue": ("issues", "goes")},
        written="type",
        event="IssueRelation",
    ),
    "attachments": Listed(
        defaults={"subtitle": None, "sourceType": None},
        refers={"issue": ("issues", "goes")},
        written="title",
        event="Attachment",
        sent_too={"groupBySource": False, "metadata": {}},
    ),
    "releasePipelines": Listed(defaults={"type": "scheduled", "trashed": None}),
    "releaseStages": Listed(
        defaults={"type": "planned", "color": "#e2e2e2", "position": 1},
        refers={"pipeline": ("releasePipelines", "goes")},
    ),
    "releases": Listed(
        defaults={"slugId": "91ab", "url": "https://linear.example.com/release/91ab"}
        | dict.fromkeys(("version", "description", "startDate", "targetDate"))
        | dict.fromkeys(("startedAt", "completedAt", "canceledAt", "trashed")),
        refers={"pipeline": ("releasePipelines", "goes"), "stage": ("releaseStages", "goes")},
        event="Release",
    ),
    "releaseNotes": Listed(
        defaults={"firstRelease": None, "lastRelease": None}
        | {"url": "https://linear.example.com/release-notes/91ab"},
        refers={
            "pipeline": ("releasePipelines", "goes"),
            "firstRelease": ("releases", "emptied"),
            "lastRelease": ("releases", "emptied"),
        },
        written="title",
        event="ReleaseNote",
        sent_too={"content": "", "releaseIds": [], "slugId": "91ab"},
        not_sent=("firstRelease",),
    ),
    "issueToReleases": Listed(
        defaults={}, refers={"issue": ("issues", "goes"), "release": ("releases", "goes")}, written="source"
    ),
}
"""Every list by its root field."""

REFERENCES: tuple[tuple[str, str, str, Loss], ...] = tuple(
    (root, name, target, loss)
    for root in sorted(LISTS, key=lambda root: root != "issues")
    for name, (target, loss) in LISTS[root].refers.items()
)
"""Each list's fields that refer to rows of another list, and what the removal of such a row does to them.

Issues come first, because the states of a removed team can go only after its issues.
"""


def instant(time: datetime) -> str:
    """Write a time as Linear does, in UTC with milliseconds; in this form texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
