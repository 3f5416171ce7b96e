"""Give what items are sorted into: teams, and the projects and labels of items that are shown."""

from collections.abc import Sequence

from shareable_backlog.database import overview
from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import filter_options
from shareable_backlog.database.backlog.filter_options import NamedCycle, Options
from shareable_backlog.database.backlog.filters import Filters
from shareable_backlog.database.projects import labels, projects, teams
from shareable_backlog.database.projects.labels import ShownLabel
from shareable_backlog.database.projects.projects import ShownProject
from shareable_backlog.database.projects.teams import ShownTeam


async def list_teams(scope: Scope) -> list[ShownTeam]:
    """Return every team that is shown, by name."""
    return await teams.list_teams(scope)


def find_scale(shown: Sequence[ShownTeam], filters: Filters) -> str | None:
    """Return the scale by which those of the `shown` teams that are asked for estimate; None for several or none."""
    teams_left = list(shown)
    for one in filters.conditions:
        if one.field == "team":
            keys = {value.lower() for value in one.values}
            teams_left = [team for team in teams_left if (team.key.lower() in keys) is not one.is_not]
    scales = {team.scale for team in teams_left} - {"notUsed"}
    return scales.pop() if len(scales) == 1 else None


async def list_projects(scope: Scope, after_id: str | None, limit: int) -> tuple[list[ShownProject], str | None]:
    """Return up to `limit` projects by id from after `after_id`, and the id after which others follow."""
    found = await projects.list_projects(scope, after_id, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def list_labels(scope: Scope, after_id: str | None, limit: int) -> tuple[list[ShownLabel], str | None]:
    """Return up to `limit` labels by id from after `after_id`, and the id after which others follow."""
    found = await labels.list_labels(scope, after_id, limit + 1)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def count_mirrored() -> tuple[int, int]:
    """Return how many items and projects there are in the mirror, shown or not, for an admin of an empty page."""
    return await overview.count_mirrored()


async def list_options(scope: Scope) -> Options:
    """Return the names by which the backlog can be narrowed."""
    return await filter_options.list_options(scope)


async def list_named_cycles(scope: Scope, numbers: Sequence[str]) -> list[NamedCycle]:
    """Return what the teams that are shown call the cycles of these numbers, and when they are."""
    return await filter_options.list_named_cycles(scope, numbers)
