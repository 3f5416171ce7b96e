"""End each of the program's processes at a random moment, by SIGKILL and by SIGTERM."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.faults.case import Case, Stage, play_on
from benchmarks.faults.installation import GIVE_UP_S, Installation, Layout, Lost, open_installation, wait_for
from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support.served import ROOT, environment, list_workers

_STOPPED_WITHIN_S = 25.0
_WORKERS = 3
_ENDED_BY_ITSELF_WITHIN_S = 30.0


def kill(installation: Installation, chance: Random, name: str) -> None:
    """Kill a process and start it again, at once or a little later."""
    workers = list_workers(installation.running[name].pid)
    installation.end(name, signal.SIGKILL)
    wait_for(lambda: not any(map(_lives, workers)), "workers end without their parent", _ENDED_BY_ITSELF_WITHIN_S)
    time.sleep(chance.choice((0.0, chance.random())))
    installation.start(name)


def stop(installation: Installation, _chance: Random, name: str) -> None:
    """Stop a process as a service manager does, and start it again; it has to end in time, and well."""
    began = time.monotonic()
    code = installation.end(name, signal.SIGTERM)
    took_s = time.monotonic() - began
    if code or took_s > _STOPPED_WITHIN_S:
        raise Lost(f"{name} exited with {code}, {took_s:.1f} s after SIGTERM")
    installation.start(name)


def kill_worker(installation: Installation, chance: Random) -> None:
    """Kill one of the processes that serve, or the one for the background work; its parent starts another."""
    parent = installation.running["serve"].pid
    wait_for(lambda: len(list_workers(parent)) == _WORKERS, "all workers run")
    worker = chance.choice(list_workers(parent))
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: len(set(list_workers(parent)) - {worker}) == _WORKERS, "a worker is started again", 60)


def end_command(installation: Installation, chance: Random) -> None:
    """Kill or stop a `slb sync --full`, some time after it has begun."""
    process = _start_command(installation, "sync", "--full")
    number = chance.choice((signal.SIGKILL, signal.SIGTERM))
    try:
        process.wait(0.3 + 2 * chance.random())
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    process.communicate(timeout=_STOPPED_WITHIN_S)
    if process.returncode not in {0, 1, -signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM}:
        raise Lost(f"slb sync exited with {process.returncode}")


@contextmanager
def open_beside_server(servers: PrivateServers, seed: int) -> Generator[Stage]:
    """Yield the program, and beside it a server whose database is migrated again and again."""
    side = servers.make()
    side.start()
    try:
        with open_installation(servers, Layout.ALONE, seed=seed) as made:
            yield Stage(made, partial(kill_migration, made, side))
    finally:
        side.kill()


def kill_migration(installation: Installation, side: PrivateServer, chance: Random) -> None:
    """Kill a `slb migrate up` of an empty database, and run it again."""
    with side.connect() as admin:
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
    process = _start_command(installation, "migrate", "up", DATABASE_URL=side.url)
    try:
        process.wait(0.4 + 3 * chance.random())
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    again = _start_command(installation, "migrate", "up", DATABASE_URL=side.url)
    said, _ = again.communicate(timeout=GIVE_UP_S)
    if again.returncode:
        raise Lost(f"slb migrate up exited with {again.returncode} after it was killed: {said[-300:]}")
    with side.connect() as admin:
        [rows] = admin.execute("SELECT count(*), count(DISTINCT name) FROM pgmigrations").fetchall()
    count = len(list((ROOT / "database/migrations").glob("*.sql")))
    if rows != (count, count):
        raise Lost(f"of {count} migrations {rows} are recorded")


def _start_command(installation: Installation, *words: str, **settings: str) -> "subprocess.Popen[str]":
    told = {**installation.settings, "SLB_DATA_DIR": str(installation.folder / "data"), **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "shareable_backlog", *words],
        cwd=installation.folder, env=environment(installation.folder, **told),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


_NO_ANSWER = (503, None)

CASES = (
    Case(
        name="kill-serve",
        does="`slb serve` is killed and started again",
        stands_for="DB-28, L9",
        open=play_on(Layout.ALONE, partial(kill, name="serve")),
        allowed=_NO_ANSWER,
    ),
    Case(
        name="stop-serve",
        does="`slb serve` is stopped and started again",
        stands_for="DB-27, M6",
        open=play_on(Layout.ALONE, partial(stop, name="serve")),
        allowed=_NO_ANSWER,
    ),
    Case(
        name="kill-watch",
        does="`slb sync --watch` is killed and started again, beside `slb serve --no-sync`",
        stands_for="DB-28, PO-10, M7",
        open=play_on(Layout.DIVIDED, partial(kill, name="watch")),
    ),
    Case(
        name="stop-watch",
        does="`slb sync --watch` is stopped and started again, beside `slb serve --no-sync`",
        stands_for="M6",
        open=play_on(Layout.DIVIDED, partial(stop, name="watch")),
    ),
    Case(
        name="kill-worker",
        does="one of two workers, or the process for the background work, is killed",
        stands_for="DB-28",
        open=play_on(Layout.WORKERS, kill_worker),
        allowed=_NO_ANSWER,
    ),
    Case(
        name="kill-parent",
        does="the parent of the workers is killed; they end by themselves",
        stands_for="DB-28",
        open=play_on(Layout.WORKERS, partial(kill, name="serve")),
        allowed=_NO_ANSWER,
    ),
    Case(
        name="stop-workers",
        does="a server with two workers is stopped and started again",
        stands_for="DB-27, M6",
        open=play_on(Layout.WORKERS, partial(stop, name="serve")),
        allowed=_NO_ANSWER,
    ),
    Case(
        name="end-command",
        does="`slb sync --full` is killed or stopped, beside a server and a watch",
        stands_for="DB-28, PO-10, M6",
        open=play_on(Layout.DIVIDED, end_command),
    ),
    Case(
        name="kill-migration",
        does="`slb migrate up` of another database is killed, and run again",
        stands_for="MIG-02, MIG-03",
        open=open_beside_server,
    ),
)
