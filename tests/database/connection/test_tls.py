"""TLS to the database: what `sslmode` demands is had, or nothing is sent; the embedded server itself knows none."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import ConnectionTest, query
from tests.fakes.postgres import USER, PrivateServer, give_away, make_servers

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    """Yield a server of this machine's own PostgreSQL with a certificate that it signed itself, TLS offered."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs or not shutil.which("openssl"):
        if os.environ.get("CI") == "true":
            pytest.fail("These tests need Debian's PostgreSQL and openssl, and CI must have them.")
        pytest.skip("These tests need a PostgreSQL with TLS in /usr/lib/postgresql, and openssl.")
    with make_servers(programs[-1].parent) as servers:
        server = servers.make()
        make_certificate(server.data / "server", "db.example.com")
        give_away(server.data)
        server.start("ssl=on", "log_connections=on")
        yield server


def make_certificate(path: Path, name: str) -> None:
    """Make a certificate that signs itself, `path`.crt with its `path`.key."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", path.with_suffix(".key"), "-out", path.with_suffix(".crt"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    path.with_suffix(".key").chmod(0o600)


@pytest.fixture
def certificate(server: PrivateServer, tmp_path: Path) -> Iterator[Path]:
    """Let the server take its user by a certificate alone, and yield that without its ending."""
    make_certificate(tmp_path / "client", USER)
    shutil.copy(tmp_path / "client.crt", server.data)
    rules = server.data / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    rules.write_text(f"hostssl all {USER} all cert\n{before}", encoding="utf-8")
    give_away(server.data)
    server.stop()
    server.start("ssl=on", "log_connections=on", "ssl_ca_file=client.crt")
    yield tmp_path / "client"
    rules.write_text(before, encoding="utf-8")
    server.stop()
    server.start("ssl=on", "log_connections=on")


async def connect(url: str) -> tuple[ConnectionTest, bool | None]:
    """Connect as the program does; give how that went, and whether it was encrypted."""
    async with database.open_database(parse_settings({"DATABASE_URL": url})):
        test = await database.test_connection()
        if not test.connected:
            return test, None
        [(encrypted,)] = await query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return test, encrypted


@pytest.mark.parametrize("words", ["sslmode=require", "sslmode=no-verify", "sslmode=require&uselibpqcompat=true"])
async def test_what_must_be_encrypted_is(server: PrivateServer, words: str) -> None:
    test, encrypted = await connect(f"{server.url}?{words}")
    assert (test.connected, encrypted) == (True, True)


@pytest.mark.parametrize(
    "words", ["sslmode=verify-ca", "sslmode=verify-full", "sslmode=verify-full&sslrootcert=system"]
)
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing_and_the_cause_is_named(
    server: PrivateServer, words: str
) -> None:
    before = server.log.count("connection authorized")
    test, _ = await connect(f"{server.url}?{words}")
    assert test.error == "The database could not prove its identity (TLS certificate)."
    assert server.log.count("connection authorized") == before, "it never falls back to plain text"


async def test_a_trusted_certificate_of_another_name_is_refused(server: PrivateServer) -> None:
    test, _ = await connect(f"{server.url}?sslmode=verify-full&sslrootcert={server.data / 'server.crt'}")
    assert test.error == "The database could not prove its identity (TLS certificate)."


async def test_a_trusted_certificate_is_enough_for_verify_ca(server: PrivateServer) -> None:
    test, encrypted = await connect(f"{server.url}?sslmode=verify-ca&sslrootcert={server.data / 'server.crt'}")
    assert (test.connected, encrypted) == (True, True)


async def test_a_server_without_tls_gets_nothing_when_it_is_demanded(private_server: PrivateServer) -> None:
    test, _ = await connect(f"{private_server.url}?sslmode=require")
    assert test.error == "The database does not support TLS, which sslmode requires."


async def test_a_server_that_takes_only_encrypted_connections_says_so(server: PrivateServer) -> None:
    access = server.data / "pg_hba.conf"
    before = access.read_text()
    access.write_text("hostssl all all all scram-sha-256\n")
    try:
        server.reload()
        test, _ = await connect(f"{server.url}?sslmode=disable")
        words = "does not allow this machine (pg_hba.conf), at least without encryption (sslmode=require)"
        assert test.error == f"The database {words}."
    finally:
        access.write_text(before)


async def test_a_certificate_of_the_programs_own_takes_the_place_of_a_password(
    server: PrivateServer, certificate: Path
) -> None:
    without_password = re.sub(r":[^:@/]*@", "@", server.url)
    shown = f"sslcert={certificate}.crt&sslkey={certificate}.key"
    test, encrypted = await connect(f"{without_password}?sslmode=require&{shown}")
    assert (test.connected, encrypted) == (True, True)
    test, _ = await connect(f"{server.url}?sslmode=require")
    assert not test.connected
