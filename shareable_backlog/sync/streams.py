"""Name the mirror's streams: what Linear lists, and how its nodes become rows of which table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shareable_backlog.database.mirror import mirror_rows as rows
from shareable_backlog.linear.listings import LISTINGS, Listing
from shareable_backlog.sync import map as mapping


@dataclass(frozen=True, slots=True)
class Stream:
    """Say how the nodes of one list become rows: `kind` names the table."""

    listing: Listing
    kind: type[rows.Row]
    row: Callable[[Any], rows.Row]

    @property
    def name(self) -> str:
        """Give what the mirror calls the stream."""
        return self.listing.stream


_KINDS: dict[str, tuple[type[rows.Row], Callable[[Any], rows.Row]]] = {
    "teams": (rows.Team, mapping.team),
    "workflow_states": (rows.WorkflowState, mapping.workflow_state),
    "labels": (rows.Label, mapping.label),
    "people": (rows.Person, mapping.person),
    "project_statuses": (rows.ProjectStatus, mapping.project_status),
    "projects": (rows.Project, mapping.project),
    "project_milestones": (rows.ProjectMilestone, mapping.project_milestone),
    "cycles": (rows.Cycle, mapping.cycle),
    "initiatives": (rows.Initiative, mapping.initiative),
    "initiative_projects": (rows.InitiativeProject, mapping.initiative_project),
    "issues": (rows.BacklogItem, mapping.backlog_item),
    "comments": (rows.Comment, mapping.comment),
    "relations": (rows.ItemRelation, mapping.relation),
    "attachments": (rows.Attachment, mapping.attachment),
}

STREAMS = {listing.stream: Stream(listing, *_KINDS[listing.stream]) for listing in LISTINGS}
"""Every stream by its name, what is referred to before what refers to it."""
