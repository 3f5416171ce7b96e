from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.database.migrate import sample


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for migrations."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    return folder


@pytest.fixture
def three(folder: Path) -> Path:
    """Return a folder with three migrations, each making a table and taking it back."""
    for number, table in enumerate(("apples", "pears", "plums"), start=1):
        sample.write(folder, f"00{number}_create-{table}", f"CREATE TABLE {table} (id int);", f"DROP TABLE {table};")
    return folder


@pytest.fixture
def seen(empty_database: str) -> Callable[[str], None]:
    """Return a function that returns once the server shows the runner's session in a state."""

    def wait(state: str) -> None:
        question = sql.SQL(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'slb migrate' AND {}"
        ).format(sql.SQL(state))  # pyright: ignore[reportArgumentType]  # the tests' own literals
        deadline = monotonic() + 20
        with psycopg.connect(empty_database, autocommit=True) as watcher:
            while not watcher.execute(question).fetchone():
                assert monotonic() < deadline, f"the runner was never seen with {state}"
                sleep(0.01)

    return wait


@pytest.fixture
def limited_role(server: str, empty_database: str) -> Iterator[str]:
    """Yield a role that owns nothing and may create nothing in the empty database."""
    name = f"slb_limited_{uuid4().hex[:12]}"
    sample.execute(empty_database, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
        yield name
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
