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


_FEW = 5_000
"""As many items of a label are asked for their teams; of a more common one, the other teams for such an item."""
# The index of labels has the default collation.
_LABELLED: LiteralString = f"""
    i.label_ids <> '{{}}' AND i.label_ids @> ARRAY[r.entity_id COLLATE "default"]
    AND i.archived_at IS NULL AND {visibility.ITEM}"""
# Lateral, as a join might read all items.
_TEAMS_OF_PROJECTS: LiteralString = f"""
    SELECT o.team_id FROM ({visibility.GROUP_PROJECTS}) r CROSS JOIN LATERAL (
      SELECT DISTINCT i.team_id FROM backlog_items i
      WHERE i.project_id = r.entity_id AND i.archived_at IS NULL AND {visibility.ITEM}
    ) o"""
_TEAMS_OF_LABELS: LiteralString = f"""
    SELECT r.entity_id, o.* FROM ({visibility.GROUP_LABELS}) r CROSS JOIN LATERAL (
      SELECT array_agg(DISTINCT i.team_id) AS team_ids, count(*) = %(most)s AS is_common
      FROM (SELECT i.team_id FROM backlog_items i WHERE {_LABELLED} LIMIT %(most)s) i
    ) o"""


async def list_teams(scope: Scope) -> list[ShownTeam]:
    """Return every team that is shown, by name; to a group only those that it sees something of."""
    return await query(
        f"""
        SELECT * FROM (
        WITH labels_teams AS MATERIALIZED ({_TEAMS_OF_LABELS})
        SELECT t.key, t.name, t.issue_estimation_type AS scale FROM teams t
        WHERE t.id IN ({visibility.TEAMS}) AND (
          %(viewer_group_ids)s::integer[] IS NULL OR t.id IN ({visibility.GROUP_TEAMS})
          OR t.id IN ({_TEAMS_OF_PROJECTS}) OR EXISTS (SELECT FROM labels_teams r WHERE t.id = ANY (r.team_ids))
          OR EXISTS (
            SELECT FROM labels_teams r
            WHERE r.is_common AND EXISTS (SELECT FROM backlog_items i WHERE i.team_id = t.id AND {_LABELLED})))
        ORDER BY lower(t.name), t.key
        ) t
        """,
        {**visibility.build_params(scope), "most": _FEW},
        row=ShownTeam,
    )


async def list_ids(transaction: Transaction) -> set[str]:
    """Return the ids of the teams that have not gone, archived ones too."""
    return {id_ for (id_,) in await transaction.query("SELECT id FROM teams WHERE removed_at IS NULL")}
