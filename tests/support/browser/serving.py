"""Run the program as an operator does, for a browser to look at."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx2

from tests.support import causes, leaks
from tests.support.signed_in import SECRET_KEY

ROOT = Path(__file__).parents[3]
_READY_WITHIN_S = 30


@contextlib.contextmanager
def serve_pages(folder: Path, *options: str, **settings: str) -> Generator[str]:
    """Yield the address of a `slb serve` in `folder` as soon as it listens; its environment is `settings`."""
    # One reader is all of them, and looks at more pages a minute than a person can.
    ours = {"PYTHONPATH": str(ROOT), "SECRET_KEY": SECRET_KEY, "LOG_FORMAT": "json", "PAGES_PER_MINUTE": "1000000"}
    environment = {**os.environ, **ours, **settings}
    leaks.mark_settings(environment)
    command = [sys.executable, "-m", "shareable_backlog", "serve", "--port", "0", *options]
    causes.watch_log(folder / "serve.log")
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        announced = re.search(r"http://[\d.:]+", process.stdout.readline().decode())
        assert announced, (folder / "serve.log").read_text()
        yield announced[0]
    finally:
        process.terminate()
        process.communicate(timeout=20)
    leaks.hunt((folder / "serve.log").read_text(encoding="utf-8"), "The log of slb serve")


def wait_until_ready(address: str) -> None:
    """Wait until pages can be served: a server that listens may still be opening its database."""
    until = time.monotonic() + _READY_WITHIN_S
    while not httpx2.get(f"{address}/readyz", timeout=_READY_WITHIN_S).is_success:
        assert time.monotonic() < until, "the server did not become ready"
        time.sleep(0.05)


def read_log(address: str, log: Path) -> str:
    """Return the log of the program with all that it has said so far, which it writes a little later."""
    # Lines come in their order.
    last = httpx2.get(f"{address}/robots.txt", timeout=_READY_WITHIN_S).headers["x-request-id"]
    until = time.monotonic() + _READY_WITHIN_S
    while last not in (text := log.read_text(encoding="utf-8")):
        assert time.monotonic() < until, "the log did not come"
        time.sleep(0.01)
    return text
