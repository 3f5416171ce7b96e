"""Read a team: what it works on now, what comes next, what it did last; its cycles, its projects, its people."""

from collections.abc import Sequence

from msgspec import Struct

from shareable_backlog.database.work import cycles, teams
from shareable_backlog.database.work.cycles import NearCycle
from shareable_backlog.database.work.teams import TeamFacts
from shareable_backlog.errors import NotFound
from shareable_backlog.services.work import sections
from shareable_backlog.services.work.sections import (
    Condition,
    Filters,
    ListedItem,
    Plan,
    WorkPhases,
    WorkReader,
    WorkSection,
)

_NOT_THERE = "There is no team by that name, or you may not see it. Look for it among the filters."
_FIRST_OF_PERSON = 3
_MOST_LOOKED_AT = 200


class TeamCycles(Struct, frozen=True):
    """The cycles of a team that have something to see: the one under way, the next, and the last that is over."""

    current: NearCycle | None
    following: NearCycle | None
    previous: NearCycle | None


class PersonSection(Struct, frozen=True):
    """What somebody has started, or nobody (None): `filters` leave just these, of which the first stand here.

    `count` is None where not all that is started was looked at.
    """

    name: str | None
    filters: Filters
    count: int | None
    items: Sequence[ListedItem]


class TeamPage(Struct, frozen=True, kw_only=True):
    """A team and its work; `people` are None where they are not shown."""

    team: TeamFacts
    phases: WorkPhases
    cycles: TeamCycles
    projects: Sequence[Plan]
    people: Sequence[PersonSection] | None


async def find_team(reader: WorkReader, key: str) -> TeamFacts:
    """Return the team of this key, of which there may be nothing to see. Raises NotFound."""
    found = await teams.find_team(reader.scope, key)
    if found is None:
        raise NotFound(_NOT_THERE)
    return found


async def read_team_page(reader: WorkReader, team: TeamFacts) -> TeamPage:
    """Return the page of a team. Raises NotFound where nothing of it is shown."""
    all_ = Filters((Condition("team", (team.key,)),))
    await sections.require_items(reader, all_, _NOT_THERE)
    phases = await sections.read_phases(reader, all_)
    return TeamPage(
        team=team,
        phases=phases,
        cycles=await _read_cycles(reader, team.id),
        projects=await sections.list_projects(reader, all_),
        people=await _read_people(reader, phases.started) if team.shows_people else None,
    )


async def _read_people(reader: WorkReader, started: WorkSection) -> Sequence[PersonSection]:
    """Return who works on what of the first 200 items, in the order of names, and what nobody does last."""
    first = await sections.read_section(reader, started.filters, _MOST_LOOKED_AT)
    of_name: dict[str | None, list[ListedItem]] = {}
    for one in first.items:
        of_name.setdefault(one.assignee, []).append(one)
    is_all = first.total.count == len(first.items)
    return [
        PersonSection(
            name,
            sections.narrow(started.filters, Condition("assignee", (name,) if name else (), with_none=not name)),
            len(items) if is_all else None,
            items[:_FIRST_OF_PERSON],
        )
        for name, items in sorted(of_name.items(), key=lambda one: (one[0] is None, (one[0] or "").lower()))
    ]


async def _read_cycles(reader: WorkReader, team_id: str) -> TeamCycles:
    last = await cycles.find_latest(reader.scope, team_id, reader.now)
    following = await cycles.find_after(reader.scope, team_id, reader.now)
    if last is None or last.ends_at <= reader.now:
        return TeamCycles(None, following, last)
    return TeamCycles(last, following, await cycles.find_before(reader.scope, team_id, last.starts_at))
