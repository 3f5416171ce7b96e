"""Read one initiative whole, what is below it and above it, and which projects it has.

An initiative belongs to no team, so it is shown to whoever is shown a project of it, or of one below it.
"""

from datetime import date, datetime, timedelta
from typing import LiteralString

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.projects.project_names import HAS_NAMESAKE, NamedProject

_MOST_FOUND = 50
_MOST_BELOW = 200
_MOST_PROJECTS = 200


class NamedInitiative(NamedProject, frozen=True, kw_only=True):
    """An initiative as a line; `parent_id` is that of the one above it.

    A date with a resolution stands for the whole of that. `update_gap` is how long it usually was from one update to
    the next, None for fewer than three of them.
    """

    parent_id: str | None
    status: str | None
    health: str | None
    health_updated_at: datetime | None
    update_gap: timedelta | None
    last_update_at: datetime | None
    target_date: date | None
    target_date_resolution: str | None


class InitiativeDetails(NamedInitiative, frozen=True, kw_only=True):
    """An initiative in full; what is missing, or not shown, is None.

    `is_named` if it was found by its name, and not by one of Linear's words for it. `description` is its one line,
    `content` the markdown below.
    """

    is_named: bool
    owner: str | None
    description: str | None
    content: str | None
    url: str | None
    started_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    archived_at: datetime | None
    shows_description: bool
    """Whether texts of None mean that there are none, and not that descriptions are not shown."""
    shows_people: bool
    """The same for the owner."""
    shows_updates: bool
    """Whether updates are shown, should there be any."""


class PartProject(NamedProject, frozen=True, kw_only=True):
    """A project of an initiative by its name; `is_listed` if the roadmap may have it."""

    status: str | None
    is_listed: bool


HAS_INITIATIVE_NAMESAKE: LiteralString = f"""EXISTS (
  SELECT FROM (SELECT n.id, n.name) w JOIN initiatives n
    ON (lower(n.name) = lower(w.name) OR n.slug_id = w.name OR n.id = w.name COLLATE "C") AND n.id <> w.id
  WHERE {visibility.render_initiative()}
)"""
"""Tell whether the name of the initiative `n` means another one too, that may be shown."""
_NAMED: LiteralString = f"""n.id, n.slug_id, n.name, {HAS_INITIATIVE_NAMESAKE} AS has_namesake,
  n.parent_initiative_id AS parent_id, n.status, n.health, n.health_updated_at, g.update_gap, g.last_update_at,
  n.target_date, n.target_date_resolution"""
_RHYTHM: LiteralString = """
  SELECT CASE WHEN count(*) > 2 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY w.gap) END AS update_gap,
         max(w.created_at) AS last_update_at
  FROM (
    SELECT u.created_at, u.created_at - lag(u.created_at) OVER (ORDER BY u.created_at) AS gap
    FROM initiative_updates u
    WHERE u.initiative_id = n.id AND u.removed_at IS NULL AND u.archived_at IS NULL
  ) w
"""


async def find_initiatives(scope: Scope, name: str) -> list[InitiativeDetails]:
    """Return the initiatives that may be shown of those that `name` can mean, the one that it means for sure first.

    That is the one which Linear calls so by its own words, if there is one.
    """
    return await query(
        f"""
        SELECT {_NAMED}, coalesce(%(name)s NOT IN (n.id, n.slug_id), TRUE) AS is_named,
               n.url, n.started_at, n.completed_at, n.canceled_at, n.archived_at,
               CASE WHEN {visibility.ASSIGNEES} THEN a.name END AS owner,
               CASE WHEN {visibility.DESCRIPTIONS} THEN n.description END AS description,
               CASE WHEN {visibility.DESCRIPTIONS} THEN n.content END AS content,
               {visibility.DESCRIPTIONS} AS shows_description, {visibility.ASSIGNEES} AS shows_people,
               {visibility.UPDATES} AS shows_updates
        FROM initiatives n LEFT JOIN people a ON a.id = n.owner_id CROSS JOIN LATERAL ({_RHYTHM}) g
        WHERE (lower(n.name) = lower(%(name)s) OR n.slug_id = %(name)s OR n.id = %(name)s)
          AND {visibility.render_initiative()}
        ORDER BY is_named, n.archived_at IS NOT NULL, n.updated_at DESC, n.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "name": name, "most": _MOST_FOUND},
        row=InitiativeDetails,
    )


async def list_below(scope: Scope, initiative_id: str) -> list[NamedInitiative]:
    """Return up to 200 initiatives below another that may be shown, in Linear's order, each once.

    As deep as it is looked for what may be shown, which is deeper than Linear lets them be.
    """
    return await query(
        f"""
        WITH RECURSIVE below (id, depth) AS (
          SELECT %(id)s::text COLLATE "C", 0 UNION
          SELECT c.id, b.depth + 1 FROM initiatives c JOIN below b ON b.id = c.parent_initiative_id
          WHERE b.depth < {visibility.DEEPEST} AND c.removed_at IS NULL AND NOT c.trashed
        )
        SELECT {_NAMED} FROM initiatives n CROSS JOIN LATERAL ({_RHYTHM}) g
        WHERE n.id IN (SELECT b.id FROM below b) AND n.id <> %(id)s AND {visibility.render_initiative()}
        ORDER BY n.sort_order NULLS LAST, lower(n.name), n.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "id": initiative_id, "most": _MOST_BELOW},
        row=NamedInitiative,
    )


async def find_initiative(scope: Scope, initiative_id: str) -> NamedInitiative | None:
    """Return the initiative of this id; None when there is none, or it may not be shown."""
    found = await query(
        f"""
        SELECT {_NAMED} FROM initiatives n CROSS JOIN LATERAL ({_RHYTHM}) g
        WHERE n.id = %(id)s AND {visibility.render_initiative()}
        """,
        {**visibility.build_params(scope), "id": initiative_id},
        row=NamedInitiative,
    )
    return found[0] if found else None


async def list_projects(scope: Scope, initiative_id: str) -> list[PartProject]:
    """Return up to 200 projects of an initiative that may be shown, also those that are archived, by name."""
    return await query(
        f"""
        SELECT p.id, p.slug_id, p.name, {HAS_NAMESAKE} AS has_namesake, s.name AS status,
               p.archived_at IS NULL AS is_listed
        FROM projects p LEFT JOIN project_statuses s ON s.id = p.status_id
        WHERE p.id IN (
          SELECT o.project_id FROM initiative_projects o
          WHERE o.initiative_id = %(id)s AND o.removed_at IS NULL AND o.archived_at IS NULL
        ) AND {visibility.PROJECT}
        ORDER BY lower(p.name), p.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "id": initiative_id, "most": _MOST_PROJECTS},
        row=PartProject,
    )
