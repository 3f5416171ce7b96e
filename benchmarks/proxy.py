"""Count what 1,000 page views ask of Linear, beside a board that asks Linear at each view, as is usual.

Linear is the tests' fake one, which counts; the mirror was filled from it, and no sync is due meanwhile. Viewed are
lists, filtered, searched and grouped ones, the board, and pages of items.
"""

from collections.abc import Generator
from itertools import cycle, islice

from benchmarks import rig
from benchmarks.rig import Row
from benchmarks.rig.reader import Reader
from tests.fakes.linear import World, run_linear
from tests.support.signed_in import let_in

_PATHS = ("/", "/?type=started", "/?q=item", "/?group=state", "/board", "/changes", "/roadmap")


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the number of requests to Linear."""
    views, items = (100, 20) if quick else (1_000, 200)
    world = World()
    for number in range(items):
        world.add_issue(title=f"Item {number}")
    with rig.server() as server, rig.database(server) as conninfo, run_linear(world) as fake:
        let_in(conninfo)
        environ = rig.environment(
            DATABASE_URL=rig.url_of(conninfo),
            LINEAR_API_URL=fake.url,
            LINEAR_API_KEY=fake.key,
            SYNC_INTERVAL_S="86400",
        )
        with rig.serving([*rig.SLB, "serve"], environ, "/readyz") as address:
            rig.wait_until(conninfo, rig.FILLED)
            reader = Reader(address)
            paths = [*_PATHS, *(f"/items/{identifier}" for identifier in reader.read("/").identifiers())]
            before = len(fake.requests)
            for path in islice(cycle(paths), views):
                reader.read(path)
            asked = len(fake.requests) - before
    yield Row(f"requests to Linear of {views:,} views, live proxy", f"{views:,} at least")
    yield rig.at_most(f"requests to Linear of {views:,} views, slb", asked, 0)
