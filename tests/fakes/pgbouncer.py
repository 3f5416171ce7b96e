"""Run PgBouncer in transaction mode before a private server."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.fakes.postgres import PASSWORD, PORT, USER, PrivateServer, as_account, give_away

_PORT = 6439
_READY_WITHIN_S = 20.0


@contextmanager
def run_pooler(server: PrivateServer, *settings: str, users: Mapping[str, str] | None = None) -> Generator[str]:
    """Yield the URL of `server` through a PgBouncer with `settings` (`name = value`) besides the usual ones.

    It lets in `users`, by name and password, to any database.
    """
    program = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("There is no PgBouncer, and CI must have it.")
        pytest.skip("There is no PgBouncer: get it with `apt-get install pgbouncer`.")
    host = f"127.9.{secrets.randbelow(250)}.{secrets.randbelow(250) + 2}"
    folder = server.data.with_suffix(f".pgbouncer{host}")
    folder.mkdir()
    known = {USER: PASSWORD, **(users or {})}
    (folder / "users").write_text("".join(f'"{name}" "{word}"\n' for name, word in known.items()), encoding="utf-8")
    # Fewer sessions than the program has connections, so that it must share them.
    lines = (
        "[databases]",
        f"* = host={server.host} port={PORT}",
        "[pgbouncer]",
        *(() if any(setting.startswith("pool_mode") for setting in settings) else ("pool_mode = transaction",)),
        "default_pool_size = 3",
        f"listen_addr = {host}",
        f"listen_port = {_PORT}",
        "unix_socket_dir =",
        "auth_type = plain",
        f"auth_file = {folder / 'users'}",
        *settings,
    )
    (folder / "pgbouncer.ini").write_text("\n".join(lines) + "\n", encoding="utf-8")
    give_away(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_account(), program, folder / "pgbouncer.ini"],
            cwd="/",
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = server.url.replace(f"{server.host}:{PORT}", f"{host}:{_PORT}")
    try:
        _wait_until_ready(process, url, folder / "log")
        yield url
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2).close()
            return
        time.sleep(0.05)
    pytest.fail(log.read_text())
