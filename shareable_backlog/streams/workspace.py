"""The streams of a workspace: its teams, what they call things, its people."""

from typing import Annotated, Any

from shareable_backlog.streams.columns import Fallback, Id, LabelId, MadeOf, MirrorRow, TeamId, Time
from shareable_backlog.streams.stream import Stream


def _is_private(visibility: str | None) -> bool:
    """Return whether a team is private: one that is not public."""
    return visibility not in {None, "public"}


class TeamRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `teams`; `issue_estimation_type` is notUsed, exponential, fibonacci, linear or tShirt."""

    key: Id
    name: str
    display_name: str | None = None
    description: str | None = None
    color: str | None = None
    icon: str | None = None
    private: Annotated[bool, MadeOf("visibility", str | None, _is_private)]
    parent_id: TeamId | None = None
    timezone: str | None = None
    retired_at: Time | None = None
    issue_estimation_type: str | None = None


TEAMS = Stream(
    name="teams",
    root="teams",
    node="Team",
    kind=TeamRow,
    table="teams",
    compared=("parent_id",),
    deciding=("private",),
    has_webhook=False,
)


class WorkflowStateRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `workflow_states`; `type` is triage, backlog, unstarted, started, completed, canceled … ."""

    team_id: TeamId | None = None
    name: str
    type: str
    color: str | None = None
    position: Annotated[float, Fallback(0.0)]
    description: str | None = None


WORKFLOW_STATES = Stream(
    name="workflow_states",
    root="workflowStates",
    node="WorkflowState",
    kind=WorkflowStateRow,
    table="workflow_states",
    has_webhook=False,
)


class LabelRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `labels`; `team_id` is None for a label of the whole workspace."""

    team_id: TeamId | None = None
    name: str
    color: str | None = None
    description: str | None = None
    parent_id: LabelId | None = None
    is_group: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)


LABELS = Stream(
    name="labels",
    root="issueLabels",
    node="IssueLabel",
    kind=LabelRow,
    table="labels",
    deciding=("parent_id",),
)


class PersonRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `people`: never a mail address."""

    name: str
    display_name: str | None = None
    avatar_url: str | None = None
    active: Annotated[bool, Fallback(True)]  # noqa: FBT003 (a value)


# People who left are still named by their items.
PEOPLE = Stream(
    name="people", root="users", node="User", kind=PersonRow, table="people", arguments="includeDisabled: true"
)


class ExternalUserRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `external_users`: somebody who wrote from outside of Linear; never a mail address."""

    name: str
    display_name: str | None = None


EXTERNAL_USERS = Stream(
    name="external_users",
    root="externalUsers",
    node="ExternalUser",
    kind=ExternalUserRow,
    table="external_users",
    window=(),
    has_webhook=False,
)


class CustomViewRow(MirrorRow, frozen=True, kw_only=True):
    """A row of `custom_views`; `filter_data` is the filter of its issues, if `model_name` is Issue.

    One that is not `shared` is its owner's alone.
    """

    name: str
    description: str | None = None
    icon: str | None = None
    color: str | None = None
    shared: Annotated[bool, Fallback(False)]  # noqa: FBT003 (a value)
    team_id: TeamId | None = None
    slug_id: str | None = None
    model_name: str | None = None
    filter_data: Annotated[dict[str, Any], Fallback({}, null_is_wrong=True)]


CUSTOM_VIEWS = Stream(
    name="custom_views",
    root="customViews",
    node="CustomView",
    kind=CustomViewRow,
    table="custom_views",
    deciding=("shared", "filter_data"),
    has_webhook=False,
)
