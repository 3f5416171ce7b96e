"""Send 10,000 refused and forged requests of all kinds from as many networks, and count the rows that they leave."""

from collections.abc import Generator

from benchmarks import rig
from benchmarks.rig import Row
from shareable_backlog import logs
from tests.support import refusals

_REQUESTS, _QUICK_REQUESTS = 10_000, 1_500


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the rows that each table gained, and all of them."""
    logs.configure_logs("error", "console")
    with rig.server() as server, rig.database(server) as conninfo:
        added = refusals.count_rows_of_refusals(conninfo, _QUICK_REQUESTS if quick else _REQUESTS)
    for table, count in sorted(added.items()):
        yield Row(table, f"{count} rows")
    yield rig.at_most("all tables", sum(added.values()), refusals.MOST_ROWS, " rows")
