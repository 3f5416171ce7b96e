"""Name the lists of Linear that the mirror holds, and what one node of each costs."""

import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin

import msgspec

from shareable_backlog.linear import nodes
from shareable_backlog.linear.nodes import Node, Seen, SeenChild, SeenIssue

# Linear's documentation, "Complexity": a connection multiplies all inside it, `pageInfo` too, by the rows asked for.
_POINTS_PROPERTY, _POINTS_OBJECT = 0.1, 1.0
_POINTS_PAGE_INFO = _POINTS_OBJECT + 2 * _POINTS_PROPERTY


@dataclass(frozen=True, slots=True)
class Listing:
    """Be one root field of Linear's schema: the stream's name in the mirror, the field, its nodes.

    `filter_type` is None where Linear takes no filter: such a list is read from its newest change down to what
    is known. `arguments` are constant. `seen` is what a sweep asks of its nodes.
    """

    stream: str
    root: str
    node: type[Node]
    filter_type: str | None
    arguments: str = ""
    seen: type[Seen] = Seen


@cache
def fields(node: type[Seen]) -> str:
    """Give what is asked for of a node, made from the fields of its struct."""
    return " ".join(
        f"{field.encode_name} {{ id }}" if _is_reference(field.type) else field.encode_name
        for field in msgspec.structs.fields(node)
    )


@cache
def points(node: type[Seen]) -> float:
    """Give what one node of a page costs."""
    references = sum(_is_reference(field.type) for field in msgspec.structs.fields(node))
    properties = len(msgspec.structs.fields(node)) - references
    of_references = references * (_POINTS_OBJECT + _POINTS_PROPERTY)
    return _POINTS_OBJECT + properties * _POINTS_PROPERTY + of_references + _POINTS_PAGE_INFO


def _is_reference(annotation: Any) -> bool:  # noqa: ANN401 (any annotation)
    if get_origin(annotation) in {Union, types.UnionType}:
        return any(map(_is_reference, get_args(annotation)))
    return annotation is nodes.Ref


LISTINGS = (
    Listing("teams", "teams", nodes.Team, "TeamFilter", seen=SeenChild),
    Listing("workflow_states", "workflowStates", nodes.WorkflowState, "WorkflowStateFilter"),
    Listing("labels", "issueLabels", nodes.IssueLabel, "IssueLabelFilter"),
    # People who left are still named by their items.
    Listing("people", "users", nodes.User, "UserFilter", "includeDisabled: true"),
    Listing("project_statuses", "projectStatuses", nodes.ProjectStatus, None),
    Listing("projects", "projects", nodes.Project, "ProjectFilter"),
    Listing("project_milestones", "projectMilestones", nodes.ProjectMilestone, "ProjectMilestoneFilter"),
    Listing("cycles", "cycles", nodes.Cycle, "CycleFilter"),
    Listing("initiatives", "initiatives", nodes.Initiative, "InitiativeFilter"),
    Listing("initiative_projects", "initiativeToProjects", nodes.InitiativeToProject, None),
    Listing("issues", "issues", nodes.Issue, "IssueFilter", seen=SeenIssue),
    Listing("comments", "comments", nodes.Comment, "CommentFilter"),
    Listing("relations", "issueRelations", nodes.IssueRelation, None),
    Listing("attachments", "attachments", nodes.Attachment, "AttachmentFilter"),
)
"""Every list, what is referred to before what refers to it."""
