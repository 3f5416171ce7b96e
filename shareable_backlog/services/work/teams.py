"""Read a team: what it works on now, what comes next, what it did last; its cycles, its projects, its people."""

from collections.abc import Sequence
from dataclasses import dataclass

from shareable_backlog.database.work import cycles, teams
from shareable_backlog.database.work.cycles import NearCycle
from shareable_backlog.database.work.teams import TeamFacts
from shareable_backlog.errors import NotFound
from shareable_backlog.services.work import sections
from shareable_backlog.services.work.sections import Condition, Filters, GroupedSection, Plan, WorkPhases, WorkReader

_FIRST_OF_PERSON = 3


@dataclass(frozen=True, slots=True)
class TeamCycles:
    """The cycles of a team that have something to see: the one under way, the next, and the last that is over."""

    current: NearCycle | None
    following: NearCycle | None
    previous: NearCycle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPage:
    """A team and its work; `people` have what is started of each, and are None where they are not shown."""

    team: TeamFacts
    phases: WorkPhases
    cycles: TeamCycles
    projects: Sequence[Plan]
    people: GroupedSection | None


async def find_team(reader: WorkReader, key: str) -> TeamFacts:
    """Return the team of this key, of which there may be nothing to see. Raises NotFound."""
    found = await teams.find_team(reader.scope, key)
    if found is None:
        raise NotFound("There is no team by that name, or you may not see it. Look for it among the filters.")
    return found


async def read_team_page(reader: WorkReader, team: TeamFacts) -> TeamPage:
    """Return the page of a team. Raises NotFound where nothing of it is shown."""
    all_ = Filters((Condition("team", (team.key,)),))
    await sections.require_items(reader, all_)
    phases = await sections.read_phases(reader, all_)
    people = None
    if team.shows_people:
        people = await sections.read_groups(reader, phases.started.filters, "assignee", first=_FIRST_OF_PERSON)
    return TeamPage(
        team=team,
        phases=phases,
        cycles=await _read_cycles(reader, team.id),
        projects=await sections.list_projects(reader, all_),
        people=people,
    )


async def _read_cycles(reader: WorkReader, team_id: str) -> TeamCycles:
    last = await cycles.find_before(reader.scope, team_id, reader.now)
    following = await cycles.find_after(reader.scope, team_id, reader.now)
    if last is None or last.ends_at <= reader.now:
        return TeamCycles(None, following, last)
    return TeamCycles(last, following, await cycles.find_before(reader.scope, team_id, last.starts_at))
