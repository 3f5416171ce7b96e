"""Find which tables, and which rights to them, the program's role lacks."""

import re
from collections.abc import Iterable

from shareable_backlog.database.connection import faults, schema_use
from shareable_backlog.database.connection.query import query
from shareable_backlog.database.migrate import Migration

_STATEMENT = re.compile(r"^(CREATE|DROP) TABLE (?:IF (?:NOT )?EXISTS )?(\w+)", re.MULTILINE)
_MOST_NAMED = 5
# What the record, the ledger and what an owner does with indexes ask of the program is less (`grants.py`).
_READ_ONLY = ["audit_logs", "audit_seals", "unsealed_audit_logs", "public.pgmigrations", "set_aside_indexes"]


def list_tables(migrations: Iterable[Migration]) -> list[str]:
    """Return the tables that are there once all `migrations` are applied."""
    tables: dict[str, None] = {}
    for migration in migrations:
        for verb, name in _STATEMENT.findall(migration.up.text):
            if verb == "CREATE":
                tables[name] = None
            else:
                tables.pop(name, None)
    return list(tables)


async def describe_unusable() -> str | None:
    """Say in plain words why nothing in the database is of use to the role, and the fix; None when something is."""
    [(encoding, role, is_open, search_path)] = await query(schema_use.SELECT_USE)
    return faults.describe_encoding(encoding) or schema_use.describe_use(role, search_path, is_open=is_open)


async def describe_lack(tables: list[str]) -> str | None:
    """Say in plain words which of `tables` or rights to them the role lacks, and the fix; None when it has all."""
    found = await query(
        """
        SELECT current_user::text, coalesce(current_setting('search_path'), ''), array_agg(t.name ORDER BY t.name)
                 FILTER (WHERE t.oid IS NULL),
               array_agg(r.name || ' on ' || t.name ORDER BY t.name, r.name) FILTER (
                 WHERE NOT has_table_privilege(t.oid, r.name) AND (r.name = 'SELECT' OR t.name <> ALL (%(read_only)s))
               )
        FROM (SELECT name, to_regclass(name) AS oid FROM unnest(%(tables)s::text[]) AS name) AS t
        CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS r (name)
        """,
        {"tables": tables, "read_only": _READ_ONLY},
    )
    [(role, search_path, missing, lacking)] = found
    if missing:
        names = list(dict.fromkeys(missing))
        return (
            f"The database has no table {_join(names)} where its role looks (search_path {search_path}), though its"
            " migrations were applied: restore a backup, or let the role look where the tables are."
        )
    if lacking:
        return schema_use.describe_lacking(role, _join(lacking))
    return None


def _join(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
