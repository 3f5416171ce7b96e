"""The streams of the backlog itself: issues, and what hangs on them."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from shareable_backlog.streams.columns import (
    ActorName,
    CommentId,
    CycleId,
    Fallback,
    Id,
    ItemId,
    MilestoneId,
    MirrorRow,
    PartOf,
    PersonId,
    ProjectId,
    Refers,
    StateId,
    TeamId,
    Time,
    Whole,
)
from shareable_backlog.streams.stream import Stream

_ItsItemId = Annotated[Id, PartOf("issues")]


class ItemRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `backlog_items`; `priority` is 0 none, 1 urgent … 4 low."""

    identifier: Id
    number: Whole
    title: str
    description: str | None = None
    url: str | None = None
    branch_name: str | None = None
    priority: Annotated[int, Meta(ge=0, le=4), Fallback(0, null_is_wrong=True)]
    estimate: float | None = None
    sort_order: float | None = None
    priority_sort_order: float | None = None
    sub_issue_sort_order: float | None = None
    due_date: date | None = None
    sla_type: str | None = None
    sla_started_at: Time | None = None
    sla_breaches_at: Time | None = None
    trashed: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)
    label_ids: Annotated[list[str], Refers("labels"), Fallback([], null_is_wrong=True)]
    previous_identifiers: Annotated[list[str], Fallback([], null_is_wrong=True)]
    team_id: TeamId
    state_id: StateId | None = None
    assignee_id: PersonId | None = None
    creator_id: PersonId | None = None
    external_user_creator_name: ActorName | None = None
    bot_actor_name: ActorName | None = None
    project_id: ProjectId | None = None
    project_milestone_id: MilestoneId | None = None
    cycle_id: CycleId | None = None
    parent_id: ItemId | None = None
    added_to_project_at: Time | None = None
    added_to_cycle_at: Time | None = None
    triaged_at: Time | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    canceled_at: Time | None = None
    auto_archived_at: Time | None = None


# Archiving an issue does not move its updatedAt; putting one into the trash may move none of its times, nor may
# dragging it to another place, taking it into another cycle (the time tells of that, and costs less than a reference
# does), or a deadline that Linear sets.
ISSUES = Stream(
    name="issues",
    root="issues",
    node="Issue",
    kind=ItemRow,
    table="backlog_items",
    window=("updatedAt", "archivedAt"),
    compared=(
        "parent_id",
        "trashed",
        "sort_order",
        "priority_sort_order",
        "sub_issue_sort_order",
        "added_to_project_at",
        "added_to_cycle_at",
        "sla_breaches_at",
    ),
    deciding=("label_ids", "project_id", "trashed"),
    undelivered=("branch_name",),
    large=True,
)


class CommentRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `comments`; `issue_id` is None for one about something else, which another id names.

    `user_id` is None for somebody outside of Linear and for a bot. Deliveries don't tell `hide_in_linear`: None until
    a run has asked.
    """

    issue_id: _ItsItemId | None = None
    project_id: Id | None = None
    project_update_id: Id | None = None
    initiative_id: Id | None = None
    initiative_update_id: Id | None = None
    document_content_id: Id | None = None
    parent_id: CommentId | None = None
    user_id: PersonId | None = None
    external_user_name: ActorName | None = None
    bot_actor_name: ActorName | None = None
    hide_in_linear: bool | None = None
    body: str
    quoted_text: str | None = None
    url: str | None = None
    edited_at: Time | None = None
    resolved_at: Time | None = None


COMMENTS = Stream(
    name="comments",
    root="comments",
    node="Comment",
    kind=CommentRow,
    table="comments",
    deciding=("issue_id", "hide_in_linear"),
    undelivered=("hide_in_linear", "url"),
    large=True,
)


class ItemRelationRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `item_relations`; `type` is blocks, duplicate, related or similar.

    "Blocked by" is blocks, read from the other end.
    """

    type: str
    issue_id: _ItsItemId
    related_issue_id: _ItsItemId


RELATIONS = Stream(
    name="relations",
    root="issueRelations",
    node="IssueRelation",
    kind=ItemRelationRow,
    table="item_relations",
    window=(),
)


class AttachmentRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `attachments`."""

    issue_id: _ItsItemId
    title: str
    subtitle: str | None = None
    url: str
    source_type: str | None = None


ATTACHMENTS = Stream(
    name="attachments", root="attachments", node="Attachment", kind=AttachmentRow, table="attachments"
)
