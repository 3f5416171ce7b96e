"""Whoever tampers with the record is refused or found: with the program's role, and as the owner without the key."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString, TypeAlias

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import errors
from psycopg.rows import class_row

from shareable_backlog.config import Settings
from shareable_backlog.database.audit.audit_seals import AuditSeal
from shareable_backlog.database.connection import conninfo as conninfo_words
from shareable_backlog.services.audit import seal_hashes
from shareable_backlog.services.audit.audit_sealing import SealConfig
from tests.support.database.chain import add, build_config, seal_and_verify

pytestmark = pytest.mark.slow

Connection: TypeAlias = psycopg.Connection[Any]

_FORGED_SEAL: LiteralString = """
INSERT INTO audit_seals
SELECT number + 1, position + {rows}, {ids}, {hashes}, {pruned}, now(), sha256('x'), key_id, mac
FROM audit_seals ORDER BY number DESC LIMIT 1
"""


def build_forged_seal(
    ids: LiteralString = "'{}'", hashes: LiteralString = "''::bytea", rows: LiteralString = "0", pruned: str = ""
) -> str:
    pruned = pruned or "pruned_number, pruned_position, pruned_hash"
    return _FORGED_SEAL.format(ids=ids, hashes=hashes, rows=rows, pruned=pruned)


PROGRAM = {
    "change a row": ["UPDATE audit_logs SET action = 'x' WHERE id = 2"],
    "give a row to somebody else": ["UPDATE audit_logs SET user_id = 2 WHERE id = 2"],
    "remove a row": ["DELETE FROM audit_logs WHERE id = 2"],
    "empty the log": ["TRUNCATE audit_logs"],
    "swap two rows": ["UPDATE audit_logs SET id = -id WHERE id IN (2, 3)", "UPDATE audit_logs SET id = 5 + id"],
    "slip in a row with a place": ["INSERT INTO audit_logs (action, position, hash) VALUES ('x', 3, sha256('x'))"],
    "write a row of yesterday": [
        "INSERT INTO audit_logs (action, created_at) VALUES ('x', now() - interval '1 day')"
    ],
    "write a row of another": ["INSERT INTO audit_logs (action, actor_id) VALUES ('x', 2)"],
    "switch a trigger off": ["ALTER TABLE audit_logs DISABLE TRIGGER guard_audit_log"],
    "go behind the triggers": ["SET session_replication_role = replica"],
    "drop a trigger's function": ["DROP FUNCTION guard_audit_log() CASCADE"],
    "change a trigger's function": [
        "CREATE OR REPLACE FUNCTION guard_audit_log() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    ],
    "move the head": ["UPDATE audit_seals SET position = 4 WHERE number = 2"],
    "remove the last seal": ["DELETE FROM audit_seals WHERE number = 2"],
    "empty the seals": ["TRUNCATE audit_seals"],
    "keep a row from its seal": ["DELETE FROM unsealed_audit_logs"],
    "write ids anew": ["SELECT setval('audit_logs_id_seq', 1)"],
    "seal a row twice": [build_forged_seal("'{2}'", "sha256('x')", "1")],
    "seal once more what was sealed": ["INSERT INTO audit_seals SELECT * FROM audit_seals WHERE number = 2"],
    "skip a number": ["INSERT INTO audit_seals SELECT number + 7, position FROM audit_seals"],
}
"""What is refused to the program's role."""

FOUND = {
    "forge a seal": [build_forged_seal()],
    "forge a seal of what waits": [
        "INSERT INTO audit_logs (action) VALUES ('x')",
        build_forged_seal("ARRAY[(SELECT max(id) FROM audit_logs)]", "sha256('x')", "1"),
    ],
    "forge a removal": [
        build_forged_seal(pruned="1, 3, (SELECT hash FROM audit_seals WHERE number = 1)"),
        "SELECT remove_pruned_audit_logs()",
    ],
    "forge a removal of all": [
        build_forged_seal(pruned="2, 6, (SELECT hash FROM audit_seals WHERE number = 2)"),
        "SELECT remove_pruned_audit_logs()",
    ],
}
"""What the program's role can do, as it has to add seals; it can't make one that is right."""


