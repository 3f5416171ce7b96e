"""Read the teams."""

from typing import LiteralString

from msgspec import Struct

from shareable_backlog.database.access.sharing import Scope
from shareable_backlog.database.backlog import visibility
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.connection.transaction import Transaction


class ShownTeam(Struct, frozen=True):
    """What a filter says of a team; `scale` is Linear's, by which it estimates."""

    key: str
    name: str
    scale: str | None = None


# Each is looked up in its index, as a join might read all items; that of the labels has the default collation.
_OF_GROUPS_ITEMS: LiteralString = f"""
    SELECT o.team_id FROM ({visibility.GROUP_PROJECTS}) r
    CROSS JOIN LATERAL (
      SELECT DISTINCT i.team_id FROM backlog_items i
      WHERE i.project_id = r.entity_id AND i.archived_at IS NULL AND {visibility.ITEM}
    ) o
    UNION ALL
    SELECT o.team_id FROM ({visibility.GROUP_LABELS}) r
    CROSS JOIN LATERAL (
      SELECT DISTINCT i.team_id FROM backlog_items i
      WHERE i.label_ids <> '{{}}' AND i.label_ids @> ARRAY[r.entity_id COLLATE "default"]
        AND i.archived_at IS NULL AND {visibility.ITEM}
    ) o
"""


async def list_teams(scope: Scope) -> list[ShownTeam]:
    """Return every team that is shown, by name; to a group only those that it sees something of."""
    return await query(
        f"""
        SELECT t.key, t.name, t.issue_estimation_type AS scale FROM teams t
        WHERE t.id IN ({visibility.TEAMS})
          AND (%(viewer_group_ids)s::integer[] IS NULL
               OR t.id IN ({visibility.GROUP_TEAMS}) OR t.id IN ({_OF_GROUPS_ITEMS}))
        ORDER BY lower(t.name), t.key
        """,
        visibility.build_params(scope),
        row=ShownTeam,
    )


async def list_ids(transaction: Transaction) -> set[str]:
    """Return the ids of the teams that have not gone, archived ones too."""
    return {id_ for (id_,) in await transaction.query("SELECT id FROM teams WHERE removed_at IS NULL")}
