"""Count what 1,000 page views ask of Linear, beside a board that asks Linear at each view, as is usual.

Linear is the tests' fake one, which counts; the mirror was filled from it, and no sync is due meanwhile. Viewed are
lists, filtered, searched and grouped ones, the board, and pages of items.
"""

from collections.abc import Generator
from itertools import cycle, islice

from benchmarks import rig
from benchmarks.rig import Row, mirrored
from benchmarks.rig.reader import Reader

_PATHS = ("/", "/?type=started", "/?q=item", "/?group=state", "/board", "/changes", "/roadmap")


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the number of requests to Linear."""
    views, items = (100, 20) if quick else (1_000, 200)
    with mirrored.serving_issues(items, SYNC_INTERVAL_S="86400") as mirror:
        reader = Reader(mirror.address)
        paths = [*_PATHS, *(f"/items/{identifier}" for identifier in reader.read("/").identifiers())]
        before = len(mirror.linear.requests)
        for path in islice(cycle(paths), views):
            reader.read(path)
        asked = len(mirror.linear.requests) - before
    yield Row(f"requests to Linear of {views:,} views, live proxy", f"{views:,} at least")
    yield rig.at_most(f"requests to Linear of {views:,} views, slb", asked, 0)
