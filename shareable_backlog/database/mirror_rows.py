"""Describe the mirror's rows: one frozen dataclass a table, its fields the table's columns in COPY's order.

Names and meanings are Linear's (`archivedAt` is `archived_at`, `state { id }` is `state_id`). Times are aware
UTC. References are Linear's ids and may name rows that the key can't read.
"""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold what every row of the mirror has."""

    id: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team(Row):
    """Hold a row of `teams`."""

    key: str
    name: str
    display_name: str | None
    description: str | None
    color: str | None
    icon: str | None
    private: bool
    parent_id: str | None
    timezone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowState(Row):
    """Hold a row of `workflow_states`; `type` is triage, backlog, unstarted, started, completed, canceled … ."""

    team_id: str | None
    name: str
    type: str
    color: str | None
    position: float
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Row):
    """Hold a row of `labels`; `team_id` is None for a label of the whole workspace."""

    team_id: str | None
    name: str
    color: str | None
    description: str | None
    parent_id: str | None
    is_group: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Row):
    """Hold a row of `people`: never a mail address."""

    name: str
    display_name: str | None
    avatar_url: str | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Project(Row):
    """Hold a row of `projects`; `progress` runs from 0 to 1."""

    name: str
    slug_id: str | None
    url: str | None
    description: str | None
    color: str | None
    icon: str | None
    status_name: str | None
    status_type: str | None
    status_color: str | None
    start_date: date | None
    target_date: date | None
    progress: float | None
    health: str | None
    lead_id: str | None
    sort_order: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMilestone(Row):
    """Hold a row of `project_milestones`."""

    project_id: str | None
    name: str
    description: str | None
    target_date: date | None
    sort_order: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Row):
    """Hold a row of `cycles`."""

    team_id: str | None
    number: int
    name: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiative(Row):
    """Hold a row of `initiatives`."""

    name: str
    slug_id: str | None
    url: str | None
    description: str | None
    color: str | None
    icon: str | None
    status: str | None
    target_date: date | None
    owner_id: str | None
    sort_order: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogItem(Row):
    """Hold a row of `backlog_items`; `priority` is 0 none, 1 urgent … 4 low."""

    identifier: str
    number: int
    title: str
    description: str | None
    url: str | None
    branch_name: str | None
    priority: int
    estimate: float | None
    sort_order: float | None
    priority_sort_order: float | None
    sub_issue_sort_order: float | None
    due_date: date | None
    sla_breaches_at: datetime | None
    trashed: bool
    label_ids: list[str]
    previous_identifiers: list[str]
    team_id: str
    state_id: str | None
    assignee_id: str | None
    creator_id: str | None
    project_id: str | None
    project_milestone_id: str | None
    cycle_id: str | None
    parent_id: str | None
    started_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    auto_archived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Row):
    """Hold a row of `comments`; `user_id` is None for a bot."""

    issue_id: str | None
    parent_id: str | None
    user_id: str | None
    body: str
    quoted_text: str | None
    url: str | None
    edited_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRelation(Row):
    """Hold a row of `item_relations`; `type` is blocks, duplicate, related or similar."""

    type: str
    issue_id: str
    related_issue_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment(Row):
    """Hold a row of `attachments`."""

    issue_id: str
    title: str
    subtitle: str | None
    url: str
    source_type: str | None


TABLES: dict[type[Row], str] = {
    Team: "teams",
    WorkflowState: "workflow_states",
    Label: "labels",
    Person: "people",
    Project: "projects",
    ProjectMilestone: "project_milestones",
    Cycle: "cycles",
    Initiative: "initiatives",
    BacklogItem: "backlog_items",
    Comment: "comments",
    ItemRelation: "item_relations",
    Attachment: "attachments",
}
"""The table of each kind of row."""
