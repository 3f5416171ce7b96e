"""Describe the nodes of Linear's lists: their fields are what is asked for, and what an answer is checked against.

Names are Linear's in snake_case (`createdAt` is `created_at`); the queries are made from them. Times are aware.
"""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

# PostgreSQL stores the year 10000 and beyond, but Python can't read it back; before 1900 it is a mistake.
FIRST_YEAR, LAST_YEAR = 1900, 9998

Id = Annotated[str, Meta(min_length=1, max_length=100)]
"""A text that fits an index."""
Whole = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Time = Annotated[datetime, Meta(tz=True)]


class FieldInvalid(ValueError):
    """Say which field of a node can't be stored, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field, self.why = field, why


class Ref(Struct):
    """Hold a reference, which is asked for as `{ id }`: whole nodes inside nodes cost too many points."""

    id: Id


class Seen(Struct, rename="camel", kw_only=True):
    """Hold what is asked for of a node to see that it is still there, and as it was."""

    dated: ClassVar[tuple[str, ...]] = ()
    """The fields beyond these that hold a time or a day."""

    id: Id
    updated_at: Time
    archived_at: Time | None = None

    def __post_init__(self) -> None:
        for name in ("updated_at", "archived_at", *self.dated):
            value: date | None = getattr(self, name)
            if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
                raise FieldInvalid(name, f"is not between the years {FIRST_YEAR} and {LAST_YEAR}")


class SeenChild(Seen, kw_only=True):
    """Hold the same of what may have a parent; one that the key comes to see moves nothing of its children."""

    parent: Ref | None = None


class SeenIssue(SeenChild, kw_only=True):
    """Hold the same of an issue; putting one into the trash may move none of its times."""

    trashed: bool | None = None


class Node(Seen, kw_only=True):
    """Hold what every node has."""

    dated: ClassVar = ("created_at",)

    created_at: Time


class Team(Node):
    """Hold a node of `teams`."""

    key: Id
    name: str
    display_name: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    visibility: str | None = None
    timezone: str | None = None
    parent: Ref | None = None


class WorkflowState(Node):
    """Hold a node of `workflowStates`."""

    name: str
    type: str
    position: float | None = None
    color: str | None = None
    description: str | None = None
    team: Ref | None = None


class IssueLabel(Node):
    """Hold a node of `issueLabels`."""

    name: str
    color: str | None = None
    description: str | None = None
    is_group: bool | None = None
    team: Ref | None = None
    parent: Ref | None = None


class User(Node):
    """Hold a node of `users`: never a mail address."""

    name: str
    display_name: str | None = None
    avatar_url: str | None = None
    active: bool | None = None


class ProjectStatus(Node):
    """Hold a node of `projectStatuses`."""

    name: str
    type: str
    color: str | None = None
    position: float | None = None


class Project(Node):
    """Hold a node of `projects`."""

    dated: ClassVar = ("created_at", "start_date", "target_date")

    name: str
    slug_id: str | None = None
    url: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    start_date: date | None = None
    target_date: date | None = None
    progress: float | None = None
    health: str | None = None
    sort_order: float | None = None
    status: Ref | None = None
    lead: Ref | None = None


class ProjectMilestone(Node):
    """Hold a node of `projectMilestones`."""

    dated: ClassVar = ("created_at", "target_date")

    name: str
    description: str | None = None
    target_date: date | None = None
    sort_order: float | None = None
    project: Ref | None = None


class Cycle(Node):
    """Hold a node of `cycles`."""

    dated: ClassVar = ("created_at", "starts_at", "ends_at", "completed_at")

    number: Whole
    name: str | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    completed_at: Time | None = None
    team: Ref | None = None


class Initiative(Node):
    """Hold a node of `initiatives`."""

    dated: ClassVar = ("created_at", "target_date")

    name: str
    slug_id: str | None = None
    url: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    status: str | None = None
    target_date: date | None = None
    sort_order: float | None = None
    owner: Ref | None = None


class InitiativeToProject(Node):
    """Hold a node of `initiativeToProjects`."""

    initiative: Ref
    project: Ref


class Issue(Node):
    """Hold a node of `issues`; `priority` is 0 none, 1 urgent … 4 low."""

    dated: ClassVar = (
        *("created_at", "due_date", "sla_breaches_at", "started_at", "completed_at"),
        *("canceled_at", "auto_archived_at"),
    )

    identifier: Id
    number: Whole
    title: str
    team: Ref
    description: str | None = None
    url: str | None = None
    branch_name: str | None = None
    priority: Annotated[int, Meta(ge=0, le=4)] = 0
    estimate: float | None = None
    sort_order: float | None = None
    priority_sort_order: float | None = None
    sub_issue_sort_order: float | None = None
    due_date: date | None = None
    sla_breaches_at: Time | None = None
    trashed: bool | None = None
    label_ids: list[str] = []
    previous_identifiers: list[str] = []
    started_at: Time | None = None
    completed_at: Time | None = None
    canceled_at: Time | None = None
    auto_archived_at: Time | None = None
    state: Ref | None = None
    assignee: Ref | None = None
    creator: Ref | None = None
    project: Ref | None = None
    project_milestone: Ref | None = None
    cycle: Ref | None = None
    parent: Ref | None = None


class Comment(Node):
    """Hold a node of `comments`; `user` is None for a bot."""

    dated: ClassVar = ("created_at", "edited_at", "resolved_at")

    body: str
    quoted_text: str | None = None
    url: str | None = None
    edited_at: Time | None = None
    resolved_at: Time | None = None
    issue: Ref | None = None
    parent: Ref | None = None
    user: Ref | None = None


class IssueRelation(Node):
    """Hold a node of `issueRelations`; "blocked by" is `blocks` read from the other end."""

    type: str
    issue: Ref
    related_issue: Ref


class Attachment(Node):
    """Hold a node of `attachments`."""

    title: str
    url: str
    issue: Ref
    subtitle: str | None = None
    source_type: str | None = None


Raw = dict[str, Any]
"""A node as JSON gives it."""
