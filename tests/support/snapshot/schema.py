"""Write a database's schema as text, from the catalogue alone."""

import psycopg

_LISTS = {
    "tables": """
        SELECT relname, relkind, relpersistence FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i' ORDER BY relname
    """,
    "columns": """
        SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
               a.attgenerated, l.collname, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY c.relname, a.attnum
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
    "statistics": "SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext ORDER BY stxname",
    "triggers": """
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal ORDER BY c.relname, t.tgname
    """,
    "functions": """
        SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname
    """,
    "rights": """
        SELECT relname, relacl::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relacl IS NOT NULL ORDER BY relname
    """,
    "migrations": "SELECT id, name FROM pgmigrations ORDER BY id",
}


def describe(conninfo: str) -> str:
    """Return all that the catalogue says of the schema `public`."""
    with psycopg.connect(conninfo) as connection:
        parts: list[str] = []
        for name, sql in _LISTS.items():
            rows = connection.execute(sql.encode()).fetchall()
            parts += [f"== {name}\n", *(" | ".join(map(str, row)) + "\n" for row in rows)]
    return "".join(parts)
