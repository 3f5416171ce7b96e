"""Run syncs in a process of its own, which has a pool and a run of its own on the same database, as it is told."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from shareable_backlog import database, logs
from shareable_backlog.config import parse_settings
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.errors import BacklogError
from shareable_backlog.linear.connection.retry import Retries
from shareable_backlog.sync import pull
from shareable_backlog.sync.pull import SyncRequest
from shareable_backlog.sync.runs import RunReport
from shareable_backlog.sync.store import StreamPage

_ROOT = Path(__file__).parents[3]


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


RETRIES = Retries(attempts=2, sleep=_at_once)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended that did not fail."""

    status: str
    is_full: bool
    total: RowCounts


def judge(report: RunReport) -> Outcome:
    return Outcome(report.status, report.is_full, report.total)


@dataclass(slots=True)
class OtherProcess:
    """A second process, started when it is first needed."""

    settings: Mapping[str, str]
    process: asyncio.subprocess.Process | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, **wanted: Any) -> Outcome | None:
        """Let it run once and return what came of it; None when it failed, as when another sync was running."""
        async with self.lock:
            answering = asyncio.ensure_future(self._ask(wanted))
            try:
                return await asyncio.shield(answering)
            except asyncio.CancelledError:
                await answering
                raise

    async def _ask(self, wanted: Mapping[str, Any]) -> Outcome | None:
        process = self.process = self.process or await self._start()
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        answer = json.loads(await process.stdout.readline())
        return answer and Outcome(answer["status"], answer["is_full"], RowCounts(**answer["total"]))

    async def _start(self) -> asyncio.subprocess.Process:
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR")}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__),
            env=environment | {"PYTHONPATH": str(_ROOT), "SETTINGS": json.dumps(dict(self.settings))},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    async def end(self) -> None:
        """End it, which it does by itself when nobody can tell it anything any more."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            await self.process.wait()


async def _serve() -> None:
    settings = json.loads(os.environ["SETTINGS"])
    logs.configure_logs("error", "console")
    async with database.open_database(parse_settings(settings)):
        async for wanted in _read_lines():
            outcome: Any = None
            with contextlib.suppress(BacklogError):
                parsed = parse_settings(settings | wanted["settings"])
                request = SyncRequest(wanted["trigger"], wanted["is_full"], wanted["removals_allowed"])
                outcome = msgspec.to_builtins(
                    judge(await pull.run_sync(parsed, request, _ignore_page, retries=RETRIES))
                )
            sys.stdout.write(json.dumps(outcome) + "\n")
            sys.stdout.flush()


def _ignore_page(_report: RunReport, _page: StreamPage) -> None:
    """Say nothing."""


async def _read_lines() -> AsyncIterator[Any]:
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield json.loads(line)


if __name__ == "__main__":
    asyncio.run(_serve())
