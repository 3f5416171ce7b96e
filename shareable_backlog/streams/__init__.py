"""Describe what the mirror holds: each stream once, its list in Linear, its row, and its table.

What is asked of Linear, how a node becomes a row, how rows are stored, swept, compared and deleted: all of it follows
from here. To add a stream, write its row and its `Stream` in one of the modules beside this one, name it below, and
write the migration of its table; `tests/streams` says in words what is still missing.
"""

from collections.abc import Mapping

from shareable_backlog.streams import issues, projects, releases, workspace
from shareable_backlog.streams.columns import MirrorRow
from shareable_backlog.streams.stream import Stream

STREAMS: Mapping[str, Stream] = {
    stream.name: stream
    for stream in (
        workspace.TEAMS,
        workspace.WORKFLOW_STATES,
        workspace.LABELS,
        workspace.PEOPLE,
        workspace.EXTERNAL_USERS,
        workspace.CUSTOM_VIEWS,
        projects.PROJECT_STATUSES,
        projects.PROJECT_LABELS,
        projects.PROJECTS,
        projects.PROJECT_MILESTONES,
        projects.PROJECT_RELATIONS,
        projects.PROJECT_UPDATES,
        projects.CYCLES,
        projects.INITIATIVES,
        projects.INITIATIVE_PROJECTS,
        projects.INITIATIVE_UPDATES,
        issues.ISSUES,
        issues.COMMENTS,
        issues.RELATIONS,
        issues.ATTACHMENTS,
        releases.RELEASE_PIPELINES,
        releases.RELEASE_STAGES,
        releases.RELEASES,
        releases.RELEASE_NOTES,
        releases.ITEM_RELEASES,
    )
}
"""Every stream by its name, what is referred to before what refers to it."""

TABLES: Mapping[type[MirrorRow], str] = {stream.kind: stream.table for stream in STREAMS.values()}
"""The table of each kind of row."""

DELIVERED: Mapping[str, Stream] = {stream.node: stream for stream in STREAMS.values() if stream.has_webhook}
"""The streams that webhooks tell of, by Linear's name of the type, in the order of STREAMS."""
