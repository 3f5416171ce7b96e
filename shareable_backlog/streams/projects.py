"""The streams of plans: projects with what belongs to them, cycles, initiatives."""

from datetime import date
from typing import Annotated

from shareable_backlog.streams.columns import (
    Fallback,
    Id,
    InitiativeId,
    MilestoneId,
    MirrorRow,
    PartOf,
    PersonId,
    ProjectId,
    ProjectLabelId,
    Refers,
    StatusId,
    TeamId,
    Time,
    Whole,
)
from shareable_backlog.streams.stream import Stream


class ProjectStatusRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `project_statuses`."""

    name: str
    type: str
    color: str | None = None
    position: Annotated[float, Fallback(0.0)]


PROJECT_STATUSES = Stream(
    name="project_statuses",
    root="projectStatuses",
    node="ProjectStatus",
    kind=ProjectStatusRow,
    table="project_statuses",
    window=(),
    has_webhook=False,
)


class ProjectLabelRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `project_labels`."""

    name: str
    color: str | None = None
    parent_id: ProjectLabelId | None = None
    is_group: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)


PROJECT_LABELS = Stream(
    name="project_labels", root="projectLabels", node="ProjectLabel", kind=ProjectLabelRow, table="project_labels"
)

_Numbers = Annotated[list[float], Fallback([], null_is_wrong=True)]


class PlanRow(MirrorRow, frozen=True, kw_only=True):
    """What the rows of projects and cycles share: how many issues and points it was at the end of each time.

    That is each week of a project, and each day of a cycle, from its beginning.
    """

    issue_count_history: _Numbers
    completed_issue_count_history: _Numbers
    scope_history: _Numbers
    completed_scope_history: _Numbers
    in_progress_scope_history: _Numbers


class ProjectRow(PlanRow, frozen=True, kw_only=True):
    """A row of `projects`; `progress` runs from 0 to 1, `priority` is 0 none, 1 urgent … 4 low.

    With a resolution, which is month, quarter, halfYear or year, a date stands for the whole of that.
    """

    name: str
    slug_id: str | None = None
    url: str | None = None
    description: str | None = None
    content: str | None = None
    color: str | None = None
    icon: str | None = None
    status_id: StatusId | None = None
    start_date: date | None = None
    start_date_resolution: str | None = None
    target_date: date | None = None
    target_date_resolution: str | None = None
    progress: float | None = None
    health: str | None = None
    health_updated_at: Time | None = None
    lead_id: PersonId | None = None
    priority: int | None = None
    label_ids: Annotated[list[str], Refers("project_labels"), Fallback([], null_is_wrong=True)]
    started_at: Time | None = None
    completed_at: Time | None = None
    canceled_at: Time | None = None
    sort_order: float | None = None
    trashed: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)


# Putting a project or an initiative into the trash may move none of its times, nor may what happens to the items of a
# project or a cycle, or a text that is edited in a document of its own.
PROJECTS = Stream(
    name="projects",
    root="projects",
    node="Project",
    kind=ProjectRow,
    table="projects",
    compared=("trashed",),
    reread=True,
    deciding=("trashed",),
    undelivered=("progress",),
)


class ProjectMilestoneRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `project_milestones`."""

    project_id: ProjectId | None = None
    name: str
    description: str | None = None
    target_date: date | None = None
    sort_order: float | None = None


PROJECT_MILESTONES = Stream(
    name="project_milestones",
    root="projectMilestones",
    node="ProjectMilestone",
    kind=ProjectMilestoneRow,
    table="project_milestones",
)


class ProjectRelationRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `project_relations`; `type` is blocks, as far as is known.

    At an end whose anchor type says so it is the milestone of the project that is meant.
    """

    type: str
    anchor_type: str
    related_anchor_type: str
    project_id: Annotated[Id, PartOf("projects")]
    related_project_id: Annotated[Id, PartOf("projects")]
    project_milestone_id: MilestoneId | None = None
    related_project_milestone_id: MilestoneId | None = None


PROJECT_RELATIONS = Stream(
    name="project_relations",
    root="projectRelations",
    node="ProjectRelation",
    kind=ProjectRelationRow,
    table="project_relations",
    window=(),
    has_webhook=False,
)


class ProjectUpdate(MirrorRow, frozen=True, kw_only=True):
    """A row of `project_updates`: `health` is what it was then, `diff_markdown` what is new since the last update."""

    project_id: Annotated[Id, PartOf("projects")]
    user_id: PersonId | None = None
    body: str
    health: str | None = None
    url: str | None = None
    diff_markdown: str | None = None
    is_diff_hidden: Annotated[bool, Fallback(True)]  # noqa: FBT003 (deliveries don't tell: until a run has asked)
    edited_at: Time | None = None


PROJECT_UPDATES = Stream(
    name="project_updates",
    root="projectUpdates",
    node="ProjectUpdate",
    kind=ProjectUpdate,
    table="project_updates",
    undelivered=("is_diff_hidden",),
)


class CycleRow(PlanRow, frozen=True, kw_only=True):
    """A row of `cycles`."""

    team_id: TeamId | None = None
    number: Whole
    name: str | None = None
    description: str | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    completed_at: Time | None = None


CYCLES = Stream(name="cycles", root="cycles", node="Cycle", kind=CycleRow, table="cycles", reread=True)


class InitiativeRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `initiatives`; `status` is Proposed, Planned, Active, Completed or Canceled."""

    name: str
    slug_id: str | None = None
    url: str | None = None
    description: str | None = None
    content: str | None = None
    color: str | None = None
    icon: str | None = None
    status: str | None = None
    target_date: date | None = None
    target_date_resolution: str | None = None
    health: str | None = None
    health_updated_at: Time | None = None
    owner_id: PersonId | None = None
    parent_initiative_id: InitiativeId | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    canceled_at: Time | None = None
    sort_order: float | None = None
    trashed: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)


INITIATIVES = Stream(
    name="initiatives",
    root="initiatives",
    node="Initiative",
    kind=InitiativeRow,
    table="initiatives",
    compared=("trashed",),
    reread=True,
    deciding=("trashed",),
    undelivered=("content",),
)


class InitiativeProjectRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `initiative_projects`: a project that is part of an initiative."""

    initiative_id: InitiativeId
    project_id: ProjectId


INITIATIVE_PROJECTS = Stream(
    name="initiative_projects",
    root="initiativeToProjects",
    node="InitiativeToProject",
    kind=InitiativeProjectRow,
    table="initiative_projects",
    window=(),
    has_webhook=False,
)


class InitiativeUpdate(MirrorRow, frozen=True, kw_only=True):
    """A row of `initiative_updates`, which has what one of `project_updates` has."""

    initiative_id: Annotated[Id, PartOf("initiatives")]
    user_id: PersonId | None = None
    body: str
    health: str | None = None
    url: str | None = None
    diff_markdown: str | None = None
    is_diff_hidden: Annotated[bool, Fallback(True)]  # noqa: FBT003 (deliveries don't tell: until a run has asked)
    edited_at: Time | None = None


INITIATIVE_UPDATES = Stream(
    name="initiative_updates",
    root="initiativeUpdates",
    node="InitiativeUpdate",
    kind=InitiativeUpdate,
    table="initiative_updates",
    undelivered=("is_diff_hidden",),
)
