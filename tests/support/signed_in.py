"""Let the personas in without the ways in, for tests of what comes after."""

import hashlib
from urllib.parse import urlsplit

import psycopg
from starlette.types import ASGIApp, Receive, Scope, Send

from shareable_backlog.services.access import page_users
from shareable_backlog.services.access.page_users import PageUser
from shareable_backlog.services.access.sessions import SessionLimits
from tests.support.database import lending

SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"

# Mail address, admin, approved, disabled.
PERSONAS = {
    "alice": ("alice@example.com", True, True, False),
    "bob": ("bob@example.com", False, True, False),
    "carol": ("carol@example.com", False, False, False),
    "dora": ("dora@example.com", False, True, True),
    "edgar": ("edgar@example.com", False, False, True),
    "erin": ("erin@example.com", False, True, False),
}

_LET_IN = """
    WITH given AS (
      SELECT * FROM unnest(%s::text[], %s::text[], %s::boolean[], %s::boolean[], %s::boolean[], %s::bytea[])
        AS given (persona, email, is_admin, is_approved, is_disabled, token_hash)
    ), added AS (
      INSERT INTO users (email, is_admin, is_approved, is_disabled, approved_at, sees_everything, vouched_at)
      SELECT email, is_admin, is_approved, is_disabled, CASE WHEN is_approved THEN now() END,
        is_approved AND persona <> 'erin', now()
      FROM given
      ON CONFLICT (email) DO UPDATE SET is_admin = excluded.is_admin, is_approved = excluded.is_approved,
        is_disabled = excluded.is_disabled, approved_at = excluded.approved_at, access_until = NULL,
        sees_everything = excluded.sees_everything, vouched_at = excluded.vouched_at
      RETURNING id, email
    ), opened AS (
      INSERT INTO sessions (token_hash, user_id, method)
      SELECT token_hash, id, 'link' FROM given JOIN added USING (email)
      ON CONFLICT (token_hash) DO UPDATE SET viewing_as_user_id = NULL, created_at = now()
    )
    SELECT persona, id FROM given JOIN added USING (email)
"""


def token(persona: str) -> str:
    """Return the token of a persona's session."""
    return f"session-of-{persona}-0123456789"


def cookies(persona: str, *, base_url: str = "http://localhost") -> dict[str, str]:
    """Return the cookies of a persona's browser for a site at `base_url`."""
    parts = urlsplit(base_url)
    prefix = "" if parts.scheme == "http" else "__Secure-" if parts.path else "__Host-"
    return {f"{prefix}slb_session": token(persona)}


def csrf(persona: str) -> str:
    """Return what a form of this persona's browser carries."""
    return hashlib.sha256(b"csrf " + token(persona).encode()).hexdigest()


async def read_page_user(persona: str) -> PageUser:
    """Return the persona as their session finds them, for tests that have the database open."""
    found = await page_users.find_page_user(token(persona), SessionLimits(1, 1))
    assert found
    return found


def let_in(conninfo: str, *personas: str) -> dict[str, int]:
    """Add the personas, alice (admin) and bob (viewer) unless others are named, with a session each; give their ids.

    Whoever is approved sees everything that is shown, but for erin: she is in a group that sees nothing. carol is
    pending; dora is disabled and edgar declined, so that their sessions are good for nothing. Whoever is there
    already is as new.
    """
    with lending.write_to(conninfo) as connection:
        return let_in_by(connection, *personas)


def let_in_by(connection: psycopg.Connection, *personas: str) -> dict[str, int]:
    """Do the same by a connection that is there already."""
    given = [(persona, *PERSONAS[persona], _hash_token(persona)) for persona in personas or ("alice", "bob")]
    columns = [list(column) for column in zip(*given, strict=True)]
    ids = dict(connection.execute(_LET_IN, columns).fetchall())
    if "erin" in ids:
        connection.execute("INSERT INTO viewer_groups (name) VALUES ('Nobody''s') ON CONFLICT DO NOTHING")
        connection.execute(
            "INSERT INTO viewer_group_members (user_id, viewer_group_id)"
            " SELECT %s, id FROM viewer_groups WHERE name = 'Nobody''s' ON CONFLICT DO NOTHING",
            [ids["erin"]],
        )
    return ids


def _hash_token(persona: str) -> bytes:
    return hashlib.sha256(token(persona).encode()).digest()


class AsBob:
    """Wrap the handlers of a test's own application: every request is bob's, without the ways in."""

    def __init__(self, app: ASGIApp, conninfo: str) -> None:
        self._app = app
        let_in(conninfo, "bob")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bob = await read_page_user("bob")
        scope["state"] = {
            "visitor": bob.user,
            "reader": bob,
            "secret": None,
            "new_cookies": {},
            "client": "127.0.0.1",
        }
        await self._app(scope, receive, send)
