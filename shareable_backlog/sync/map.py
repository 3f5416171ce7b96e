"""Turn Linear's nodes into the mirror's rows; one function a stream, each raising FieldInvalid."""

from datetime import datetime
from typing import TypedDict

from shareable_backlog.database import mirror_rows as rows
from shareable_backlog.sync import fields
from shareable_backlog.sync.fields import Node, instant, instant_or_none


class _Kept(TypedDict):
    id: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


def _kept(node: Node) -> _Kept:
    """Read what every row of the mirror has."""
    return {
        "id": fields.identifier(node),
        "created_at": instant(node, "createdAt"),
        "updated_at": instant(node, "updatedAt"),
        "archived_at": instant_or_none(node, "archivedAt"),
    }


def team(node: Node) -> rows.Team:
    """Map a node of `teams`; a team that is not public is private."""
    return rows.Team(
        **_kept(node),
        key=fields.identifier(node, "key"),
        name=fields.text(node, "name"),
        display_name=fields.text_or_none(node, "displayName"),
        description=fields.text_or_none(node, "description"),
        color=fields.text_or_none(node, "color"),
        icon=fields.text_or_none(node, "icon"),
        private=fields.text_or_none(node, "visibility") not in {None, "public"},
        parent_id=fields.reference(node, "parent"),
        timezone=fields.text_or_none(node, "timezone"),
    )


def workflow_state(node: Node) -> rows.WorkflowState:
    """Map a node of `workflowStates`."""
    return rows.WorkflowState(
        **_kept(node),
        team_id=fields.reference(node, "team"),
        name=fields.text(node, "name"),
        type=fields.text(node, "type"),
        color=fields.text_or_none(node, "color"),
        position=fields.number_or_none(node, "position") or 0.0,
        description=fields.text_or_none(node, "description"),
    )


def label(node: Node) -> rows.Label:
    """Map a node of `issueLabels`."""
    return rows.Label(
        **_kept(node),
        team_id=fields.reference(node, "team"),
        name=fields.text(node, "name"),
        color=fields.text_or_none(node, "color"),
        description=fields.text_or_none(node, "description"),
        parent_id=fields.reference(node, "parent"),
        is_group=fields.flag(node, "isGroup"),
    )


def person(node: Node) -> rows.Person:
    """Map a node of `users`."""
    return rows.Person(
        **_kept(node),
        name=fields.text(node, "name"),
        display_name=fields.text_or_none(node, "displayName"),
        avatar_url=fields.text_or_none(node, "avatarUrl"),
        active=fields.flag(node, "active", default=True),
    )


def project(node: Node) -> rows.Project:
    """Map a node of `projects`."""
    status: Node = node.get("status") or {}
    return rows.Project(
        **_kept(node),
        name=fields.text(node, "name"),
        slug_id=fields.text_or_none(node, "slugId"),
        url=fields.text_or_none(node, "url"),
        description=fields.text_or_none(node, "description"),
        color=fields.text_or_none(node, "color"),
        icon=fields.text_or_none(node, "icon"),
        status_name=fields.text_or_none(status, "name"),
        status_type=fields.text_or_none(status, "type"),
        status_color=fields.text_or_none(status, "color"),
        start_date=fields.day_or_none(node, "startDate"),
        target_date=fields.day_or_none(node, "targetDate"),
        progress=fields.number_or_none(node, "progress"),
        health=fields.text_or_none(node, "health"),
        lead_id=fields.reference(node, "lead"),
        sort_order=fields.number_or_none(node, "sortOrder"),
    )


def project_milestone(node: Node) -> rows.ProjectMilestone:
    """Map a node of `projectMilestones`."""
    return rows.ProjectMilestone(
        **_kept(node),
        project_id=fields.reference(node, "project"),
        name=fields.text(node, "name"),
        description=fields.text_or_none(node, "description"),
        target_date=fields.day_or_none(node, "targetDate"),
        sort_order=fields.number_or_none(node, "sortOrder"),
    )


