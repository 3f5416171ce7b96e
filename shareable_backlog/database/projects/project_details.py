"""Read one project whole, what its items are in numbers, and the projects that it waits for."""

from datetime import date, datetime

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.counts.item_totals import POINTS
from shareable_backlog.database.backlog.item_names import STATES
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.projects.project_names import HAS_NAMESAKE, NAMED, NamedProject
from shareable_backlog.database.projects.roadmap import RHYTHM, PlannedProject

_MOST_FOUND = 50
_MOST_RELATED = 200


class ProjectDetails(PlannedProject, frozen=True, kw_only=True):
    """A project in full; what is missing, or not shown, is None.

    `is_named` if it was found by its name, and not by one of Linear's words for it. `description` is its one line,
    `content` the markdown below.
    """

    is_named: bool
    description: str | None
    content: str | None
    url: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    archived_at: datetime | None
    last_update_at: datetime | None
    shows_description: bool
    """Whether texts of None mean that there are none, and not that descriptions are not shown."""
    shows_people: bool
    """The same for the lead."""
    shows_updates: bool
    """Whether updates are shown, should there be any."""
    shows_comments: bool
    """The same for comments."""


class ItemPart(Struct, frozen=True, kw_only=True):
    """Count the items of a project that are of one team, state and milestone, with their points (None without any).

    Counted are those that are shown and not archived. Names are None for what they have none of.
    """

    team_key: str | None
    team: str | None
    state: str | None
    type: str | None
    color: str | None
    is_advanced: bool
    milestone_id: str | None
    items: int
    points: float | None


class ProjectDependency(NamedProject, frozen=True, kw_only=True):
    """A project that has to do with another; `is_source` if the relation is that one's own.

    An anchor says which part of a project is meant: its start, its end or a milestone.
    """

    status_type: str | None
    target_date: date | None
    target_date_resolution: str | None
    is_source: bool
    anchor_type: str | None
    related_anchor_type: str | None


async def find_projects(scope: Scope, name: str) -> list[ProjectDetails]:
    """Return the projects that may be shown of those that `name` can mean, the one that it means for sure first.

    That is the one which Linear calls so by its own words, if there is one.
    """
    return await query(
        f"""
        SELECT p.id, p.slug_id, p.name, coalesce(%(name)s NOT IN (p.id, p.slug_id), TRUE) AS is_named,
               s.name AS status, s.type AS status_type, p.health, p.health_updated_at, g.update_gap, g.last_update_at,
               p.start_date, p.start_date_resolution, p.target_date, p.target_date_resolution,
               {HAS_NAMESAKE} AS has_namesake, p.url,
               p.created_at, p.started_at, p.completed_at, p.canceled_at, p.archived_at,
               CASE WHEN {visibility.ASSIGNEES} THEN a.name END AS lead,
               CASE WHEN {visibility.DESCRIPTIONS} THEN p.description END AS description,
               CASE WHEN {visibility.DESCRIPTIONS} THEN p.content END AS content,
               {visibility.DESCRIPTIONS} AS shows_description, {visibility.ASSIGNEES} AS shows_people,
               {visibility.UPDATES} AS shows_updates, {visibility.COMMENTS} AS shows_comments
        FROM projects p
        LEFT JOIN project_statuses s ON s.id = p.status_id
        LEFT JOIN people a ON a.id = p.lead_id
        CROSS JOIN LATERAL ({RHYTHM}) g
        WHERE {NAMED} AND {visibility.PROJECT}
        ORDER BY is_named, p.archived_at IS NOT NULL, p.updated_at DESC, p.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "name": name, "most": _MOST_FOUND},
        row=ProjectDetails,
    )


async def count_items(scope: Scope, project_id: str, limit: int) -> list[ItemPart]:
    """Count the items of a project, up to `limit` of them."""
    return await query(
        f"""
        SELECT t.key AS team_key, t.name AS team, s.name AS state, s.type, s.color,
               a.is_advanced IS TRUE AS is_advanced, c.milestone_id, c.items, c.points
        FROM (
          SELECT f.team_id, f.state_id, f.milestone_id, count(*) AS items, sum(f.points) AS points FROM (
            SELECT i.team_id, i.state_id, i.project_milestone_id AS milestone_id, {POINTS} FROM backlog_items i
            WHERE i.project_id = %(project_id)s AND i.archived_at IS NULL AND {visibility.ITEM} LIMIT %(limit)s
          ) f GROUP BY 1, 2, 3
        ) c
        LEFT JOIN teams t ON t.id = c.team_id LEFT JOIN workflow_states s ON s.id = c.state_id
        LEFT JOIN {STATES} a ON a.id = c.state_id
        ORDER BY s.position, lower(s.name), c.state_id, lower(t.name), c.milestone_id
        """,
        {**visibility.build_params(scope), "project_id": project_id, "limit": limit},
        row=ItemPart,
    )


async def list_dependencies(scope: Scope, project_id: str) -> list[ProjectDependency]:
    """Return the projects that may be shown of those that a project has to do with, up to 200, by target date."""
    return await query(
        f"""
        SELECT p.id, p.slug_id, p.name, {HAS_NAMESAKE} AS has_namesake, s.type AS status_type,
               p.target_date, p.target_date_resolution,
               r.project_id = %(project_id)s AS is_source, r.anchor_type, r.related_anchor_type
        FROM project_relations r
        JOIN projects p
          ON p.id = CASE r.project_id WHEN %(project_id)s THEN r.related_project_id ELSE r.project_id END
        LEFT JOIN project_statuses s ON s.id = p.status_id
        WHERE %(project_id)s IN (r.project_id, r.related_project_id) AND r.project_id <> r.related_project_id
          AND r.removed_at IS NULL AND r.archived_at IS NULL AND {visibility.PROJECT}
        ORDER BY p.target_date NULLS LAST, lower(p.name), p.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "project_id": project_id, "most": _MOST_RELATED},
        row=ProjectDependency,
    )
