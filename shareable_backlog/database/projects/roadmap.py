"""Read the projects with their dates, milestones and progress.

A project belongs to no team in the mirror, so it is shown to whoever is shown an item of it that is not archived.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.backlog.counts.item_totals import POINTS
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.projects.project_names import HAS_NAMESAKE, NamedProject, choose_word

STATUS_TYPES = ("started", "planned", "backlog", "paused", "completed", "canceled")
"""What a project's status may be, in the order of the roadmap."""

MOST_COUNTED = 10_000
"""The most items of a project that are counted; one more stands for any number."""

_MOST_MILESTONES = _MOST_MEMBERSHIPS = 1_000


class PlannedProject(NamedProject, frozen=True, kw_only=True):
    """A project as the roadmap shows it; `lead` is None also where people are not shown.

    A date with a resolution (month, quarter, halfYear or year) stands for the whole of that. `update_gap` is how long
    it usually was from one update to the next, None for fewer than three of them.
    """

    id: str
    slug_id: str | None = None
    name: str
    status: str | None
    status_type: str | None
    health: str | None
    health_updated_at: datetime | None
    update_gap: timedelta | None
    lead: str | None
    start_date: date | None
    start_date_resolution: str | None
    target_date: date | None
    target_date_resolution: str | None
    has_namesake: bool
    """Whether its name means another project too: a filter by it would find that one's items as well."""


class Milestone(Struct, frozen=True):
    """A milestone of a project."""

    id: str
    project_id: str
    name: str
    target_date: date | None


class MilestoneProgress(Struct, frozen=True):
    """Count the items of a project that are of one milestone, or of none (None), and how many of them are done.

    Counted are items that are shown and neither archived nor canceled; their `points` are None without any.
    """

    project_id: str
    milestone_id: str | None
    items: int
    done: int
    points: float | None = None


class InitiativeMembership(Struct, frozen=True):
    """A project is part of an initiative."""

    project_id: str
    initiative_id: str
    initiative: str

    @property
    def word(self) -> str:
        """Return the word by which an address names the initiative; one of several of a name can be chosen there."""
        return choose_word(self.initiative, self.initiative_id, has_namesake=False)


_LISTED: LiteralString = f"i.archived_at IS NULL AND {visibility.ITEM}"
# Where only a part is asked for, these projects may have an item of it; else all items of the others would be read.
_UNARCHIVED: LiteralString = (
    "i.removed_at IS NULL AND i.archived_at IS NULL AND NOT i.trashed AND i.project_id IS NOT NULL"
)
_OF_TEAM: LiteralString = f"""
    SELECT DISTINCT i.project_id FROM backlog_items i JOIN teams t ON t.id = i.team_id
    WHERE t.key = %(team_key)s AND {_UNARCHIVED}
"""
# That of the labels has the default collation, as the ids in an item's list have.
_OF_GROUP: LiteralString = f"""
    {visibility.GROUP_PROJECTS}
    UNION ALL
    SELECT o.project_id FROM ({visibility.GROUP_TEAMS}) r CROSS JOIN LATERAL (
      SELECT DISTINCT i.project_id FROM backlog_items i WHERE i.team_id = r.entity_id AND {_UNARCHIVED}
    ) o
    UNION ALL
    SELECT o.project_id FROM ({visibility.GROUP_LABELS}) r CROSS JOIN LATERAL (
      SELECT DISTINCT i.project_id FROM backlog_items i
      WHERE i.label_ids <> '{{}}' AND i.label_ids @> ARRAY[r.entity_id COLLATE "default"] AND {_UNARCHIVED}
    ) o
"""


RHYTHM: LiteralString = """
  SELECT CASE WHEN count(*) > 2 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY w.gap) END AS update_gap,
         max(w.created_at) AS last_update_at
  FROM (
    SELECT u.created_at, u.created_at - lag(u.created_at) OVER (ORDER BY u.created_at) AS gap FROM project_updates u
    WHERE u.project_id = p.id AND u.removed_at IS NULL AND u.archived_at IS NULL
  ) w
"""
"""Read how often is written about the project `p`, and when it was done last."""