def cycle(node: Node) -> rows.Cycle:
    """Map a node of `cycles`."""
    return rows.Cycle(
        **_kept(node),
        team_id=fields.reference(node, "team"),
        number=fields.whole_number(node, "number"),
        name=fields.text_or_none(node, "name"),
        starts_at=instant_or_none(node, "startsAt"),
        ends_at=instant_or_none(node, "endsAt"),
        completed_at=instant_or_none(node, "completedAt"),
    )


def initiative(node: Node) -> rows.Initiative:
    """Map a node of `initiatives`."""
    return rows.Initiative(
        **_kept(node),
        name=fields.text(node, "name"),
        slug_id=fields.text_or_none(node, "slugId"),
        url=fields.text_or_none(node, "url"),
        description=fields.text_or_none(node, "description"),
        color=fields.text_or_none(node, "color"),
        icon=fields.text_or_none(node, "icon"),
        status=fields.text_or_none(node, "status"),
        target_date=fields.day_or_none(node, "targetDate"),
        owner_id=fields.reference(node, "owner"),
        sort_order=fields.number_or_none(node, "sortOrder"),
    )


def backlog_item(node: Node) -> rows.BacklogItem:
    """Map a node of `issues`."""
    return rows.BacklogItem(
        **_kept(node),
        identifier=fields.identifier(node, "identifier"),
        number=fields.whole_number(node, "number"),
        title=fields.text(node, "title"),
        description=fields.text_or_none(node, "description"),
        url=fields.text_or_none(node, "url"),
        branch_name=fields.text_or_none(node, "branchName"),
        priority=fields.whole_number(node, "priority", most=4),
        estimate=fields.number_or_none(node, "estimate"),
        sort_order=fields.number_or_none(node, "sortOrder"),
        priority_sort_order=fields.number_or_none(node, "prioritySortOrder"),
        sub_issue_sort_order=fields.number_or_none(node, "subIssueSortOrder"),
        due_date=fields.day_or_none(node, "dueDate"),
        sla_breaches_at=instant_or_none(node, "slaBreachesAt"),
        trashed=fields.flag(node, "trashed"),
        label_ids=fields.texts(node, "labelIds"),
        previous_identifiers=fields.texts(node, "previousIdentifiers"),
        team_id=fields.required_reference(node, "team"),
        state_id=fields.reference(node, "state"),
        assignee_id=fields.reference(node, "assignee"),
        creator_id=fields.reference(node, "creator"),
        project_id=fields.reference(node, "project"),
        project_milestone_id=fields.reference(node, "projectMilestone"),
        cycle_id=fields.reference(node, "cycle"),
        parent_id=fields.reference(node, "parent"),
        started_at=instant_or_none(node, "startedAt"),
        completed_at=instant_or_none(node, "completedAt"),
        canceled_at=instant_or_none(node, "canceledAt"),
        auto_archived_at=instant_or_none(node, "autoArchivedAt"),
    )


def comment(node: Node) -> rows.Comment:
    """Map a node of `comments`."""
    return rows.Comment(
        **_kept(node),
        issue_id=fields.reference(node, "issue"),
        parent_id=fields.reference(node, "parent"),
        user_id=fields.reference(node, "user"),
        body=fields.text(node, "body"),
        quoted_text=fields.text_or_none(node, "quotedText"),
        url=fields.text_or_none(node, "url"),
        edited_at=instant_or_none(node, "editedAt"),
        resolved_at=instant_or_none(node, "resolvedAt"),
    )


def relation(node: Node) -> rows.ItemRelation:
    """Map a node of `issueRelations`."""
    return rows.ItemRelation(
        **_kept(node),
        type=fields.text(node, "type"),
        issue_id=fields.required_reference(node, "issue"),
        related_issue_id=fields.required_reference(node, "relatedIssue"),
    )


def attachment(node: Node) -> rows.Attachment:
    """Map a node of `attachments`."""
    return rows.Attachment(
        **_kept(node),
        issue_id=fields.required_reference(node, "issue"),
        title=fields.text(node, "title"),
        subtitle=fields.text_or_none(node, "subtitle"),
        url=fields.text(node, "url"),
        source_type=fields.text_or_none(node, "sourceType"),
    )
