"""Write to the audit log as any hand does, and look whether its rows are chained, by the database's own hashes."""

import psycopg
from psycopg.rows import TupleRow

_CHAINED = """
    SELECT bool_and(is_right) FROM (
        SELECT position = row_number() OVER chain
               AND hash = audit_log_hash(coalesce(lag(hash) OVER chain, ''), entry) AS is_right
        FROM audit_logs AS entry WINDOW chain AS (ORDER BY position)
    ) AS checked
"""


def add(connection: psycopg.Connection[TupleRow], user_id: int | None = 1, action: str = "item.viewed") -> None:
    connection.execute("INSERT INTO audit_logs (user_id, action) VALUES (%s, %s)", [user_id, action])


def is_chained(conninfo: str) -> bool:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(_CHAINED).fetchone()
        head = connection.execute(
            "SELECT h.position = max(a.position), h.hash = (array_agg(a.hash ORDER BY a.position DESC))[1]"
            " FROM audit_chain_heads h, audit_logs a GROUP BY h.position, h.hash"
        ).fetchone()
    return row == (True,) and head == (True, True)
