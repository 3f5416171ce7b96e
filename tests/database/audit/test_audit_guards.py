"""What is open of the record's guards is named: triggers, rights, and what the program's role lacks."""

from typing import LiteralString

import psycopg
import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database.audit import audit_guards
from tests.support.database import program_role

pytestmark = pytest.mark.anyio


def alter(conninfo: str, *statements: LiteralString) -> None:
    with psycopg.connect(conninfo) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.usefixtures("live_database")
async def test_a_migrated_database_is_guarded_from_the_programs_role() -> None:
    guards = await audit_guards.inspect_guards()
    assert (guards.missing, guards.disabled, guards.excess, guards.lacking) == ([], [], [], [])
    assert (guards.is_powerful, guards.role) == (False, program_role.name_role())


@pytest.mark.owner
@pytest.mark.usefixtures("live_database")
async def test_a_role_that_owns_the_tables_could_take_the_guards_away() -> None:
    assert (await audit_guards.inspect_guards()).is_powerful


async def test_what_is_open_is_named(live_database: Settings, database: str) -> None:
    del live_database
    alter(
        database,
        "ALTER TABLE audit_logs DISABLE TRIGGER queue_audit_log",
        "DROP TRIGGER guard_audit_seal ON audit_seals",
        "GRANT DELETE ON audit_logs TO PUBLIC",
        "REVOKE ALL ON unsealed_audit_logs FROM PUBLIC",
    )
    with psycopg.connect(database) as connection:
        connection.execute(f"REVOKE INSERT ON audit_seals FROM {program_role.name_role()}".encode())
    guards = await audit_guards.inspect_guards()
    assert guards.missing == ["guard_audit_seal"]
    assert guards.disabled == ["queue_audit_log"]
    assert guards.excess == ["everybody: DELETE on audit_logs"]
    assert guards.lacking == ["INSERT on audit_seals"]
