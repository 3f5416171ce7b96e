"""Describe the mirror's rows: one frozen struct a table, its fields the table's columns.

Names and meanings are Linear's (`archivedAt` is `archived_at`, `state { id }` is `state_id`). Times are aware
UTC. References are Linear's ids and may name rows that the key can't read.
"""

from datetime import date, datetime

from msgspec import Struct


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hold what every row of the mirror has."""

    id: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class Team(Row, frozen=True, kw_only=True):
    """Hold a row of `teams`."""

    key: str
    name: str
    display_name: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    private: bool
    parent_id: str | None = None
    timezone: str | None = None


class WorkflowState(Row, frozen=True, kw_only=True):
    """Hold a row of `workflow_states`; `type` is triage, backlog, unstarted, started, completed, canceled … ."""

    team_id: str | None = None
    name: str
    type: str
    color: str | None = None
    position: float
    description: str | None = None


class Label(Row, frozen=True, kw_only=True):
    """Hold a row of `labels`; `team_id` is None for a label of the whole workspace."""

    team_id: str | None = None
    name: str
    color: str | None = None
    description: str | None = None
    parent_id: str | None = None
    is_group: bool


class Person(Row, frozen=True, kw_only=True):
    """Hold a row of `people`: never a mail address."""

    name: str
    display_name: str | None = None
    avatar_url: str | None = None
    active: bool


class Project(Row, frozen=True, kw_only=True):
    """Hold a row of `projects`; `progress` runs from 0 to 1."""

    name: str
    slug_id: str | None = None
    url: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    status_id: str | None = None
    start_date: date | None = None
    target_date: date | None = None
    progress: float | None = None
    health: str | None = None
    lead_id: str | None = None
    sort_order: float | None = None


class ProjectStatus(Row, frozen=True, kw_only=True):
    """Hold a row of `project_statuses`."""

    name: str
    type: str
    color: str | None = None
    position: float


class ProjectMilestone(Row, frozen=True, kw_only=True):
    """Hold a row of `project_milestones`."""

    project_id: str | None = None
    name: str
    description: str | None = None
    target_date: date | None = None
    sort_order: float | None = None


class Cycle(Row, frozen=True, kw_only=True):
    """Hold a row of `cycles`."""

    team_id: str | None = None
    number: int
    name: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    completed_at: datetime | None = None


class Initiative(Row, frozen=True, kw_only=True):
    """Hold a row of `initiatives`."""

    name: str
    slug_id: str | None = None
    url: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    status: str | None = None
    target_date: date | None = None
    owner_id: str | None = None
    sort_order: float | None = None


class InitiativeProject(Row, frozen=True, kw_only=True):
    """Hold a row of `initiative_projects`: a project that is part of an initiative."""

    initiative_id: str
    project_id: str


class BacklogItem(Row, frozen=True, kw_only=True):
    """Hold a row of `backlog_items`; `priority` is 0 none, 1 urgent … 4 low."""

    identifier: str
    number: int
    title: str
    description: str | None = None
    url: str | None = None
    branch_name: str | None = None
    priority: int
    estimate: float | None = None
    sort_order: float | None = None
    priority_sort_order: float | None = None
    sub_issue_sort_order: float | None = None
    due_date: date | None = None
    sla_breaches_at: datetime | None = None
    trashed: bool
    label_ids: list[str]
    previous_identifiers: list[str]
    team_id: str
    state_id: str | None = None
    assignee_id: str | None = None
    creator_id: str | None = None
    project_id: str | None = None
    project_milestone_id: str | None = None
    cycle_id: str | None = None
    parent_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    auto_archived_at: datetime | None = None


class Comment(Row, frozen=True, kw_only=True):
    """Hold a row of `comments`; `user_id` is None for a bot."""

    issue_id: str | None = None
    parent_id: str | None = None
    user_id: str | None = None
    body: str
    quoted_text: str | None = None
    url: str | None = None
    edited_at: datetime | None = None
    resolved_at: datetime | None = None


class ItemRelation(Row, frozen=True, kw_only=True):
    """Hold a row of `item_relations`; `type` is blocks, duplicate, related or similar."""

    type: str
    issue_id: str
    related_issue_id: str


class Attachment(Row, frozen=True, kw_only=True):
    """Hold a row of `attachments`."""

    issue_id: str
    title: str
    subtitle: str | None = None
    url: str
    source_type: str | None = None


TABLES: dict[type[Row], str] = {
    Team: "teams",
    WorkflowState: "workflow_states",
    Label: "labels",
    Person: "people",
    ProjectStatus: "project_statuses",
    Project: "projects",
    ProjectMilestone: "project_milestones",
    Cycle: "cycles",
    Initiative: "initiatives",
    InitiativeProject: "initiative_projects",
    BacklogItem: "backlog_items",
    Comment: "comments",
    ItemRelation: "item_relations",
    Attachment: "attachments",
}
"""The table of each kind of row."""
