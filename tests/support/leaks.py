"""Hunt for secrets in all that the suite makes the program say: answers, logs, output, and what it stores.

The secrets that tests give to the program are marked here; `hunt` is called wherever the suite gets hold of something
that the program said, so that every test is a part of the hunt.
"""

import psycopg

from tests.support.signed_in import PERSONAS, SECRET_KEY, token

LINEAR_KEY = "lin_api_0fake0key0of0the0tests0"

_marked: set[str] = {SECRET_KEY, LINEAR_KEY, *map(token, PERSONAS)}

# All that is written for people to read, or that a backup carries away.
_STORED = """
    SELECT 'audit_logs', string_agg(row_to_json(t)::text, E'\\n') FROM audit_logs t
    UNION ALL SELECT 'sync_history', string_agg(row_to_json(t)::text, E'\\n') FROM sync_history t
    UNION ALL SELECT 'sessions', string_agg(row_to_json(t)::text, E'\\n') FROM sessions t
    UNION ALL SELECT 'sign_in_links', string_agg(row_to_json(t)::text, E'\\n') FROM sign_in_links t
    UNION ALL SELECT 'outgoing_mails', string_agg(row_to_json(t)::text, E'\\n') FROM outgoing_mails t
    UNION ALL SELECT 'users', string_agg(row_to_json(t)::text, E'\\n') FROM users t
"""


def mark(secret: str) -> str:
    """Add a secret to the hunt, and give it."""
    _marked.add(secret)
    return secret


def hunt(text: str, where: str) -> None:
    """Fail if a marked secret stands in `text`, without showing it again."""
    found = [f"{secret[:6]}…" for secret in _marked if secret in text]
    assert not found, f"{where} gives a secret away: {', '.join(found)}"


def hunt_stored(conninfo: str) -> None:
    """Fail if a migrated database holds a marked secret in what people read; others are left alone."""
    with psycopg.connect(conninfo) as connection:
        try:
            rows = connection.execute(_STORED).fetchall()
        except psycopg.errors.UndefinedTable:
            return
    for table, text in rows:
        hunt(text or "", f"The table {table}")