@pytest.fixture
def config(database: str, tmp_path: Path) -> SealConfig:
    """Return how the program seals, once it has sealed two batches of three rows and remembers its head."""
    config = build_config(tmp_path / "audit_head")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com'), ('bob@example.com')")
        for _ in range(2):
            for _ in range(3):
                add(connection)
            assert seal_and_verify(database, config).faults == []
    return config


@pytest.fixture
def as_program(settings: Settings) -> Callable[[list[str]], None]:
    """Run statements by the program's role, each in a transaction of its own."""
    assert settings.database_url
    conninfo = conninfo_words.parse_url(settings.database_url.reveal())

    def run(statements: list[str]) -> None:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    return run


@pytest.mark.parametrize("way", PROGRAM)
def test_the_programs_role_is_refused(
    database: str, config: SealConfig, as_program: Callable[[list[str]], None], way: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        as_program(PROGRAM[way])
    verdict = seal_and_verify(database, config)
    assert (verdict.rows, verdict.faults) == (6, [])


@pytest.mark.parametrize("way", FOUND)
def test_what_the_programs_role_can_forge_is_found(
    database: str, config: SealConfig, as_program: Callable[[list[str]], None], way: str
) -> None:
    as_program(FOUND[way])
    assert [fault for fault in seal_and_verify(database, config).faults if fault.sentence.startswith("Seal 3 (up to")]


@pytest.mark.usefixtures("config")
def test_tables_of_ones_own_do_not_lead_the_triggers_astray(
    database: str, as_program: Callable[[list[str]], None]
) -> None:
    shadows = [f"CREATE TEMP TABLE {table} (LIKE public.{table})" for table in ("unsealed_audit_logs", "users")]
    as_program([*shadows, "INSERT INTO audit_logs (user_id, action) VALUES (1, 'x')"])
    verdict = seal_and_verify(database)
    assert (verdict.rows, verdict.faults, verdict.unsealed) == (7, [], 0)


def open_doors(connection: Connection) -> None:
    """Do what an owner can: take the guards away."""
    for table in ("audit_logs", "audit_seals"):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute(f"GRANT ALL ON {table} TO CURRENT_USER".encode())


def make_seals_anew(connection: Connection) -> None:
    """Compute all hashes as the program does; only its key is not there, so another one is used by its name."""
    rows = connection.execute(
        """
        SELECT id, ARRAY[position::text, id::text, actor_id::text, actor_email, action, resource, resource_id,
            details::text, ip_address, user_agent, is_admin_action::text, outcome,
            trunc(extract(epoch FROM created_at) * 1000000)::text] FROM audit_logs
        """
    )
    hashes = {row_id: seal_hashes.hash_values(b"", values) for row_id, values in rows}
    with connection.cursor(row_factory=class_row(AuditSeal)) as cursor:
        seals = cursor.execute("SELECT * FROM audit_seals ORDER BY number").fetchall()
    previous = seals[0].hash
    for seal in seals[1:]:
        anew = replace(seal, row_hashes=b"".join(hashes[row_id] for row_id in seal.ids))
        previous = seal_hashes.hash_seal(previous, anew)
        mac = seal_hashes.compute_mac(b"a key of mallory's own", previous)
        connection.execute(
            "UPDATE audit_seals SET row_hashes = %s, hash = %s, mac = %s WHERE number = %s",
            [anew.row_hashes, previous, mac, seal.number],
        )


def rewrite(connection: Connection) -> None:
    connection.execute("UPDATE audit_logs SET action = 'x' WHERE id = 5")


def rewrite_and_hash(connection: Connection) -> None:
    rewrite(connection)
    make_seals_anew(connection)


def swap_rows_and_hash(connection: Connection) -> None:
    connection.execute("UPDATE audit_seals SET ids = '{1,3,2}' WHERE number = 1")
    make_seals_anew(connection)


def remove_row_and_hash(connection: Connection) -> None:
    connection.execute("DELETE FROM audit_logs WHERE id = 6")
    connection.execute("UPDATE audit_seals SET ids = '{4,5}', position = 5 WHERE number = 2")
    make_seals_anew(connection)


def cut_off_the_tail(connection: Connection) -> None:
    connection.execute("DELETE FROM audit_logs WHERE id > 3")
    connection.execute("DELETE FROM audit_seals WHERE number = 2")


def forge_removal(connection: Connection) -> None:
    connection.execute("DELETE FROM audit_logs WHERE id < 4")
    connection.execute("DELETE FROM audit_seals WHERE number < 2")
    connection.execute("UPDATE audit_seals SET pruned_number = 1, pruned_position = 3")


def seal_again(connection: Connection) -> None:
    """Have the program seal other rows in the place of those that it sealed."""
    rewrite(connection)
    connection.execute("DELETE FROM audit_seals WHERE number = 2")
    connection.execute("INSERT INTO unsealed_audit_logs SELECT id FROM audit_logs WHERE id > 3")


def move_out_of_sight(connection: Connection) -> None:
    """Leave a gap in the places, larger than any page that is read at once."""
    rewrite(connection)
    connection.execute("UPDATE audit_seals SET position = 1000000 WHERE number = 2")


def show_another(connection: Connection) -> None:
    """Put a changed row beside the true one, under the same id."""
    connection.execute("ALTER TABLE audit_logs DROP CONSTRAINT audit_logs_pkey")
    connection.execute("CREATE TEMP TABLE forged ON COMMIT DROP AS SELECT * FROM audit_logs WHERE id = 5")
    connection.execute("UPDATE forged SET action = 'x'")
    connection.execute("CREATE TEMP TABLE truth ON COMMIT DROP AS SELECT * FROM audit_logs WHERE id = 5")
    connection.execute("DELETE FROM audit_logs WHERE id = 5")
    connection.execute("INSERT INTO audit_logs SELECT * FROM forged")
    connection.execute("INSERT INTO audit_logs SELECT * FROM truth")


def begin_anew(connection: Connection) -> None:
    """Make it look as if all were from before there were seals."""
    rewrite(connection)
    previous = b""
    rows = connection.execute(
        """
        UPDATE audit_logs SET position = id
        RETURNING id, ARRAY[position::text, id::text, actor_id::text, actor_email, action, resource, resource_id,
            details::text, ip_address, user_agent, is_admin_action::text, outcome,
            trunc(extract(epoch FROM created_at) * 1000000)::text]
        """
    ).fetchall()
    for row_id, values in sorted(rows):
        previous = seal_hashes.hash_values(previous, values)
        connection.execute("UPDATE audit_logs SET hash = %s WHERE id = %s", [previous, row_id])
    connection.execute("DELETE FROM audit_seals WHERE number > 0")
    connection.execute("UPDATE audit_seals SET position = 6, hash = %s", [previous])


OWNER: list[Callable[[Connection], None]] = [
    rewrite, rewrite_and_hash, swap_rows_and_hash, remove_row_and_hash, cut_off_the_tail, forge_removal, seal_again,
    move_out_of_sight, show_another, begin_anew,
]  # fmt: skip


@pytest.mark.parametrize("tamper", OWNER)
@pytest.mark.parametrize("goes_on", [False, True])
def test_an_owner_without_the_key_is_found(
    database: str, config: SealConfig, tamper: Callable[[Connection], None], *, goes_on: bool
) -> None:
    with psycopg.connect(database) as connection:
        open_doors(connection)
        tamper(connection)
        for table in ("audit_logs", "audit_seals"):
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
    if goes_on:
        with psycopg.connect(database) as connection:
            add(connection)
    assert seal_and_verify(database, config).faults


@pytest.mark.parametrize("tamper", [rewrite_and_hash, swap_rows_and_hash, remove_row_and_hash])
def test_seals_that_were_made_without_the_key_are_found_where_no_head_is_remembered(
    database: str, config: SealConfig, tmp_path: Path, tamper: Callable[[Connection], None]
) -> None:
    with psycopg.connect(database) as connection:
        open_doors(connection)
        tamper(connection)
    verdict = seal_and_verify(database, replace(config, head_file=tmp_path / "none"))
    assert any("was made without the key that it names" in fault.sentence for fault in verdict.faults)


def test_a_stolen_name_of_a_key_is_no_key(config: SealConfig) -> None:
    [(name, key)] = config.keys.items()
    assert name not in {key.hex(), hashlib.sha256(key).hexdigest()[:16]}
