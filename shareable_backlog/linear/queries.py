"""Hold the queries of a full pull: one flat paged query a stream.

References are asked for as `{ id }` and labels as `labelIds`, because a nested connection costs 50 points a
row and more. Mail addresses of people are never asked for.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PagedQuery:
    """Hold a stream's name in the mirror, its root field in Linear, and its query over $first and $after."""

    stream: str
    root: str
    text: str


def _paged(stream: str, root: str, fields: str, arguments: str = "") -> PagedQuery:
    operation = root[0].upper() + root[1:]
    page = f"first: $first, after: $after, orderBy: updatedAt, includeArchived: true{arguments}"
    return PagedQuery(
        stream,
        root,
        f"query {operation}($first: Int!, $after: String) {{ {root}({page}) {{"
        f" nodes {{ id createdAt updatedAt archivedAt {fields} }}"
        " pageInfo { hasNextPage endCursor } } }",
    )


TEAMS = _paged("teams", "teams", "key name displayName description color icon visibility timezone parent { id }")
WORKFLOW_STATES = _paged("workflow_states", "workflowStates", "name type color position description team { id }")
LABELS = _paged("labels", "issueLabels", "name color description isGroup team { id } parent { id }")
# People who left are still named by their items.
PEOPLE = _paged("people", "users", "name displayName avatarUrl active", ", includeDisabled: true")
PROJECTS = _paged(
    "projects",
    "projects",
    "name slugId url description color icon status { name type color }"
    " startDate targetDate progress health sortOrder lead { id }",
)
PROJECT_MILESTONES = _paged(
    "project_milestones", "projectMilestones", "name description targetDate sortOrder project { id }"
)
CYCLES = _paged("cycles", "cycles", "number name startsAt endsAt completedAt team { id }")
ISSUES = _paged(
    "issues",
    "issues",
    "identifier number title description url branchName priority estimate"
    " sortOrder prioritySortOrder subIssueSortOrder dueDate slaBreachesAt trashed labelIds"
    " previousIdentifiers startedAt completedAt canceledAt autoArchivedAt"
    " team { id } state { id } assignee { id } creator { id }"
    " project { id } projectMilestone { id } cycle { id } parent { id }",
)
COMMENTS = _paged(
    "comments",
    "comments",
    "body quotedText url editedAt resolvedAt issue { id } parent { id } user { id }",
)

FULL_PULL: tuple[PagedQuery, ...] = (
    TEAMS,
    WORKFLOW_STATES,
    LABELS,
    PEOPLE,
    PROJECTS,
    PROJECT_MILESTONES,
    CYCLES,
    ISSUES,
    COMMENTS,
)
"""Every stream, what is referred to before what refers to it."""
