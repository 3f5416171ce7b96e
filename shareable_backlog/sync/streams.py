"""Name the mirror's streams in the order they are pulled: what others refer to comes first."""

from collections.abc import Callable
from dataclasses import dataclass

from shareable_backlog.database import mirror_rows as rows
from shareable_backlog.sync import map as mapping
from shareable_backlog.sync.fields import Node


@dataclass(frozen=True, slots=True)
class Stream:
    """Say how the nodes of one kind become rows: `name` is what Linear calls them, `kind` names the table."""

    name: str
    kind: type[rows.Row]
    row: Callable[[Node], rows.Row]


STREAMS = {
    stream.name: stream
    for stream in (
        Stream("teams", rows.Team, mapping.team),
        Stream("workflow_states", rows.WorkflowState, mapping.workflow_state),
        Stream("labels", rows.Label, mapping.label),
        Stream("people", rows.Person, mapping.person),
        Stream("projects", rows.Project, mapping.project),
        Stream("project_milestones", rows.ProjectMilestone, mapping.project_milestone),
        Stream("cycles", rows.Cycle, mapping.cycle),
        Stream("initiatives", rows.Initiative, mapping.initiative),
        Stream("issues", rows.BacklogItem, mapping.backlog_item),
        Stream("comments", rows.Comment, mapping.comment),
        Stream("relations", rows.ItemRelation, mapping.relation),
        Stream("attachments", rows.Attachment, mapping.attachment),
    )
}
"""Every stream by its name."""
