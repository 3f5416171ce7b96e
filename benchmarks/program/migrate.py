"""Compare `slb migrate up` with nothing to do with node-pg-migrate 9 on the same database, as whole processes.

node-pg-migrate is started by node itself, without npm or npx, which would only make it slower. `slb --help` is timed
too: what a person waits for first.
"""

from collections.abc import Generator
from statistics import median

from benchmarks import rig
from benchmarks.rig import Row
from shareable_backlog.database.migrate import locate_migrations


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the medians and their ratio."""
    program = rig.node_modules() / "node-pg-migrate" / "bin" / "node-pg-migrate.js"
    theirs_command = ("node", program, "up", "-m", locate_migrations(), "--no-verbose")
    ours: list[float] = []
    theirs: list[float] = []
    helped: list[float] = []
    with rig.server() as server, rig.database(server) as conninfo:
        environ = rig.environment(DATABASE_URL=rig.url_of(conninfo))
        node_environ = rig.node_environment(conninfo)
        for _ in range(5 if quick else 25):
            ours.append(rig.timed([*rig.SLB, "migrate", "up"], environ).wall_s)
            theirs.append(rig.timed(theirs_command, node_environ).wall_s)
            helped.append(rig.timed([*rig.SLB, "--help"], environ).wall_s)
    yield _row("slb migrate up, nothing to do", ours)
    yield _row("node-pg-migrate up, nothing to do", theirs)
    yield rig.at_most("slb / node-pg-migrate", median(ours) / median(theirs), 1.0)
    yield _row("slb --help", helped)
    yield rig.at_most("slb --help", median(helped), 0.25, " s")


def _row(name: str, walls_s: list[float]) -> Row:
    return Row(name, f"{median(walls_s):.3f} s ({min(walls_s):.3f} to {max(walls_s):.3f})")
