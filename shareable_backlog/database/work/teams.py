"""Read a team by its key."""

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query


class TeamFacts(Struct, frozen=True, kw_only=True):
    """What is said of a team; `description` is None also where none is shown."""

    id: str
    key: str
    name: str
    description: str | None
    shows_people: bool
    """Whether it may be told who works on what."""


async def find_team(scope: Scope, key: str) -> TeamFacts | None:
    """Return the team of this key, in any case, if it is shared; there may be nothing of it that `scope` sees."""
    found = await query(
        f"""
        SELECT t.id, t.key, t.name, {visibility.ASSIGNEES} AS shows_people,
               CASE WHEN {visibility.DESCRIPTIONS} THEN nullif(t.description, '') END AS description
        FROM teams t WHERE lower(t.key) = lower(%(key)s) AND t.id IN ({visibility.TEAMS}) LIMIT 1
        """,
        {**visibility.build_params(scope), "key": key},
        row=TeamFacts,
    )
    return found[0] if found else None
