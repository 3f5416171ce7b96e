"""Let 200 people look at pages of 100,000 items at once for 60 s: how long each waits.

All are served by one process, then by two (`--workers 2`). Each has a session of their own and asks over a kept
connection for lists, filtered, searched and grouped ones, the board, and pages of items, in no order; at first each
takes 2 s to look at a page on average, then none at all. Then the same number looks for 2 s at pages of 5,000 items
while all of them are synced again and again and webhooks change one after the other, up to 20 a second. The load is
made by wrk on the same machine.
"""

import asyncio
import subprocess
import threading
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from benchmarks import rig
from benchmarks.rig import Row, backlogs, mirrored, wrk
from benchmarks.rig.deliveries import SECRET, open_sender, prepare
from benchmarks.rig.mirrored import Mirrored
from benchmarks.rig.reader import Reader

_VIEWERS = 200
_PAUSE_MS = 2_000
_PROCESSES = {"one process": (), "two processes": ("--workers", "2")}
_DELIVERIES_PER_S = 20
_PATHS = (
    "/", "/?team=ENG", "/?team=OPS&type=started", "/?label=Bug+phone", "/?assignee=Ada+Ash", "/?group=state",
    "/?group=team", "/board", "/board?team=WEB", "/?q=albatross", "/?q=heron", "/?priority=urgent&order=due",
)  # fmt: skip


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the waits and the failures, with one process and with two."""
    wrk.require()
    size, seconds = (10_000, 5) if quick else (100_000, 60)
    with backlogs.databases(size) as mirrors:
        environ = rig.environment(DATABASE_URL=rig.url_of(mirrors[size]))
        for words, options in _PROCESSES.items():
            with rig.serving([*rig.SLB, "serve", *options], environ, "/readyz") as address:
                yield from _load(address, seconds, words)
    for words, options in _PROCESSES.items():
        yield from _load_beside_changes(seconds, words, options, items=500 if quick else 5_000)


def _load(address: str, seconds: int, processes: str) -> Generator[Row]:
    _, identifiers = Reader(address).path_of_page(4)
    paths = [*_PATHS * 8, *(f"/items/{identifier}" for identifier in identifiers)]
    cookies = backlogs.viewer_cookies()
    asked = [(path, cookies[number % len(cookies)]) for number, path in enumerate(paths * 5)]
    for pause_ms, words in ((_PAUSE_MS, "2 s a page"), (0, "without a pause")):
        load = wrk.driven(address, seconds, asked, connections=_VIEWERS, pause_ms=pause_ms, is_compressed=True)
        waits = f"median {load.p50_ms:.0f} ms, p99 {load.p99_ms:.0f} ms"
        yield Row(f"{processes}, {words}", f"{waits}, {load.per_s:.0f} pages/s")
        yield rig.at_most(f"{processes}, {words}: failed of {load.requests:,}", load.failed, 0)


def _load_beside_changes(seconds: int, processes: str, options: tuple[str, ...], *, items: int) -> Generator[Row]:
    with mirrored.serving_issues(items, *options, LINEAR_WEBHOOK_SECRETS=SECRET) as mirror:
        identifiers = Reader(mirror.address).read("/").identifiers()
        paths = ["/", "/?group=state", "/board", "/?q=item", *(f"/items/{one}" for one in identifiers)]
        asked, is_over = [(path, rig.AS_BOB) for path in paths], threading.Event()
        with ThreadPoolExecutor(2) as workers:
            syncs = workers.submit(_sync_all, mirror.environ, is_over)
            deliveries = workers.submit(asyncio.run, _deliver(mirror, is_over))
            try:
                load = wrk.driven(
                    mirror.address, seconds, asked, connections=_VIEWERS, pause_ms=_PAUSE_MS, is_compressed=True
                )
            finally:
                is_over.set()
    words = f"{processes}, {syncs.result()} full syncs and {deliveries.result():,} deliveries beside"
    yield Row(words, f"median {load.p50_ms:.0f} ms, p99 {load.p99_ms:.0f} ms, {load.per_s:.0f} pages/s")
    yield rig.at_most(f"{words}: failed of {load.requests:,}", load.failed, 0)


def _sync_all(environ: Mapping[str, str], is_over: threading.Event) -> int:
    """Sync all that there is until told otherwise, and return how often."""
    done = 0
    while not is_over.is_set():
        subprocess.run([*rig.SLB, "sync", "--full"], env=environ, cwd="/", check=True, capture_output=True)
        done += 1
    return done


async def _deliver(mirror: Mirrored, is_over: threading.Event) -> int:
    """Deliver changes until told otherwise, and return how many."""
    done = 0
    async with open_sender(mirror.address) as sender:
        for issue in cycle(mirror.world.rows["issues"].values()):
            if is_over.is_set():
                break
            await asyncio.sleep(1 / _DELIVERIES_PER_S)
            await sender.send(prepare(mirror.world, issue), look=False)
            done += 1
    return done
