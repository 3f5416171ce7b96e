"""Compare the mirror with the file that is imported into it."""

from collections.abc import Sequence

from shareable_backlog.database.connection.transaction import Transaction


async def list_missing_items(
    transaction: Transaction, team_ids: Sequence[str], identifiers: Sequence[str]
) -> list[tuple[str, str]]:
    """Return id and identifier of the items of these teams that are shown and not among these, by identifier."""
    return await transaction.query(
        """
        SELECT id, identifier FROM backlog_items
        WHERE removed_at IS NULL AND team_id = ANY (%(team_ids)s) AND NOT identifier = ANY (%(identifiers)s)
        ORDER BY identifier
        """,
        {"team_ids": list(team_ids), "identifiers": list(identifiers)},
    )
