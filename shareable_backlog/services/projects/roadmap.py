"""Show the roadmap: projects with their milestones and progress, as one frozen page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import roadmap, teams, waiting
from shareable_backlog.database.projects.roadmap import (
    MOST_COUNTED,
    STATUS_TYPES,
    InitiativeMembership,
    Milestone,
    MilestoneProgress,
    PlannedProject,
)
from shareable_backlog.database.projects.teams import ShownTeam
from shareable_backlog.database.projects.waiting import AwaitedProject
from shareable_backlog.services.projects import plan_dates

PAGE_SIZE = 100
_OLD_AFTER = timedelta(days=14)


class ItemCount(Struct, frozen=True):
    """Count items that are not canceled, and those of them that are done; `points` of all are None without any."""

    items: int
    done: int
    points: float | None = None

    @property
    def share(self) -> float | None:
        """Return how much is done, 0 to 1; None without any item."""
        return self.done / self.items if self.items else None


class Step(Struct, frozen=True):
    """A milestone; `count` is None when its project has too many items to count."""

    milestone: Milestone
    count: ItemCount | None
    is_late: bool


class Plan(Struct, frozen=True, kw_only=True):
    """A project with its milestones by target date.

    `status` is one of STATUS_TYPES, None when it is none of them; `count` is None when it has more than 1,000 items.
    It runs from `first_day` to `last_day`, and `is_late` once that has passed while it is neither completed nor
    canceled; a milestone is late while something of it is open in a project that goes on. Its health is old when
    nothing was written about it for two weeks, and for twice as long as usual.
    """

    project: PlannedProject
    status: str | None
    count: ItemCount | None
    first_day: date | None
    last_day: date | None
    is_late: bool
    is_health_old: bool
    steps: list[Step]


class RoadmapPage(Struct, frozen=True, kw_only=True):
    """One page of the roadmap; `initiatives` only if they were asked for: names, and their projects' ids.

    `words` are those by which addresses name initiatives, by their names; `awaited` has what projects wait for, by
    their ids.
    """

    plans: list[Plan]
    initiatives: list[tuple[str, set[str]]]
    words: Mapping[str, str]
    awaited: Mapping[str, Sequence[AwaitedProject]]
    has_more: bool
    teams: list[ShownTeam]


async def list_plans(
    scope: Scope,
    *,
    team_key: str | None,
    status_type: str | None,
    number: int,
    by_initiative: bool,
    today: date,
    ids: Sequence[str] | None = None,
) -> RoadmapPage:
    """Return page `number` (from 1) of 100 projects; None leaves a filter out."""
    found = await roadmap.list_projects(
        scope,
        team_key=team_key,
        status_type=status_type,
        skip=(number - 1) * PAGE_SIZE,
        limit=PAGE_SIZE + 1,
        ids=ids,
    )
    projects = found[:PAGE_SIZE]
    ids = [project.id for project in projects]
    parts = await roadmap.list_initiatives(ids) if by_initiative else []
    return RoadmapPage(
        plans=await _build_plans(scope, projects, today),
        initiatives=_group_parts(parts),
        words={one.initiative: one.word for one in parts},
        awaited=_group_awaited(await waiting.list_awaited(scope, ids)),
        has_more=len(found) > PAGE_SIZE,
        teams=await teams.list_teams(scope),
    )


async def list_chosen_plans(
    scope: Scope, ids: Sequence[str], today: date, most: int = MOST_COUNTED
) -> Sequence[Plan]:
    """Return those of some projects that are shown, in the order of the roadmap; of each `most` items are counted."""
    found = await roadmap.list_projects(scope, team_key=None, status_type=None, skip=0, limit=len(ids), ids=ids)
    return await _build_plans(scope, found, today, most)


async def _build_plans(
    scope: Scope, projects: Sequence[PlannedProject], today: date, most: int = MOST_COUNTED
) -> list[Plan]:
    ids = [project.id for project in projects]
    milestones, progress = await roadmap.list_milestones(scope, ids), await roadmap.count_progress(scope, ids, most)
    return [
        build_plan(
            project,
            [one for one in milestones if one.project_id == project.id],
            [one for one in progress if one.project_id == project.id],
            today,
            most,
        )
        for project in projects
    ]


def _group_awaited(found: Sequence[AwaitedProject]) -> Mapping[str, Sequence[AwaitedProject]]:
    awaited: dict[str, list[AwaitedProject]] = {}
    for one in found:
        awaited.setdefault(one.waiting_id, []).append(one)
    return awaited


def _group_parts(parts: Sequence[InitiativeMembership]) -> list[tuple[str, set[str]]]:
    found: dict[str, tuple[str, set[str]]] = {}
    for one in parts:
        found.setdefault(one.initiative_id, (one.initiative, set()))[1].add(one.project_id)
    return list(found.values())


def build_plan(
    project: PlannedProject,
    milestones: Sequence[Milestone],
    counted: Sequence[MilestoneProgress],
    today: date,
    most: int = MOST_COUNTED,
) -> Plan:
    """Return a project as a plan, with its own milestones, and what it has of items by milestone, up to `most`."""
    count = _sum_counts(counted, most)
    status = project.status_type if project.status_type in STATUS_TYPES else None
    is_over = status in ("completed", "canceled")

    def build_step(milestone: Milestone) -> Step:
        own = count and _sum_counts((one for one in counted if one.milestone_id == milestone.id), most)
        is_open = own is not None and own.done < own.items
        return Step(milestone, own, is_open and not is_over and _has_passed(milestone.target_date, today))

    start, target = project.start_date, project.target_date
    last_day = target and plan_dates.compute_last_day(target, project.target_date_resolution)
    return Plan(
        project=project,
        status=status,
        count=count,
        first_day=start and plan_dates.compute_first_day(start, project.start_date_resolution),
        last_day=last_day,
        is_late=not is_over and _has_passed(last_day, today),
        is_health_old=not is_over and is_health_old(project.health_updated_at, project.update_gap, today),
        steps=[build_step(milestone) for milestone in milestones],
    )


def is_health_old(updated_at: datetime | None, update_gap: timedelta | None, today: date) -> bool:
    """Return whether nothing was written about a health for two weeks, and for twice as long as usual."""
    if updated_at is None:
        return False
    return today - updated_at.date() > max(_OLD_AFTER, 2 * (update_gap or timedelta()))


def _sum_counts(counted: Iterable[MilestoneProgress], most: int) -> ItemCount | None:
    """Return the sum, or None when it is more than the `most` that are counted."""
    parts = list(counted)
    items = sum(one.items for one in parts)
    points = [one.points for one in parts if one.points is not None]
    if items > most:
        return None
    return ItemCount(items, sum(one.done for one in parts), sum(points) if points else None)


def _has_passed(target: date | None, today: date) -> bool:
    return target is not None and target < today
