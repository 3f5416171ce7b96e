"""Read a live database's tables, as plain text that can be compared."""

import psycopg

_COLUMNS = """
SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(CASE WHEN a.attgenerated = '' THEN ' default ' || pg_get_expr(d.adbin, d.adrelid) END, '')
FROM pg_attribute AS a
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_CONSTRAINTS = """
SELECT conname || ': ' || pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype NOT IN ('n', 't') ORDER BY conname
"""
_INDEXES = """
SELECT c.relname || ': ' || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass ORDER BY c.relname
"""
_TABLES = """
SELECT relname::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


def tables(conninfo: str) -> list[str]:
    """Return the names of all tables, the ledger of migrations among them."""
    with psycopg.connect(conninfo) as connection:
        return [name for (name,) in connection.execute(_TABLES)]


def columns(conninfo: str, table: str) -> list[str]:
    """Return lines such as `email character varying(255) not null`, in the table's order."""
    with psycopg.connect(conninfo) as connection:
        return [line for (line,) in connection.execute(_COLUMNS, [table])]


def constraints(conninfo: str, table: str) -> dict[str, str]:
    """Return each constraint's definition by its name; NOT NULL stands with the columns."""
    with psycopg.connect(conninfo) as connection:
        lines = [line for (line,) in connection.execute(_CONSTRAINTS, [table])]
    return dict(line.split(": ", 1) for line in lines)


def indexes(conninfo: str, table: str) -> dict[str, str]:
    """Return each index's method, columns and condition by its name, those of constraints included."""
    with psycopg.connect(conninfo) as connection:
        lines = [line for (line,) in connection.execute(_INDEXES, [table])]
    return dict(line.split(": ", 1) for line in lines)


Description = tuple[list[str], dict[str, str], dict[str, str]]


def describe_tables(conninfo: str) -> dict[str, Description]:
    """Return columns, constraints and indexes of every table but the ledger."""
    return {
        table: (columns(conninfo, table), constraints(conninfo, table), indexes(conninfo, table))
        for table in tables(conninfo)
        if table != "pgmigrations"
    }
