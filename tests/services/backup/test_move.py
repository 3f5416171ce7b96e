"""The database moves from the embedded server to another and back: whole, or not at all, and the source stays."""

import asyncio
import shutil
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from shareable_backlog import database as program_database
from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import use_server
from shareable_backlog.database.backup import manifest
from shareable_backlog.errors import BackupFailed, ConfigurationInvalid, Conflict
from shareable_backlog.services.audit import audit_heads, audit_sealing
from shareable_backlog.services.backup import move
from tests.conftest import as_url
from tests.support.database import chain, in_memory


@pytest.fixture
def home() -> Generator[Path]:
    """Yield a data folder that the account of the embedded server can enter."""
    folder = in_memory.folder()
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def place(settings: Settings, database: str, home: Path) -> Settings:
    """Return settings that name a server with alice and a sealed record, and an embedded one yet to be made."""
    owner = replace(settings, database_url=Secret(as_url(database)), data_dir=home)
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO users (email) VALUES ('alice@example.com')")
        chain.add(connection)
    assert chain.seal_and_verify(database, audit_sealing.build_seal_config(owner)).faults == []
    return owner


def count(conninfo: str) -> dict[str, int]:
    with psycopg.connect(conninfo) as connection:
        return manifest.count_rows(connection)


def test_a_database_is_moved_to_the_embedded_server_and_back_to_another_one(
    place: Settings, database: str, empty_database: str
) -> None:
    before = count(database)
    head = audit_heads.read_remembered(audit_heads.locate_head_file(place))
    assert head
    moved = move.move_database(place, "embedded")
    assert (moved.rows, moved.sealed_rows) == (sum(before.values()), 1)
    embedded = replace(place, database_url=None)
    with use_server(embedded) as conninfo:
        assert count(conninfo) == count(database) == before
    assert audit_heads.read_remembered(audit_heads.locate_head_file(embedded)) == head
    elsewhere = replace(place, database_url=Secret(as_url(empty_database)))
    assert move.move_database(elsewhere, "server") == moved
    assert count(empty_database) == before
    assert audit_heads.read_remembered(audit_heads.locate_head_file(elsewhere)) == head
    with pytest.raises(Conflict, match="DATABASE_URL is not empty, so nothing was moved"):
        move.move_database(elsewhere, "server")
    with pytest.raises(Conflict, match="SLB_DATA_DIR has data already, so nothing was moved"):
        move.move_database(place, "embedded")


@pytest.mark.anyio
async def test_a_database_in_use_is_not_moved(place: Settings) -> None:
    async with program_database.open_database(place):
        await program_database.query("SELECT 1")
        with pytest.raises(Conflict, match="in use"):
            await asyncio.to_thread(move.move_database, place, "embedded")


def test_a_schema_of_another_version_is_not_moved(place: Settings, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM pgmigrations WHERE id = (SELECT max(id) FROM pgmigrations)")
    with pytest.raises(Conflict, match="slb migrate up"):
        move.move_database(place, "embedded")


def test_without_a_server_there_is_nowhere_to_move(place: Settings) -> None:
    with pytest.raises(ConfigurationInvalid, match="DATABASE_URL is not set"):
        move.move_database(replace(place, database_url=None), "server")


def test_a_record_that_does_not_go_as_far_as_this_machine_knows_is_no_copy(place: Settings, database: str) -> None:
    audit_heads.write_head(audit_heads.locate_head_file(place), audit_heads.AuditHead(7, bytes(32)))
    before = count(database)
    with pytest.raises(BackupFailed, match="go on with the database that you have"):
        move.move_database(place, "embedded")
    assert count(database) == before
