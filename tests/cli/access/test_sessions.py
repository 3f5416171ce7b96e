"""Sessions by the command line: `slb sessions`."""

import json
from pathlib import Path

import psycopg

from tests.conftest import as_url
from tests.support.served import slb
from tests.support.signed_in import let_in, token


def test_who_is_signed_in_is_listed_without_a_secret(database: str, tmp_path: Path) -> None:
    let_in(database, "alice", "bob")
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE sessions SET last_seen_at = now() - interval '1 year' WHERE user_id IN"
            " (SELECT id FROM users WHERE email = 'bob@example.com')"
        )
    _, said = slb(tmp_path, "sessions", "list", "--json", DATABASE_URL=as_url(database))
    [one] = [json.loads(line) for line in said.splitlines()]
    assert (one["email"], one["method"]) == ("alice@example.com", "link")
    code, said = slb(tmp_path, "sessions", "list", DATABASE_URL=as_url(database))
    assert (code, said.startswith("alice@example.com ")) == (0, True)
    assert token("alice") not in said


def test_everybody_is_signed_out_at_once(database: str, tmp_path: Path) -> None:
    let_in(database, "alice", "bob")
    assert slb(tmp_path, "sessions", "flush", DATABASE_URL=as_url(database)) == (0, "2 sessions ended.\n")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
        recorded = connection.execute("SELECT action, actor_email FROM audit_logs").fetchall()
    assert recorded == [("sessions.flushed", "operator")]
