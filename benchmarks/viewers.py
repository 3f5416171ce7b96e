"""Let 200 people look at pages of 100,000 items at once for 60 s: how long each waits.

All are served by one process, then by two (`--workers 2`). Each has a session of their own and asks over a kept
connection for lists, filtered, searched and grouped ones, the board, and pages of items, in no order; at first each
takes 2 s to look at a page on average, then none at all. The load is made by wrk on the same machine.
"""

from collections.abc import Generator

from benchmarks import rig
from benchmarks.rig import Row, backlogs, wrk
from benchmarks.rig.reader import Reader

_VIEWERS = 200
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
        for words, options in (("one process", ()), ("two processes", ("--workers", "2"))):
            with rig.serving([*rig.SLB, "serve", *options], environ, "/readyz") as address:
                yield from _load(address, seconds, words)


def _load(address: str, seconds: int, processes: str) -> Generator[Row]:
    _, identifiers = Reader(address).path_of_page(4)
    paths = [*_PATHS * 8, *(f"/items/{identifier}" for identifier in identifiers)]
    cookies = backlogs.viewer_cookies()
    asked = [(path, cookies[number % len(cookies)]) for number, path in enumerate(paths * 5)]
    for pause_ms, words in ((2_000, "2 s a page"), (0, "without a pause")):
        load = wrk.driven(address, seconds, asked, connections=_VIEWERS, pause_ms=pause_ms)
        waits = f"median {load.p50_ms:.0f} ms, p99 {load.p99_ms:.0f} ms"
        yield Row(f"{processes}, {words}", f"{waits}, {load.per_s:.0f} pages/s")
        yield rig.at_most(f"{processes}, {words}: failed of {load.requests:,}", load.failed, 0)
