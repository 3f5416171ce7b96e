"""Take PostgreSQL away, in the ways in which it goes."""

import contextlib
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from time import sleep
from typing import Literal

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.faults.case import Case, Stage, play_on
from benchmarks.faults.installation import Installation, Layout, open_installation
from benchmarks.rig import Unavailable
from tests.fakes.postgres import PORT, PrivateServer, PrivateServers, give_away

_MODES: tuple[Literal["fast", "immediate"], ...] = ("fast", "immediate")
_DISK = "size=6m"
_MOST_CONNECTIONS = 60
_ON_DISK = ("backlog_items", "comments", "users", "audit_logs", "webhook_deliveries")


def restart(installation: Installation, chance: Random) -> None:
    """Restart the server, asking its sessions to end or not."""
    installation.server.restart(chance.choice(_MODES))


def stop_for_a_while(installation: Installation, chance: Random) -> None:
    """Stop the server for some seconds."""
    installation.server.stop(chance.choice(_MODES))
    sleep(1 + 3 * chance.random())
    installation.server.start()


def kill_server(installation: Installation, chance: Random) -> None:
    """End all processes of the server at once, as a power cut does."""
    installation.server.kill()
    sleep(chance.random())
    installation.server.start()


def freeze(installation: Installation, chance: Random) -> None:
    """Halt the server, which goes on accepting connections."""
    installation.server.freeze()
    sleep(0.5 + 5 * chance.random())
    installation.server.thaw()


def turn_read_only(installation: Installation, chance: Random) -> None:
    """Let the server refuse all changes for some seconds."""
    _set_read_only(installation.server, "on")
    sleep(0.5 + 2 * chance.random())
    _set_read_only(installation.server, "off")


def _set_read_only(server: PrivateServer, value: Literal["on", "off"]) -> None:
    with server.connect() as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(SQL("ALTER SYSTEM SET default_transaction_read_only = {}").format(value))
    server.reload()


@contextmanager
def open_crowded(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program over a server that has few connections to give."""
    server = servers.make()
    server.start(f"max_connections={_MOST_CONNECTIONS}")
    with open_installation(servers, Layout.ALONE, seed=seed, server=server) as made:
        yield Stage(made, partial(take_connections, server))


def take_connections(server: PrivateServer, chance: Random) -> None:
    """Take all connections that the server still has to give, for some seconds."""
    with ExitStack() as held:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                held.enter_context(contextlib.closing(server.connect()))
        sleep(0.5 + 2 * chance.random())


@contextmanager
def open_on_small_disk(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program over tables that have a disk of their own, of a few megabytes."""
    server = servers.make()
    disk = server.data.with_suffix(".disk")
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", _DISK, "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        raise Unavailable("root, to mount a small disk")
    try:
        give_away(disk)
        server.start()
        with server.connect() as admin:
            admin.execute(SQL("CREATE TABLESPACE small LOCATION {}").format(str(disk)))
            for table in _ON_DISK:
                admin.execute(SQL("ALTER TABLE {} SET TABLESPACE small").format(Identifier(table)))
        with open_installation(servers, Layout.ALONE, seed=seed, server=server) as made:
            yield Stage(made, partial(fill_disk, disk / "filler"))
    finally:
        server.kill()
        subprocess.run(["umount", "--lazy", disk], check=True)


def fill_disk(filler: Path, chance: Random) -> None:
    """Fill the disk of a file to the last byte, and after some seconds make room again."""
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    sleep(0.5 + 2 * chance.random())
    filler.unlink()


@contextmanager
def open_pair(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program over a server with a standby, which has all that was answered as done."""
    primary = servers.make()
    primary.start()
    standby = servers.make_standby(primary)
    standby.start()
    with primary.connect() as admin:
        admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.reload()
    both = primary.url.replace(f"{primary.host}:{PORT}", f"{primary.host}:{PORT},{standby.host}:{PORT}")
    url = f"{both}?target_session_attrs=read-write"
    try:
        with open_installation(servers, Layout.DIVIDED, seed=seed, server=primary, url=url) as made:
            yield Stage(made, partial(fail_over, made, standby))
    finally:
        primary.kill()
        standby.kill()


def fail_over(installation: Installation, standby: PrivateServer, chance: Random) -> None:
    """Kill the server, or halt it for ever, and promote its standby."""
    primary = installation.server
    (primary.kill if chance.random() < 1 / 2 else primary.freeze)()
    sleep(chance.random())
    standby.promote()
    installation.server = standby


CASES = (
    Case(
        name="postgres-restart",
        does="PostgreSQL is restarted, fast or immediate",
        stands_for="DB-03, DB-04, OP-07",
        open=play_on(Layout.ALONE, restart),
    ),
    Case(
        name="postgres-stop",
        does="PostgreSQL is stopped for one to four seconds",
        stands_for="DB-02, DB-05, WH-10, AU-22, F10",
        open=play_on(Layout.DIVIDED, stop_for_a_while),
    ),
    Case(
        name="postgres-kill",
        does="all processes of PostgreSQL are killed, and it recovers from its log",
        stands_for="DB-04, DB-17",
        open=play_on(Layout.DIVIDED, kill_server),
    ),
    Case(
        name="postgres-freeze",
        does="PostgreSQL stands still for up to five seconds and goes on accepting connections",
        stands_for="OP-02, M6",
        open=play_on(Layout.ALONE, freeze),
    ),
    Case(
        name="postgres-read-only",
        does="PostgreSQL refuses all changes for up to three seconds",
        stands_for="F5",
        open=play_on(Layout.ALONE, turn_read_only),
    ),
    Case(
        name="postgres-crowded",
        does="all connections of PostgreSQL are taken for up to three seconds",
        stands_for="DB-12",
        open=open_crowded,
    ),
    Case(
        name="postgres-disk-full",
        does="the disk of items, comments, people and record is full to the last byte for up to three seconds",
        stands_for="DB-19, AD-08",
        open=open_on_small_disk,
    ),
    Case(
        name="postgres-fail-over",
        does="the primary is killed or frozen for ever, and its standby promoted",
        stands_for="DB-14",
        open=open_pair,
        is_once=True,
    ),
)
