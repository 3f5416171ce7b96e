"""Find indexes that a broken-off CREATE INDEX CONCURRENTLY left behind: kept up to date, and read by nobody."""

from collections.abc import Sequence
from typing import LiteralString

from shareable_backlog.database.migrate import ledger

# One that is being built just now is not valid either, yet.
SELECT_INVALID: LiteralString = """
SELECT c.relname FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
WHERE NOT x.indisvalid AND c.relnamespace = to_regnamespace('public')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index AS p WHERE p.index_relid = x.indexrelid)
ORDER BY 1
"""


def list_invalid_indexes(conninfo: str) -> list[str]:
    """Return the names of the invalid indexes; changes nothing. Raises DatabaseUnavailable."""
    with ledger.open_for_reading(conninfo) as connection:
        return [name for (name,) in connection.execute(SELECT_INVALID).fetchall()]


def describe_invalid(names: Sequence[str]) -> str | None:
    """Say in plain words which indexes are not valid, and the fix; None when all are."""
    if not names:
        return None
    fixes = " ".join(f'REINDEX INDEX CONCURRENTLY public."{name}";' for name in names)
    return (
        f"Not valid, as CREATE INDEX CONCURRENTLY was broken off, and so of no use: {', '.join(names)}."
        f" As the owner of the tables run {fixes}"
    )
