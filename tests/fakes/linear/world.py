"""Hold the workspace that the fake serves, and build it up row by row."""

import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

Row: TypeAlias = dict[str, Any]

DEFAULTS: dict[str, Row] = {
    "teams": {"description": None, "color": "#5e6ad2", "icon": None, "parent": None}
    | {"visibility": "public", "timezone": "Europe/London"},
    "workflowStates": {"color": "#e2e2e2", "position": 0, "description": None},
    "issueLabels": {"color": "#eb5757", "description": None, "isGroup": False, "team": None, "parent": None},
    "users": {"avatarUrl": None, "active": True},
    "projects": {"description": "", "color": "#5e6ad2", "icon": None, "lead": None, "progress": 0.25}
    | {"startDate": None, "targetDate": None, "health": None, "sortOrder": 0}
    | {"status": {"id": "started", "name": "In Progress", "type": "started", "color": "#f2c94c"}},
    "projectMilestones": {"description": None, "targetDate": None, "sortOrder": 0},
    "cycles": {"name": None, "completedAt": None},
    "issues": {"priority": 0, "sortOrder": 0.5, "prioritySortOrder": 0.5, "trashed": None}
    | dict.fromkeys(("description", "estimate", "subIssueSortOrder", "dueDate", "slaBreachesAt"))
    | dict.fromkeys(("startedAt", "completedAt", "canceledAt", "autoArchivedAt"))
    | dict.fromkeys(("assignee", "creator", "project", "projectMilestone", "cycle", "parent")),
    "comments": dict.fromkeys(("quotedText", "editedAt", "resolvedAt", "parent", "user")),
}
"""What a row of each root field has unless told otherwise."""

_STATES = (
    ("Triage", "triage", "#fc7840"),
    ("Backlog", "backlog", "#bec2c8"),
    ("Todo", "unstarted", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("Done", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
)


class World:
    """Hold rows by root field and id, with Linear's names of fields; a reference is the other row's id.

    Ids and times follow from the seed and the order of calls: the clock starts at 2026 and each change takes
    a second. Change rows through the methods, from any thread: they tell the server.
    """

    def __init__(self, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.version = 0
        self.rows: dict[str, dict[str, Row]] = {root: {} for root in DEFAULTS}
        self.by_id: dict[str, Row] = {}
        self.random = random.Random(seed)  # noqa: S311 (reproducible, not secret)
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._numbers: dict[str, int] = {}
        self.organization: Row = {"id": self._id(), "name": "Example", "urlKey": "example"}
        self.viewer = self.add_person("Alice Ashby")

    def add(self, root: str, **fields: Any) -> Row:
        """Add a row, with an id, times and defaults for what `fields` does not have."""
        with self.lock:
            now = self._tick()
            row: Row = {"id": self._id(), "createdAt": now, "updatedAt": now, "archivedAt": None}
            row |= DEFAULTS[root] | fields
            self.rows[root][row["id"]] = self.by_id[row["id"]] = row
            self.version += 1
            return row

    def edit(self, row: Row, **fields: Any) -> None:
        """Change a row and move its `updatedAt`, unless `fields` says where to."""
        with self.lock:
            row.update({"updatedAt": self._tick()} | fields)
            self.version += 1

    def remove(self, row: Row) -> None:
        """Take a row away for good; what refers to it goes on doing so."""
        with self.lock:
            del self.by_id[row["id"]]
            for rows in self.rows.values():
                rows.pop(row["id"], None)
            self.version += 1

    def add_team(self, key: str = "ENG", name: str = "Engineering", **fields: Any) -> Row:
        """Add a team with the six usual workflow states."""
        team = self.add("teams", **{"key": key, "name": name, "displayName": name} | fields)
        for position, (state, kind, color) in enumerate(_STATES):
            self.add_state(team, state, kind, color=color, position=position)
        return team

    def add_state(self, team: Row, name: str, kind: str, **fields: Any) -> Row:
        """Add a workflow state of the type `kind`."""
        return self.add("workflowStates", **{"team": team["id"], "name": name, "type": kind} | fields)

    def add_label(self, name: str, **fields: Any) -> Row:
        """Add a label of the whole workspace, unless `fields` has a team."""
        return self.add("issueLabels", **{"name": name} | fields)

    def add_person(self, name: str, **fields: Any) -> Row:
        """Add a person, with a mail address that the mirror must not ask for."""
        given = name.split(maxsplit=1)[0].lower()
        return self.add("users", **{"name": name, "displayName": given, "email": f"{given}@example.com"} | fields)

    def add_project(self, name: str, **fields: Any) -> Row:
        """Add a project under way."""
        slug = f"{self.random.getrandbits(48):012x}"
        url = f"https://linear.example.com/project/{slug}"
        return self.add("projects", **{"name": name, "slugId": slug, "url": url} | fields)

    def add_milestone(self, project: Row, name: str, **fields: Any) -> Row:
        """Add a milestone to a project."""
        return self.add("projectMilestones", **{"project": project["id"], "name": name} | fields)

    def add_cycle(self, team: Row, number: int, **fields: Any) -> Row:
        """Add a cycle of two weeks."""
        starts_at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(weeks=2 * number)
        span = {"startsAt": instant(starts_at), "endsAt": instant(starts_at + timedelta(weeks=2))}
        return self.add("cycles", **{"team": team["id"], "number": number} | span | fields)

    def add_issue(self, team: Row | None = None, **fields: Any) -> Row:
        """Add an issue to `team`, or else to the first team (made when there is none), in its first state."""
        team = team or next(iter(self.rows["teams"].values()), None) or self.add_team()
        number = self._numbers[team["id"]] = self._numbers.get(team["id"], 0) + 1
        identifier = f"{team['key']}-{number}"
        issue: Row = {"identifier": identifier, "number": number, "title": f"Issue {number}"}
        issue |= {"url": f"https://linear.example.com/issue/{identifier}", "branchName": identifier.lower()}
        issue |= {"labelIds": [], "previousIdentifiers": []}
        issue |= {"team": team["id"], "state": self._first_state(team)}
        return self.add("issues", **issue | fields)

    def add_comment(self, issue: Row, body: str = "A comment.", **fields: Any) -> Row:
        """Add a comment to an issue."""
        return self.add("comments", **{"issue": issue["id"], "body": body, "url": f"{issue['url']}#comment"} | fields)

    def _first_state(self, team: Row) -> str | None:
        states = self.rows["workflowStates"].values()
        return next((state["id"] for state in states if state["team"] == team["id"]), None)

    def _id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def _tick(self) -> str:
        self._now += timedelta(seconds=1)
        return instant(self._now)


def instant(time: datetime) -> str:
    """Write a time as Linear does, in UTC with milliseconds; in this form texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
