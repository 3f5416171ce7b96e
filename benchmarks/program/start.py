"""Time a second `slb serve --sample` on the embedded server, from the start of the process to its first page."""

import time
from collections.abc import Generator
from statistics import median

from benchmarks import rig
from benchmarks.rig import Row


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the first start, which makes the database, and the median of those after it."""
    with rig.data_folder() as folder:
        environ = rig.environment(SLB_DATA_DIR=str(folder))
        first_s = _started(environ)
        walls_s = [_started(environ) for _ in range(2 if quick else 7)]
    yield Row("first start, makes the database", f"{first_s:.2f} s")
    yield Row("later starts", f"{median(walls_s):.2f} s ({min(walls_s):.2f} to {max(walls_s):.2f})")
    yield rig.at_most("later starts, the slowest", max(walls_s), 3.0, " s")


def _started(environ: dict[str, str]) -> float:
    started = time.perf_counter()
    with rig.serving([*rig.SLB, "serve", "--sample"], environ, "/"):
        return time.perf_counter() - started
