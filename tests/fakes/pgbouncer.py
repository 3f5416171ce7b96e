"""Run PgBouncer in transaction mode before a private server.

Its older versions, and newer ones without `max_prepared_statements`, keep no account of prepared statements. Where
the distribution's is too old, `.ci/run` sets a newer one beside it.
"""

import functools
import os
import re
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

PORT_OF_POOLER = 6439
_NAMES = ("pgbouncer", "newer-pgbouncer")
_KEEPS_ACCOUNT = "max_prepared_statements"
_KEEPS_ACCOUNT_SINCE = (1, 22)
_READY_WITHIN_S = 20.0


@contextmanager
def run_pooler(
    server: PrivateServer, *settings: str, users: Mapping[str, str] | None = None, host: str | None = None
) -> Generator[str]:
    """Yield the URL of `server` through a PgBouncer with `settings` (`name = value`) besides the usual ones.

    It lets in `users`, by name and password, to any database. It keeps account of prepared statements only if a
    setting says how many.
    """
    program, version = _find_program(keeps_account=any(one.startswith(_KEEPS_ACCOUNT) for one in settings))
    host = host or choose_host()
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
        *(() if version < _KEEPS_ACCOUNT_SINCE else (f"{_KEEPS_ACCOUNT} = 0",)),
        "default_pool_size = 3",
        f"listen_addr = {host}",
        f"listen_port = {PORT_OF_POOLER}",
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
    url = server.url.replace(f"{server.host}:{PORT}", f"{host}:{PORT_OF_POOLER}")
    try:
        _wait_until_ready(process, url, folder / "log")
        yield url
    finally:
        process.kill()
        process.wait()


def choose_host() -> str:
    """Return an address of this machine at which nobody listens."""
    return f"127.9.{secrets.randbelow(250)}.{secrets.randbelow(250) + 2}"


def _find_program(*, keeps_account: bool) -> tuple[str, tuple[int, ...]]:
    """Return a PgBouncer and its version; without one the test is skipped, and fails in CI."""
    for program, version in _list_programs():
        if not keeps_account or version >= _KEEPS_ACCOUNT_SINCE:
            return program, version
    lack, way = (
        ("PgBouncer from 1.22 on", ".ci/pgbouncer") if keeps_account else ("PgBouncer", "apt-get install pgbouncer")
    )
    if os.environ.get("CI") == "true":
        pytest.fail(f"There is no {lack}, and CI must have it.")
    pytest.skip(f"There is no {lack}: get it with `{way}`.")


@functools.cache
def _list_programs() -> list[tuple[str, tuple[int, ...]]]:
    """Return what there is, with their versions, the oldest first."""
    found = [shutil.which(name, path=f"{os.defpath}:/usr/sbin:/usr/local/sbin") for name in _NAMES]
    programs = [program for program in found if program is not None]
    return sorted(((one, _read_version(one)) for one in programs), key=lambda one: one[1])


def _read_version(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"PgBouncer (\d+)\.(\d+)", said)
    assert number, said
    return tuple(map(int, number.groups()))


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2).close()
            return
        time.sleep(0.05)
    pytest.fail(log.read_text())
