"""Write to the audit log as any hand does, and look whether its rows are sealed and whole."""

import asyncio
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.services.audit import audit_chain, audit_sealing, seal_hashes
from shareable_backlog.services.audit.audit_chain import Verdict
from shareable_backlog.services.audit.audit_sealing import SealConfig
from tests.conftest import as_url
from tests.support.signed_in import SECRET_KEY


def add(connection: psycopg.Connection[TupleRow], user_id: int | None = 1, action: str = "item.viewed") -> None:
    connection.execute("INSERT INTO audit_logs (user_id, action) VALUES (%s, %s)", [user_id, action])


def build_config(head_file: Path = Path("/dev/null/audit_head")) -> SealConfig:
    """Return how a program with the tests' key seals; unless told where, it remembers no head."""
    settings = parse_settings({"SECRET_KEY": SECRET_KEY})
    assert settings.secret_key is not None
    return SealConfig(seal_hashes.derive_keys([settings.secret_key]), head_file)


async def seal_and_verify_open(config: SealConfig | None = None) -> Verdict:
    """Seal what was recorded, as a server does within a second, and return what `slb audit verify` finds then."""
    config = config or build_config()
    await audit_sealing.seal_entries(config)
    return await audit_chain.verify_chain(config)


def seal_and_verify(conninfo: str, config: SealConfig | None = None) -> Verdict:
    """Open the database and do the same there."""

    async def run() -> Verdict:
        async with program_database.open_database(parse_settings({"DATABASE_URL": as_url(conninfo)})):
            return await seal_and_verify_open(config)

    return asyncio.run(run())


def is_chained(conninfo: str) -> bool:
    verdict = seal_and_verify(conninfo)
    return not verdict.faults and not verdict.unsealed
