"""Run `slb serve` as an operator does, over a database that a test may take away, and read its log."""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.support import causes, leaks
from tests.support.served.forking import ForkedCommand
from tests.support.signed_in import SECRET_KEY, cookies

ROOT = Path(__file__).parents[3]
_GIVE_UP_S = 30.0
_SAYS_WHY_WITHIN_S = 5.0
_COMMAND_ENDS_WITHIN_S = 120.0
_AS_BOB = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies("bob").items())}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, when it was asked for (`time.monotonic()`), and how long it took."""

    asked_at: float
    took_s: float
    status: int
    text: str
    headers: httpx2.Headers


class Served:
    """One running `slb serve`."""

    def __init__(
        self,
        process: "subprocess.Popen[str] | ForkedCommand",
        log_path: Path,
        address: str,
        listened_after_s: float,
    ) -> None:
        self.process = process
        self.address = address
        self.listened_after_s = listened_after_s
        """How long it took to start, without the time it had to wait for a processor."""
        self._log_path = log_path
        self._client = httpx2.Client(base_url=address, timeout=_GIVE_UP_S, headers=_AS_BOB)

    @property
    def log(self) -> str:
        """Return everything it has logged so far."""
        return self._log_path.read_text(encoding="utf-8")

    def events(self, *names: str) -> list[dict[str, Any]]:
        """Return the events logged so far, only those of `names` if there are any."""
        # The last line may still be being written.
        found = [json.loads(line) for line in self.log.splitlines(keepends=True) if line.endswith("\n")]
        return [event for event in found if not names or event["event"] in names]

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path, as bob does."""
        asked_at = time.monotonic()
        answer = self._client.request(method, path, headers=headers)
        leaks.hunt_answer(method, path, "", answer)
        return Answer(asked_at, time.monotonic() - asked_at, answer.status_code, answer.text, answer.headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Send a form, as its page does."""
        asked_at = time.monotonic()
        answer = self._client.post(path, data=dict(fields), headers={"Origin": self.address, **headers})
        leaks.hunt_answer("POST", path, "", answer)
        return Answer(asked_at, time.monotonic() - asked_at, answer.status_code, answer.text, answer.headers)

    def until(self, path: str, status: int) -> float:
        """Ask for `path` until it answers `status`, and return how many seconds that took."""
        started = time.monotonic()
        while self.get(path).status != status:
            assert time.monotonic() - started < _GIVE_UP_S, self.log
            time.sleep(0.02)
        return time.monotonic() - started

    def until_logged(self, name: str) -> dict[str, Any]:
        """Wait until an event is in the log, and return the first of that name."""
        started = time.monotonic()
        while not (found := self.events(name)):
            assert time.monotonic() - started < _GIVE_UP_S, [
                (event["timestamp"], event["event"], event.get("text", "")[:60]) for event in self.events()
            ]
            time.sleep(0.02)
        return found[0]

    async def traffic(
        self, path: str, *, every_s: float, until: asyncio.Event, at_most: int | None = None
    ) -> list[Answer]:
        """Ask for `path` at a steady pace, whether or not earlier answers have come; give all answers."""

        async def ask() -> Answer:
            asked_at = time.monotonic()
            answer = await client.get(path)
            return Answer(asked_at, time.monotonic() - asked_at, answer.status_code, answer.text, answer.headers)

        unlimited = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(
            base_url=self.address, timeout=_GIVE_UP_S, limits=unlimited, headers=_AS_BOB
        ) as client:
            asking: list[asyncio.Task[Answer]] = []
            while not until.is_set() and len(asking) != at_most:
                asking.append(asyncio.create_task(ask()))
                await asyncio.sleep(every_s)
            return list(await asyncio.gather(*asking))

    def stop(self) -> int:
        """Ask it to stop as a service manager does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_GIVE_UP_S)

    def close(self) -> None:
        """Close the connections to it."""
        self._client.close()


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return an environment that holds `settings` and nothing else of this machine's."""
    leaks.mark_settings(settings)
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "SSL_CERT_DIR": os.devnull,
        "LOG_FORMAT": "json",
        "SLB_DATA_DIR": str(folder / "data"),
        "SECRET_KEY": SECRET_KEY,
        "STOP_DRAIN_S": "0",  # no proxy has to find out
        **settings,
    }


def slb(folder: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """Run a command as an operator does, but forked, and return its exit code and all that it said."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        outputs = (stdout.fileno(), stderr.fileno())
        process = ForkedCommand(arguments, folder, environment(folder, **settings), outputs)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_COMMAND_ENDS_WITHIN_S)
        said = "".join(os.pread(one, os.fstat(one).st_size, 0).decode() for one in outputs)
    code = process.poll()
    assert code is not None, f"slb {' '.join(arguments)} goes on, and said: {said}"
    causes.keep(f"slb {' '.join(arguments)} exited with {code}", said)
    leaks.hunt(said, f"slb {' '.join(arguments[:1])}")
    return code, said


def _waited_for_a_processor_s(pid: int) -> float:
    """Return how long other programs kept a process from running, which is no time of its own."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


@contextlib.contextmanager
def run_serve(folder: Path, *arguments: str, enter: tuple[str, ...] = (), **settings: str) -> Generator[Served]:
    """Yield a `slb serve` with `arguments` in `folder` with `settings` as its environment, once it says where it is.

    `enter` is a command that runs it, for instance elsewhere. It is forked unless it has that or arguments.
    """
    log_path = folder / "serve.log"
    causes.watch_log(log_path)
    words, around = ("serve", "--port", "0", *arguments), environment(folder, **settings)
    started = time.monotonic()
    process: subprocess.Popen[str] | ForkedCommand
    with log_path.open("wb") as log:
        if not enter and not arguments:
            ours, theirs = os.pipe()
            process = ForkedCommand(words, folder, around, (theirs, log.fileno()), os.fdopen(ours, encoding="utf-8"))
            os.close(theirs)
        else:
            process = subprocess.Popen(
                [*enter, sys.executable, "-m", "shareable_backlog", *words],
                cwd=folder, env=around, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
    running: Served | None = None
    try:
        assert process.stdout is not None
        announced = re.search(r"http://\S+(?=/)", process.stdout.readline())
        assert announced, log_path.read_text()
        running = Served(process, log_path, announced[0], 0.0)
        running.get("/healthz")
        running.listened_after_s = time.monotonic() - started - _waited_for_a_processor_s(process.pid)
        yield running
    except Exception:
        # It logs by a thread of its own, and what it has to say of the cause would be lost.
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SAYS_WHY_WITHIN_S)
        raise
    finally:
        if running is not None:
            running.close()
        process.kill()
        process.wait(_GIVE_UP_S)
        if process.stdout:
            process.stdout.close()
    leaks.hunt(log_path.read_text(encoding="utf-8"), "The log of slb serve")


@contextlib.contextmanager
def run_watch(folder: Path, **settings: str) -> Generator["subprocess.Popen[bytes]"]:
    """Yield a `slb sync --watch`, which writes its log into `watch.log` of `folder`."""
    log_path = folder / "watch.log"
    causes.watch_log(log_path)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "shareable_backlog", "sync", "--watch"],
            cwd=folder, env=environment(folder, **settings), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
    leaks.hunt(log_path.read_text(encoding="utf-8"), "The log of slb sync --watch")


def list_workers(pid: int) -> list[int]:
    """Return the processes of a server with workers: those that serve, and the last one for the background work."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
