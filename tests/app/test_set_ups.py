"""Databases as they are found: each set-up works, or migrate, doctor and readyz refuse it in the same words."""

import asyncio
import json
from collections.abc import Generator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote, urlsplit

import pytest
from psycopg import sql

from shareable_backlog import config
from shareable_backlog import database as program_database
from shareable_backlog.cli import main
from shareable_backlog.database import grants, migrate
from shareable_backlog.database.connection import conninfo as conninfo_words
from shareable_backlog.database.connection import schema_watch
from shareable_backlog.errors import MigrationFailed
from shareable_backlog.services import readiness
from shareable_backlog.tasks import end_tasks
from tests.fakes.pgbouncer import run_pooler
from tests.fakes.postgres import DATABASE, PASSWORD, PORT, USER, PrivateServer, PrivateServers
from tests.support.database.options_proxy import run_proxy

IGNORES = "ignore_startup_parameters = options"
ENCODINGS = ("UTF8", "SQL_ASCII", "LATIN1")
ROLES = (USER, "program", "elsewhere", "shut_out")
POOLERS: Mapping[str, tuple[str, ...]] = {
    "transaction": (IGNORES,),
    "session": (IGNORES, "pool_mode = session"),
    "strict": (),
    "statement": (IGNORES, "pool_mode = statement"),
}
WAYS = ("direct", "refusing", *POOLERS)
OPTIONS = ("", "?options=-c%20search_path%3Delsewhere%20-c%20work_mem%3D8MB")
SET_UPS = [
    *product(ENCODINGS, ROLES, ("direct",), OPTIONS[:1]),
    *product(("UTF8",), ROLES, WAYS[1:], OPTIONS[:1]),
    *product(("SQL_ASCII", "LATIN1"), ROLES[:3], ("refusing", "transaction"), OPTIONS[:1]),
    *product(("UTF8",), (USER, "elsewhere"), WAYS, OPTIONS[1:]),
]


@dataclass(frozen=True, slots=True)
class Place:
    """A server with a database of each encoding, and where it is reached in each way."""

    server: PrivateServer
    netlocs: Mapping[str, str]

    def build_url(self, encoding: str, role: str, way: str, options: str) -> str:
        return f"postgresql://{role}:{quote(PASSWORD, safe='')}@{self.netlocs[way]}/{encoding.lower()}{options}"


@pytest.fixture(scope="module")
def place(private_servers: PrivateServers) -> Generator[Place]:
    server = private_servers.make()
    server.start()
    prepare(server)
    passwords: dict[str, str] = dict.fromkeys(ROLES[1:], PASSWORD)
    with ExitStack() as running:
        port = running.enter_context(run_proxy(server.host, PORT))
        netlocs = {"direct": f"{server.host}:{PORT}", "refusing": f"127.0.0.1:{port}"}
        for way, settings in POOLERS.items():
            url = running.enter_context(run_pooler(server, *settings, users=passwords))
            netlocs[way] = urlsplit(url).netloc.rpartition("@")[2]
        yield Place(server, netlocs)
    server.kill()


def prepare(server: PrivateServer) -> None:
    """Make the roles, and copies of the migrated database: of template0 alone any encoding is believed."""
    with server.connect() as admin:
        for role in ROLES[1:]:
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            admin.execute(create.format(sql.Identifier(role), sql.Literal(PASSWORD)))
        admin.execute("ALTER ROLE elsewhere SET search_path = elsewhere")
        admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in ("program", "elsewhere"):
            admin.execute(grants.build_grants(role, None, prunes=False))
        admin.execute(sql.SQL("CREATE DATABASE template0 TEMPLATE {}").format(sql.Identifier(DATABASE)))
        for encoding in ENCODINGS:
            copy = sql.SQL("CREATE DATABASE {} ENCODING {} LOCALE 'C' TEMPLATE template0")
            admin.execute(copy.format(sql.Identifier(encoding.lower()), sql.Literal(encoding)))


def expect_refusal(encoding: str, role: str, way: str) -> str | None:
    """Return some of the words by which a set-up is refused; None when it should work."""
    if way == "strict":
        return "is behind a pooler that refuses our options"
    if way == "statement":
        return "is behind a pooler in statement mode"
    if encoding == "LATIN1":
        return "The database's encoding is LATIN1"
    if role == "shut_out":
        return "lacks USAGE on the schema public: run, as the owner of the tables"
    if way in POOLERS and role == "elsewhere":
        return "ALTER ROLE elsewhere SET search_path = public"
    return None


def test_there_are_forty_set_ups_at_least() -> None:
    assert len(set(SET_UPS)) == len(SET_UPS) >= 40


@pytest.mark.parametrize(("encoding", "role", "way", "options"), SET_UPS)
def test_a_set_up_works_or_is_refused_by_all_three_in_the_same_words(
    place: Place,
    encoding: str,
    role: str,
    way: str,
    options: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", place.build_url(encoding, role, way, options))
    code = main(["migrate", "up"])
    said = capsys.readouterr()
    doctor_code = main(["doctor", "--json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    findings = {name: check["what"] for name, check in checks.items()}
    ready, reason = asyncio.run(ask_readyz())
    refusal = expect_refusal(encoding, role, way)
    if refusal is None:
        assert (code, said.out) == (0, "There is nothing to apply.\n"), said.err
        assert findings["schema"] == "up to date"
        assert (doctor_code, ready) == (0, True), (findings, reason)
    else:
        assert refusal in said.err
        assert refusal in f"{findings['connection']} {findings['schema']}"
        assert refusal in reason
        assert (code, doctor_code, ready) == (1, 1, False)
    assert "Traceback" not in said.err


async def ask_readyz() -> tuple[bool, str]:
    """Return whether pages would be served, and why not."""
    async with program_database.open_database(config.read_settings()):
        first_look = asyncio.Event()
        watching = asyncio.create_task(schema_watch.watch_schema(first_look))
        await first_look.wait()
        test = program_database.read_last_connection_test()
        answer = readiness.is_ready(), f"{test.error if test else ''} {schema_watch.find_problem()}"
        await end_tasks(watching)
        return answer


@pytest.mark.parametrize("way", ["direct", "refusing", "transaction", "session"])
def test_an_empty_database_is_migrated_by_every_way_that_works(place: Place, way: str) -> None:
    name = f"empty_{way}"
    with place.server.connect() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    with place.server.connect(name) as admin:
        admin.execute("DROP SCHEMA public CASCADE")
    conninfo = conninfo_words.parse_url(place.build_url(name, USER, way, ""))
    with pytest.raises(MigrationFailed, match="has no schema public"):
        migrate.apply_migrations(conninfo)
    with place.server.connect(name) as admin:
        admin.execute("CREATE SCHEMA public")
    assert migrate.apply_migrations(conninfo)
    assert migrate.apply_migrations(conninfo) == []
    with place.server.connect(name) as admin:
        locks = admin.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert locks.fetchone() == (0,)
