"""Read the teams."""

from dataclasses import dataclass

from shareable_backlog.database.query import query
from shareable_backlog.database.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ShownTeam:
    """Hold what a filter says of a team."""

    key: str
    name: str


async def listed() -> list[ShownTeam]:
    """Give every team that is neither archived nor gone, by name."""
    return await query(
        "SELECT key, name FROM teams WHERE removed_at IS NULL AND archived_at IS NULL ORDER BY lower(name), key",
        row=ShownTeam,
    )


async def ids(transaction: Transaction) -> set[str]:
    """Give the ids of the teams that have not gone, archived ones too."""
    return {id_ for (id_,) in await transaction.query("SELECT id FROM teams WHERE removed_at IS NULL")}
