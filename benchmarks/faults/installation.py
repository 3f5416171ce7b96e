"""Run the program as an operator does, in one layout or another, over a PostgreSQL and a Linear that cases break."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import httpx2

from tests.fakes.linear import FakeLinear, World, run_linear
from tests.fakes.postgres import PrivateServer, PrivateServers
from tests.support.served import list_workers, run_serve, run_watch
from tests.support.signed_in import let_in
from tests.sync.model import changes

WEBHOOK_SECRET = "lin_wh_0faults0secret0of0none"  # noqa: S105 (of no workspace)
GIVE_UP_S = 90.0
READY_WITHIN_S = 90.0
"""Far beyond what it takes, for machines that have other things to do; how long it took is printed."""
_ISSUES = 60
_SETTINGS = {
    "SYNC_INTERVAL_S": "5",
    "SYNC_MAX_REMOVAL_SHARE": "1",
    "PAGES_PER_MINUTE": "1000000",
    "EXPORTS_PER_HOUR": "1000000",
    "DATABASE_CONNECT_TIMEOUT_S": "3",
    "DATABASE_STATEMENT_TIMEOUT_MS": "4000",
}


class Layout(Enum):
    """Which processes there are: the arguments of `slb serve`, and whether `slb sync --watch` runs beside it."""

    ALONE = ((), False)
    DIVIDED = (("--no-sync",), True)
    WORKERS = (("--workers", "2"), False)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return what `slb serve` is told."""
        return self.value[0]

    @property
    def has_watch(self) -> bool:
        """Return whether the mirror is kept by a process of its own."""
        return self.value[1]

    @property
    def programs(self) -> tuple[str, ...]:
        """Return what runs in this layout."""
        return ("serve", "watch") if self.has_watch else ("serve",)


class Lost(Exception):
    """What a round has lost, or what did not come back."""


@dataclass(slots=True)
class Running:
    """A process that runs, and how it is closed when it has ended."""

    pid: int
    wait: Callable[[float], int]
    closing: ExitStack


@dataclass(slots=True)
class Installation:
    """The program, its database and its Linear; `server` is the one that takes writes now."""

    folder: Path
    servers: PrivateServers
    server: PrivateServer
    linear: FakeLinear
    layout: Layout
    port: int
    settings: dict[str, str]
    running: dict[str, Running] = field(default_factory=dict[str, Running])

    @property
    def address(self) -> str:
        """Return where people reach it, which stays when it is started again."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        """Start `serve` or `watch`; raises Lost when it does not."""
        closing = ExitStack()
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        if (log := folder / f"{name}.log").exists():
            log.rename(folder / f"{name}.before.log")
        settings = {**self.settings, "SLB_DATA_DIR": str(self.folder / "data")}
        with _call_it_lost():
            if name == "serve":
                arguments = ("--port", str(self.port), *self.layout.arguments)
                process = closing.enter_context(run_serve(folder, *arguments, enter=(), **settings)).process
            else:
                process = closing.enter_context(run_watch(folder, **settings))
                # Until then a signal ends it as any program that has not begun.
                wait_for((folder / "watch.log").read_bytes, "slb sync --watch has begun", READY_WITHIN_S)
        self.running[name] = Running(process.pid, process.wait, closing)

    def start_all(self) -> None:
        """Start all that is not running."""
        for name in self.layout.programs:
            if name not in self.running:
                self.start(name)

    def end(self, name: str, number: signal.Signals) -> int:
        """End a process by a signal and return its exit code; raises Lost for a secret in its log."""
        running = self.running.pop(name)
        os.kill(running.pid, number)
        with _call_it_lost(), running.closing:
            return running.wait(GIVE_UP_S)

    def list_pids(self) -> list[int]:
        """Return all processes of the program, workers too."""
        pids = [one.pid for one in self.running.values()]
        return pids + [child for pid in pids for child in list_workers(pid)]

    def is_ready(self) -> bool:
        """Return whether it says that it can serve."""
        with contextlib.suppress(httpx2.HTTPError):
            return httpx2.get(f"{self.address}/readyz", timeout=5).status_code == 200
        return False

    def wait_until_ready(self) -> float:
        """Wait until it serves again, and return how long that took; raises Lost when it does not."""
        return wait_for(self.is_ready, "the program is ready", READY_WITHIN_S)

    def keep_logs(self) -> str:
        """Copy what each process logged, and the one before it, to where it stays, and return the folder's name."""
        kept = tempfile.mkdtemp(prefix="slb-faults-lost-")
        for log in self.folder.glob("*/*.log"):
            shutil.copy(log, kept)
        return kept

    def close(self) -> None:
        """End what still runs; raises Lost for a secret in its log."""
        with _call_it_lost(), ExitStack() as closing:
            for running in self.running.values():
                closing.push(running.closing)


@contextmanager
def _call_it_lost() -> Generator[None]:
    """Let what the helpers of tests assert be a loss."""
    try:
        yield
    except (AssertionError, subprocess.TimeoutExpired) as wrong:
        raise Lost(str(wrong)) from None


def wait_for(is_so: Callable[[], object], what: str, within_s: float = GIVE_UP_S) -> float:
    """Wait until something is so and return how long that took; raises Lost where it is not within `within_s`."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > within_s:
            raise Lost(f"{within_s:.0f} s later it is not so that {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def build_world(seed: int) -> World:
    """Return a workspace with a little of everything, and some dozens of issues."""
    world = changes.first_world(World(seed))
    for _ in range(_ISSUES):
        world.add_comment(world.add_issue())
    return world


@contextmanager
def open_installation(
    servers: PrivateServers,
    layout: Layout,
    *,
    seed: int,
    url: str | None = None,
    server: PrivateServer | None = None,
    settings: Mapping[str, str] | None = None,
) -> Generator[Installation]:
    """Yield a running installation; `url` leads to `server` by a way of the case's own."""
    if server is None:
        server = servers.make()
        server.start()
    let_in(server.url)
    with (
        tempfile.TemporaryDirectory(prefix="slb-faults-") as folder,
        run_linear(build_world(seed)) as linear,
        contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener,
    ):
        linear.requests_limit = linear.complexity_limit = 10**9
        port = listener.getsockname()[1]
        listener.close()
        told = {
            **_SETTINGS,
            "DATABASE_URL": url or server.url,
            "BASE_URL": f"http://127.0.0.1:{port}",
            "LINEAR_API_KEY": linear.key,
            "LINEAR_API_URL": linear.url,
            "LINEAR_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            **(settings or {}),
        }
        made = Installation(Path(folder), servers, server, linear, layout, port, told)
        try:
            made.start_all()
            made.wait_until_ready()
            yield made
        finally:
            made.close()
            made.server.kill()
