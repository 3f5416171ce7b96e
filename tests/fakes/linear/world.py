"""Hold the workspace that the fake serves: build it up row by row, and let its issues live and die."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.linear.rows import LISTS, Row, instant
from tests.fakes.linear.store import Bump, Store

_STATES = (
    ("Triage", "triage", "#fc7840"),
    ("Backlog", "backlog", "#bec2c8"),
    ("Todo", "unstarted", "#e2e2e2"),
    ("In Progress", "started", "#f2c94c"),
    ("Done", "completed", "#5e6ad2"),
    ("Canceled", "canceled", "#95a2b3"),
)


class World(Store):
    """A workspace; see Store for how its rows are held and changed.

    `bumps` names the changes that move an issue's `updatedAt` although nobody knows whether they do;
    `trash_archives` tells whether the trash sets `archivedAt` too.
    """

    def __init__(self, seed: int = 0, *, bumps: frozenset[Bump] = frozenset(), trash_archives: bool = True) -> None:
        super().__init__(seed, bumps)
        self._trash_archives = trash_archives
        self._numbers: dict[str, int] = {}
        self._last_moment = datetime.min.replace(tzinfo=UTC)
        self.organization: Row = {"id": self._id(), "name": "Example", "urlKey": "example"}
        self.by_id[self.organization["id"]] = self.organization
        self.viewer = self.add_person("Alice Ashby", admin=True)

    def add_one(self, root: str, *others: Row, said: str = "Something") -> Row:
        """Add a row to any list, in which somebody `said` this.

        What the row needs are `others`, else the first rows of their lists, which are made when there are none.
        """
        with self.lock:
            listed = LISTS[root]
            if not others:
                targets = [*listed.needs.values()]
                others = tuple(
                    self._take_nth(target, targets[:at].count(target)) for at, target in enumerate(targets)
                )
            fields: Row = {listed.written: said}
            if root in _BUILDERS:
                return _BUILDERS[root](self, *others, **fields)
            references = {name: self._take_nth(target, 0)["id"] for name, target in listed.always_set.items()}
            needed = {name: row["id"] for name, row in zip(listed.needs, others, strict=True)}
            return self.add(root, **references | needed | fields)

    def take_moment(self) -> datetime:
        """Return the time of the machine's clock, or a millisecond after what was returned before."""
        with self.lock:
            self._last_moment = max(datetime.now(UTC), self._last_moment + timedelta(milliseconds=1))
            return self._last_moment

    def fill(self) -> None:
        """Add a row to each list that has none."""
        for root, rows in self.rows.items():
            if not rows:
                self.add_one(root)

    def add_team(self, key: str | None = None, name: str = "Engineering", **fields: Any) -> Row:
        """Add a team with the six usual workflow states; the first one is called ENG, unless told otherwise."""
        key = key or ("ENG" if not self.rows["teams"] else f"T{len(self.rows['teams'])}")
        team = self.add("teams", **{"key": key, "name": name, "displayName": name} | fields)
        for position, (state, kind, color) in enumerate(_STATES):
            self.add_state(team, state, kind, color=color, position=position)
        return team

    def add_state(self, team: Row, name: str, kind: str = "started", **fields: Any) -> Row:
        """Add a workflow state of the type `kind`."""
        return self.add("workflowStates", **{"team": team["id"], "name": name, "type": kind} | fields)

    def add_label(self, name: str, **fields: Any) -> Row:
        """Add a label of the whole workspace, unless `fields` has a team."""
        return self.add("issueLabels", **{"name": name} | fields)

    def add_person(self, name: str, **fields: Any) -> Row:
        """Add a person, with a mail address that the mirror must not ask for."""
        given = name.split(maxsplit=1)[0].lower()
        person: Row = {"name": name, "displayName": given, "email": f"{given}@example.com"}
        return self.add("users", **person | {"organization": self.organization["id"]} | fields)

    def add_project_status(self, name: str = "In Progress", kind: str = "started", **fields: Any) -> Row:
        """Add a project status of the type `kind`."""
        return self.add("projectStatuses", **{"name": name, "type": kind} | fields)

    def add_project(self, name: str, **fields: Any) -> Row:
        """Add a project, in the first status (made when there is none) unless `fields` has another."""
        if "status" not in fields:
            first = next(iter(self.rows["projectStatuses"].values()), None) or self.add_project_status()
            fields["status"] = first["id"]
        return self.add("projects", **{"name": name} | self._slug("project") | fields)

    def add_milestone(self, project: Row, name: str, **fields: Any) -> Row:
        """Add a milestone to a project."""
        return self.add("projectMilestones", **{"project": project["id"], "name": name} | fields)

    def add_initiative(self, name: str, **fields: Any) -> Row:
        """Add an initiative under way, without projects."""
        return self.add("initiatives", **{"name": name} | self._slug("initiative") | fields)

    def add_initiative_project(self, initiative: Row, project: Row, **fields: Any) -> Row:
        """Make a project part of an initiative."""
        return self.add("initiativeToProjects", **{"initiative": initiative["id"], "project": project["id"]} | fields)

    def add_cycle(self, team: Row, number: int = 1, **fields: Any) -> Row:
        """Add a cycle of two weeks."""
        starts_at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(weeks=2 * number)
        span = {"startsAt": instant(starts_at), "endsAt": instant(starts_at + timedelta(weeks=2))}
        return self.add("cycles", **{"team": team["id"], "number": number} | span | fields)

    def add_issue(self, team: Row | None = None, **fields: Any) -> Row:
        """Add an issue to `team`, or else to the first team (made when there is none), in its first state."""
        with self.lock:
            team = team or next(iter(self.rows["teams"].values()), None) or self.add_team()
            issue = self._numbered(team) | {"state": self._state(team)}
            issue |= {"labelIds": [], "previousIdentifiers": []}
            return self.add("issues", **issue | {"title": f"Issue {issue['number']}"} | fields)

    def add_comment(self, issue: Row, body: str = "A comment.", **fields: Any) -> Row:
        """Add a comment to an issue; a bump named `comment` moves the issue's `updatedAt`."""
        with self.lock:
            written: Row = {"issue": issue["id"], "body": body, "url": f"{issue['url']}#comment"}
            comment = self.add("comments", **written | fields)
            self._mark(issue, "comment", comment["createdAt"])
            return comment

    def add_relation(self, issue: Row, related: Row, kind: str = "blocks", **fields: Any) -> Row:
        """Relate two issues: the first blocks, duplicates, or is related or similar to, the second."""
        ends = {"issue": issue["id"], "relatedIssue": related["id"]}
        return self.add("issueRelations", **ends | {"type": kind} | fields)

    def add_attachment(self, issue: Row, title: str = "Pull request", **fields: Any) -> Row:
        """Attach an address to an issue."""
        url = f"https://code.example.com/{issue['number']}"
        return self.add("attachments", **{"issue": issue["id"], "title": title, "url": url} | fields)

    def archive(self, issue: Row) -> None:
        """Archive an issue; a bump named `archive` moves its `updatedAt`."""
        with self.lock:
            now = self._tick()
            self._mark(issue, "archive", now, archivedAt=now)

    def unarchive(self, issue: Row) -> None:
        """Take an issue out of the archive; a bump named `restore` moves its `updatedAt`."""
        with self.lock:
            self._mark(issue, "restore", self._tick(), archivedAt=None, autoArchivedAt=None)

    def trash(self, issue: Row) -> None:
        """Put an issue into the trash, from where it can be restored; a bump named `trash` moves its `updatedAt`."""
        with self.lock:
            now = self._tick()
            archived_at = issue["archivedAt"] or (now if self._trash_archives else None)
            self._mark(issue, "trash", now, trashed=True, archivedAt=archived_at)

    def restore(self, issue: Row) -> None:
        """Take an issue out of the trash and the archive; a bump named `restore` moves its `updatedAt`."""
        with self.lock:
            self._mark(issue, "restore", self._tick(), trashed=None, archivedAt=None, autoArchivedAt=None)

    def delete(self, issue: Row) -> None:
        """Delete an issue for good, with its comments, attachments and relations; sub-issues lose their parent."""
        self.remove(issue)

    def move(self, issue: Row, team: Row) -> None:
        """Move an issue to another team, into its state of the same type; its number is a new one there."""
        with self.lock:
            kind = self.by_id[issue["state"]]["type"]
            before = [*issue["previousIdentifiers"], issue["identifier"]]
            labels = [label for label in issue["labelIds"] if self.by_id[label]["team"] in {None, team["id"]}]
            place: Row = {"previousIdentifiers": before, "state": self._state(team, kind)}
            place |= {"cycle": None, "labelIds": labels}
            self.edit(issue, **self._numbered(team) | place)

    def _take_nth(self, root: str, number: int) -> Row:
        """Return a list's row of this number, from 0 on; it gets as many rows as that takes."""
        while len(self.rows[root]) <= number:
            self.add_one(root)
        return [*self.rows[root].values()][number]

    def _numbered(self, team: Row) -> Row:
        """Return what an issue is called that is the next of a team."""
        number = self._numbers[team["id"]] = self._numbers.get(team["id"], 0) + 1
        identifier = f"{team['key']}-{number}"
        url = f"https://linear.example.com/issue/{identifier}"
        named: Row = {"team": team["id"], "number": number, "identifier": identifier}
        return named | {"url": url, "branchName": identifier.lower()}

    def _state(self, team: Row, kind: str | None = None) -> str | None:
        """Return the team's first state of a type, or else its first of all."""
        states = [row for row in self.rows["workflowStates"].values() if row["team"] == team["id"]]
        first = next((state for state in states if state["type"] == kind), states[0] if states else None)
        return first["id"] if first else None

    def _slug(self, kind: str) -> Row:
        slug = f"{self.random.getrandbits(48):012x}"
        return {"slugId": slug, "url": f"https://linear.example.com/{kind}/{slug}"}


_BUILDERS: dict[str, Callable[..., Row]] = {
    "teams": World.add_team,
    "workflowStates": World.add_state,
    "users": World.add_person,
    "projects": World.add_project,
    "cycles": World.add_cycle,
    "initiatives": World.add_initiative,
    "issues": World.add_issue,
    "comments": World.add_comment,
    "attachments": World.add_attachment,
}
"""What adds a row that has more than defaults; it takes the rows that one needs, and what is said in it."""