async def list_projects(
    scope: Scope,
    *,
    team_key: str | None,
    status_type: str | None,
    skip: int,
    limit: int,
    ids: Sequence[str] | None = None,
) -> list[PlannedProject]:
    """Return up to `limit` projects after the first `skip`: by status, target date, start date and name.

    Those without any date come last. `team_key` leaves those with an item of that team, `ids` those; None leaves
    a filter out.
    """
    return await query(
        f"""
        SELECT p.id, p.slug_id, p.name, s.name AS status, s.type AS status_type, p.health, p.health_updated_at,
               g.update_gap,
               p.start_date, p.start_date_resolution, p.target_date, p.target_date_resolution,
               {HAS_NAMESAKE} AS has_namesake,
               CASE WHEN {visibility.ASSIGNEES} THEN a.name END AS lead
        FROM projects p
        LEFT JOIN project_statuses s ON s.id = p.status_id
        LEFT JOIN people a ON a.id = p.lead_id
        -- Each project's items are looked up by themselves: a join might read all items there are.
        CROSS JOIN LATERAL (
          SELECT FROM backlog_items i
          WHERE i.project_id = p.id AND {_LISTED} AND (
            %(team_key)s::text IS NULL
            OR i.team_id = ANY (ARRAY(SELECT t.id FROM teams t WHERE t.key = %(team_key)s))
          )
          LIMIT 1
        ) o
        CROSS JOIN LATERAL ({RHYTHM}) g
        WHERE p.removed_at IS NULL AND p.archived_at IS NULL AND NOT p.trashed
          AND (%(status_type)s::text IS NULL OR s.type = %(status_type)s)
          AND (%(ids)s::text[] IS NULL OR p.id = ANY (%(ids)s::text[]))
          AND (%(team_key)s::text IS NULL OR p.id = ANY (ARRAY({_OF_TEAM})))
          AND (
            -- Where few are named, all items of a group need not be looked through.
            %(viewer_group_ids)s::integer[] IS NULL OR cardinality(%(ids)s::text[]) <= 100
            OR p.id = ANY (ARRAY({_OF_GROUP}))
          )
        ORDER BY p.start_date IS NULL AND p.target_date IS NULL,
          array_position(%(status_types)s::text[], s.type) NULLS LAST,
          p.target_date NULLS LAST, p.start_date NULLS LAST, lower(p.name), p.id
        LIMIT %(limit)s OFFSET %(skip)s
        """,
        {
            **visibility.build_params(scope),
            "team_key": team_key,
            "status_type": status_type,
            "status_types": list(STATUS_TYPES),
            "ids": None if ids is None else list(ids),
            "skip": skip,
            "limit": limit,
        },
        row=PlannedProject,
    )


async def list_ids_by_health(health: Sequence[str]) -> list[str]:
    """Return the ids of all projects, shown or not, whose health Linear calls one of these."""
    found = await query("SELECT id FROM projects WHERE health = ANY (%(health)s)", {"health": list(health)})
    return [id_ for (id_,) in found]


async def count_progress(
    scope: Scope, project_ids: Sequence[str], most: int = MOST_COUNTED
) -> list[MilestoneProgress]:
    """Count the items of each project by milestone, up to one more than `most` of a project."""
    return await query(
        f"""
        SELECT p.id AS project_id, c.milestone_id, count(*) AS items,
               count(*) FILTER (WHERE c.type = 'completed') AS done, sum(c.points) AS points
        FROM unnest(%(project_ids)s::text[]) p (id) CROSS JOIN LATERAL (
          SELECT i.project_milestone_id AS milestone_id, s.type, {POINTS}
          FROM backlog_items i LEFT JOIN workflow_states s ON s.id = i.state_id
          WHERE i.project_id = p.id AND {_LISTED} AND coalesce(s.type, '') NOT IN ('canceled', 'duplicate')
          LIMIT %(most)s
        ) c
        GROUP BY p.id, c.milestone_id
        """,
        {**visibility.build_params(scope), "project_ids": list(project_ids), "most": most + 1},
        row=MilestoneProgress,
    )


async def list_milestones(scope: Scope, project_ids: Sequence[str]) -> list[Milestone]:
    """Return the milestones of projects that are shown, by target date, up to 1,000.

    One whose items are all hidden is left out; one that has no items yet is part of the project's plan.
    """
    return await query(
        f"""
        SELECT m.id, m.project_id, m.name, m.target_date FROM project_milestones m
        WHERE m.project_id = ANY (%(project_ids)s::text[]) AND m.removed_at IS NULL AND m.archived_at IS NULL
          AND (
            (SELECT TRUE FROM backlog_items i WHERE i.project_milestone_id = m.id AND {visibility.ITEM} LIMIT 1)
            OR (
              SELECT TRUE FROM backlog_items i
              WHERE i.project_milestone_id = m.id AND i.removed_at IS NULL AND NOT i.trashed LIMIT 1
            ) IS NULL
          )
        ORDER BY m.target_date NULLS LAST, m.sort_order, lower(m.name), m.id LIMIT %(most)s
        """,
        {**visibility.build_params(scope), "project_ids": list(project_ids), "most": _MOST_MILESTONES},
        row=Milestone,
    )


async def list_initiatives(project_ids: Sequence[str]) -> list[InitiativeMembership]:
    """Return the initiatives of projects that are shown, in Linear's order, up to 1,000 lines."""
    return await query(
        """
        SELECT o.project_id, n.id AS initiative_id, n.name AS initiative
        FROM initiative_projects o JOIN initiatives n ON n.id = o.initiative_id
        WHERE o.project_id = ANY (%(project_ids)s::text[]) AND o.removed_at IS NULL AND o.archived_at IS NULL
          AND n.removed_at IS NULL AND n.archived_at IS NULL AND NOT n.trashed
        ORDER BY n.sort_order NULLS LAST, lower(n.name), n.id LIMIT %(most)s
        """,
        {"project_ids": list(project_ids), "most": _MOST_MEMBERSHIPS},
        row=InitiativeMembership,
    )
