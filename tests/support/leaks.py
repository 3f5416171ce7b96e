"""Hunt for secrets in all that the suite makes the program say: answers, logs, output, and what it stores.

The secrets that tests give to the program are marked here; `hunt` is called wherever the suite gets hold of something
that the program said, so that every test is a part of the hunt.
"""

import psycopg

from tests.support.signed_in import PERSONAS, SECRET_KEY, token

LINEAR_KEY = "lin_api_0fake0key0of0the0tests0"

_marked: set[str] = {SECRET_KEY, LINEAR_KEY, *map(token, PERSONAS)}
_AROUND = 60

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
    """Add a secret to the hunt, and return it."""
    _marked.add(secret)
    return secret


def find(text: str, where: str) -> str | None:
    """Return in words which marked secrets stand in `text`, and where, without showing them; None if none does."""
    found = [secret for secret in _marked if secret in text]
    if not found:
        return None
    place = next(line for line in text.splitlines() if any(secret in line for secret in found))
    for secret in sorted(_marked, key=len, reverse=True):
        place = place.replace(secret, f"{secret[:6]}…")
    first = min(place.index(f"{secret[:6]}…") for secret in found if f"{secret[:6]}…" in place)
    shown = place[max(0, first - _AROUND) : first + _AROUND].strip()
    return f"{where} gives a secret away: {', '.join(f'{secret[:6]}…' for secret in found)}, in: {shown}"


def hunt(text: str, where: str) -> None:
    """Fail if a marked secret stands in `text`, without showing it again, unless the test has failed already."""
    found = None if _Hunt.is_over else find(text, where)
    assert found is None, found


def begin() -> None:
    """Hunt from now on: a test begins."""
    _Hunt.is_over = False


def end() -> None:
    """Hunt no more: the test that runs has failed, and what it leaves behind must not hide why."""
    _Hunt.is_over = True


def is_over() -> bool:
    """Return whether the test that runs has failed already."""
    return _Hunt.is_over


class _Hunt:
    is_over = False


def hunt_stored(conninfo: str) -> None:
    """Fail if a migrated database holds a marked secret in what people read; others are left alone."""
    with psycopg.connect(conninfo) as connection:
        try:
            rows = connection.execute(_STORED).fetchall()
        except psycopg.errors.UndefinedTable:
            return
    for table, text in rows:
        hunt(text or "", f"The table {table}")
