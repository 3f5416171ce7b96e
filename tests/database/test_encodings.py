"""Databases of other encodings than UTF8: what can hold every text works, what can't is refused in words."""

from collections.abc import Callable, Generator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import migrate
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.errors import MigrationFailed
from tests.conftest import as_url
from tests.support.listing import read_page
from tests.support.mirrored import item, store

pytestmark = pytest.mark.anyio

Create = Callable[[str], str]
TEXT = "Zürich, Łódź, 東京 and 🚲"


@pytest.fixture
def create(server: str) -> Generator[Create]:
    """Return a function that creates an empty database of an encoding."""
    made: list[str] = []

    def create_one(encoding: str) -> str:
        made.append(f"slb_test_{uuid4().hex[:12]}")
        statement = sql.SQL("CREATE DATABASE {} ENCODING {} LOCALE 'C' TEMPLATE template0")
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(statement.format(sql.Identifier(made[-1]), sql.Literal(encoding)))
        return make_conninfo(server, dbname=made[-1])

    yield create_one
    with psycopg.connect(server, autocommit=True) as admin:
        for name in made:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def test_a_database_without_an_encoding_holds_every_text(create: Create) -> None:
    conninfo = create("SQL_ASCII")
    migrate.apply_migrations(conninfo)
    async with program_database.open_database(parse_settings({"DATABASE_URL": as_url(conninfo)})):
        assert await schema_watch.check_schema() is None
        await store(item(1, TEXT), item(2, "Another"))
        for words in ("", "q=Łódź", "q=東京"):
            found = await read_page(words)
            assert TEXT in [one.title for one in found.items], words


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "EUC_JP", "LATIN9"])
async def test_an_encoding_that_can_not_hold_every_text_is_refused_before_anything_is_done(
    create: Create, encoding: str
) -> None:
    conninfo = create(encoding)
    words = f"The database's encoding is {encoding}, which can't hold every text of Linear: make a database with UTF8"
    with pytest.raises(MigrationFailed, match=words):
        migrate.apply_migrations(conninfo)
    with pytest.raises(MigrationFailed, match=words):
        migrate.read_status(conninfo)
    async with program_database.open_database(parse_settings({"DATABASE_URL": as_url(conninfo)})):
        assert str(await schema_watch.check_schema()).startswith(words)
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
