"""Turn Linear's nodes into the mirror's rows; one function a stream."""

from datetime import datetime
from typing import TypedDict

from shareable_backlog.database.mirror import mirror_rows as rows
from shareable_backlog.linear import nodes
from shareable_backlog.linear.nodes import Node, Ref


class _Kept(TypedDict):
    id: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


def _kept(node: Node) -> _Kept:
    """Give what every row of the mirror has."""
    return {
        "id": node.id,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
        "archived_at": node.archived_at,
    }


def _id(ref: Ref | None) -> str | None:
    return ref.id if ref else None


def team(node: nodes.Team) -> rows.Team:
    """Map a node of `teams`; a team that is not public is private."""
    return rows.Team(
        **_kept(node),
        key=node.key,
        name=node.name,
        display_name=node.display_name,
        description=node.description,
        color=node.color,
        icon=node.icon,
        private=node.visibility not in {None, "public"},
        parent_id=_id(node.parent),
        timezone=node.timezone,
    )


def workflow_state(node: nodes.WorkflowState) -> rows.WorkflowState:
    """Map a node of `workflowStates`."""
    return rows.WorkflowState(
        **_kept(node),
        team_id=_id(node.team),
        name=node.name,
        type=node.type,
        color=node.color,
        position=node.position or 0.0,
        description=node.description,
    )


def label(node: nodes.IssueLabel) -> rows.Label:
    """Map a node of `issueLabels`."""
    return rows.Label(
        **_kept(node),
        team_id=_id(node.team),
        name=node.name,
        color=node.color,
        description=node.description,
        parent_id=_id(node.parent),
        is_group=bool(node.is_group),
    )


def person(node: nodes.User) -> rows.Person:
    """Map a node of `users`."""
    return rows.Person(
        **_kept(node),
        name=node.name,
        display_name=node.display_name,
        avatar_url=node.avatar_url,
        active=node.active is not False,
    )


def project_status(node: nodes.ProjectStatus) -> rows.ProjectStatus:
    """Map a node of `projectStatuses`."""
    return rows.ProjectStatus(
        **_kept(node),
        name=node.name,
        type=node.type,
        color=node.color,
        position=node.position or 0.0,
    )


def project(node: nodes.Project) -> rows.Project:
    """Map a node of `projects`."""
    return rows.Project(
        **_kept(node),
        name=node.name,
        slug_id=node.slug_id,
        url=node.url,
        description=node.description,
        color=node.color,
        icon=node.icon,
        status_id=_id(node.status),
        start_date=node.start_date,
        target_date=node.target_date,
        progress=node.progress,
        health=node.health,
        lead_id=_id(node.lead),
        sort_order=node.sort_order,
    )


def project_milestone(node: nodes.ProjectMilestone) -> rows.ProjectMilestone:
    """Map a node of `projectMilestones`."""
    return rows.ProjectMilestone(
        **_kept(node),
        project_id=_id(node.project),
        name=node.name,
        description=node.description,
        target_date=node.target_date,
        sort_order=node.sort_order,
    )


def cycle(node: nodes.Cycle) -> rows.Cycle:
    """Map a node of `cycles`."""
    return rows.Cycle(
        **_kept(node),
        team_id=_id(node.team),
        number=node.number,
        name=node.name,
        starts_at=node.starts_at,
        ends_at=node.ends_at,
        completed_at=node.completed_at,
    )


def initiative(node: nodes.Initiative) -> rows.Initiative:
    """Map a node of `initiatives`."""
    return rows.Initiative(
        **_kept(node),
        name=node.name,
        slug_id=node.slug_id,
        url=node.url,
        description=node.description,
        color=node.color,
        icon=node.icon,
        status=node.status,
        target_date=node.target_date,
        owner_id=_id(node.owner),
        sort_order=node.sort_order,
    )


def initiative_project(node: nodes.InitiativeToProject) -> rows.InitiativeProject:
    """Map a node of `initiativeToProjects`."""
    return rows.InitiativeProject(
        **_kept(node),
        initiative_id=node.initiative.id,
        project_id=node.project.id,
    )


def backlog_item(node: nodes.Issue) -> rows.BacklogItem:
    """Map a node of `issues`."""
    return rows.BacklogItem(
        **_kept(node),
        identifier=node.identifier,
        number=node.number,
        title=node.title,
        description=node.description,
        url=node.url,
        branch_name=node.branch_name,
        priority=node.priority,
        estimate=node.estimate,
        sort_order=node.sort_order,
        priority_sort_order=node.priority_sort_order,
        sub_issue_sort_order=node.sub_issue_sort_order,
        due_date=node.due_date,
        sla_breaches_at=node.sla_breaches_at,
        trashed=bool(node.trashed),
        label_ids=node.label_ids,
        previous_identifiers=node.previous_identifiers,
        team_id=node.team.id,
        state_id=_id(node.state),
        assignee_id=_id(node.assignee),
        creator_id=_id(node.creator),
        project_id=_id(node.project),
        project_milestone_id=_id(node.project_milestone),
        cycle_id=_id(node.cycle),
        parent_id=_id(node.parent),
        started_at=node.started_at,
        completed_at=node.completed_at,
        canceled_at=node.canceled_at,
        auto_archived_at=node.auto_archived_at,
    )


def comment(node: nodes.Comment) -> rows.Comment:
    """Map a node of `comments`."""
    return rows.Comment(
        **_kept(node),
        issue_id=_id(node.issue),
        parent_id=_id(node.parent),
        user_id=_id(node.user),
        body=node.body,
        quoted_text=node.quoted_text,
        url=node.url,
        edited_at=node.edited_at,
        resolved_at=node.resolved_at,
    )


def relation(node: nodes.IssueRelation) -> rows.ItemRelation:
    """Map a node of `issueRelations`."""
    return rows.ItemRelation(
        **_kept(node),
        type=node.type,
        issue_id=node.issue.id,
        related_issue_id=node.related_issue.id,
    )


def attachment(node: nodes.Attachment) -> rows.Attachment:
    """Map a node of `attachments`."""
    return rows.Attachment(
        **_kept(node),
        issue_id=node.issue.id,
        title=node.title,
        subtitle=node.subtitle,
        url=node.url,
        source_type=node.source_type,
    )
