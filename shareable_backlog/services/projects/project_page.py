"""Show one project, as one frozen page."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.projects import project_details, roadmap
from shareable_backlog.database.projects.project_details import ItemPart, ProjectDependency, ProjectDetails
from shareable_backlog.database.projects.roadmap import MOST_COUNTED, InitiativeMembership, MilestoneProgress
from shareable_backlog.database.projects.teams import ShownTeam
from shareable_backlog.services.backlog import items
from shareable_backlog.services.charts import burn_up
from shareable_backlog.services.charts.burn_up import BurnUp, PlanPart
from shareable_backlog.services.projects import names, remarks, updates
from shareable_backlog.services.projects.remarks import PlanRemarks
from shareable_backlog.services.projects.roadmap import Plan, build_plan
from shareable_backlog.services.projects.updates import UpdatesPage, UpdatesQuery
from shareable_backlog.vocabulary import WORK_FIRST

_SILENT_AFTER = timedelta(weeks=3)
_NOT_COUNTED = {"canceled", "duplicate"}


class StateCount(Struct, frozen=True, kw_only=True):
    """Count the items of a project whose state has this name, whichever of its teams calls it so.

    It `has_list` if a filter by the name finds just as many; `name` is None for items without a state.
    """

    name: str | None
    type: str | None
    color: str | None
    is_advanced: bool
    items: int
    has_list: bool


class ProjectPage(Struct, frozen=True, kw_only=True):
    """One project and what stands around it; counted are its items that are shown and not archived.

    `items` is None, and there are no `states`, for more than 10,000 of them. It `has_own_list` if a filter by its
    name finds its items alone; so have the milestones of `listed_steps`, by their ids. It is silent if nothing
    was written about it for `silent_weeks`.
    `mentioned` has the titles of items that the texts name and that may be shown, by their identifiers.
    """

    project: ProjectDetails
    plan: Plan
    items: int | None
    states: Sequence[StateCount]
    teams: Sequence[ShownTeam]
    initiatives: Sequence[InitiativeMembership]
    has_own_list: bool
    listed_steps: frozenset[str]
    blocked_by: Sequence[ProjectDependency]
    blocks: Sequence[ProjectDependency]
    silent_weeks: int | None
    burn_up: BurnUp | None
    updates: UpdatesPage
    remarks: PlanRemarks
    mentioned: Mapping[str, str]


async def read_page(
    scope: Scope, project: ProjectDetails, after: tuple[datetime, str] | None, *, today: date, now: datetime
) -> ProjectPage:
    """Return the page of a project that is shown, with its updates from after the position `after`."""
    parts = await project_details.count_items(scope, project.id, MOST_COUNTED + 1)
    steps = await roadmap.list_milestones(scope, [project.id])
    depends = await project_details.list_dependencies(scope, project.id)
    written = await updates.list_updates(scope, UpdatesQuery(project_id=project.id), after)
    said = await remarks.read_remarks(scope, "project", project.id, [one.id for one in written.updates])
    has_own_list = names.has_own_list(project)
    total = sum(one.items for one in parts)
    texts = [project.content, *(one.body for one in written.updates), *said.texts]
    return ProjectPage(
        project=project,
        plan=build_plan(project, steps, _count_milestones(project.id, parts), today),
        items=total if total <= MOST_COUNTED else None,
        states=_count_states(parts, has_own_list=has_own_list) if total <= MOST_COUNTED else (),
        teams=_list_teams(parts),
        initiatives=await roadmap.list_initiatives([project.id]),
        has_own_list=has_own_list,
        listed_steps=_list_steps([(one.id, one.name) for one in steps]) if has_own_list else frozenset(),
        blocked_by=[one for one in depends if not _is_blocked(one)],
        blocks=[one for one in depends if _is_blocked(one)],
        silent_weeks=_count_silent_weeks(project, now),
        burn_up=await burn_up.read_burn_up(scope, PlanPart("project", project.id), today) if after is None else None,
        updates=written,
        remarks=said,
        mentioned=await items.list_mentioned(scope, texts),
    )


def _count_milestones(project_id: str, parts: Sequence[ItemPart]) -> list[MilestoneProgress]:
    """Return the parts as the roadmap counts: what is canceled is neither done nor to be done."""
    return [
        MilestoneProgress(
            project_id, one.milestone_id, one.items, one.items if one.type == "completed" else 0, one.points
        )
        for one in parts
        if one.type not in _NOT_COUNTED
    ]


def _count_states(parts: Sequence[ItemPart], *, has_own_list: bool) -> list[StateCount]:
    """Return how many items have states of each name, what is being worked on first."""
    alike: dict[str | None, list[ItemPart]] = {}
    for one in parts:
        alike.setdefault(one.state and one.state.lower(), []).append(one)
    counts = [
        StateCount(
            name=some[0].state,
            type=some[0].type,
            color=some[0].color,
            is_advanced=some[0].is_advanced,
            items=sum(one.items for one in some),
            has_list=has_own_list and (some[0].state is None or names.is_kept("state", some[0].state)),
        )
        for some in alike.values()
    ]
    return sorted(counts, key=lambda one: next((n for n, type_ in enumerate(WORK_FIRST) if type_ == one.type), 99))


def _list_teams(parts: Sequence[ItemPart]) -> list[ShownTeam]:
    teams = {one.team_key: one.team for one in parts if one.team_key and one.team}
    return [ShownTeam(key, name) for key, name in sorted(teams.items(), key=lambda one: (one[1].lower(), one[0]))]


def _list_steps(steps: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Return the ids of those that a filter by their name, in any case, tells from the others of the project."""
    lowered = [name.lower() for _, name in steps]
    return frozenset(
        id_ for id_, name in steps if lowered.count(name.lower()) == 1 and names.is_kept("milestone", name)
    )


def _is_blocked(other: ProjectDependency) -> bool:
    """Return whether the other project waits for this one.

    As in Linear's own timeline the source comes first, unless its start is said to hang on the other's end.
    """
    is_turned = (other.anchor_type, other.related_anchor_type) == ("start", "end")
    return other.is_source != is_turned


def _count_silent_weeks(project: ProjectDetails, now: datetime) -> int | None:
    """Return for how many weeks nothing was written about what is under way, if that is unusual for it."""
    if project.status_type != "started" or project.last_update_at is None or not project.shows_updates:
        return None
    silence = now - project.last_update_at
    usual = max(_SILENT_AFTER, 2 * (project.update_gap or timedelta()))
    return silence.days // 7 if silence >= usual else None
