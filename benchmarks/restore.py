"""Back up a mirror of 100,000 items, restore it on a new embedded server whose data is safe, and prove it whole.

The time of PostgreSQL's programs and servers is in it. `verify` is what `slb backup verify` does, on a server that
need not outlast a power cut.
"""

import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from benchmarks import rig
from benchmarks.rig import Row, backlogs
from shareable_backlog.config import parse_settings
from shareable_backlog.database.backup import backup_file
from shareable_backlog.database.embedded import embedded_server
from shareable_backlog.services.backup import verification

T = TypeVar("T")


def measure(*, quick: bool) -> Generator[Row]:
    """Yield how long each step takes, once."""
    size = 10_000 if quick else 100_000
    with backlogs.databases(size) as mirrors, tempfile.TemporaryDirectory(prefix="slb-restore-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # for PostgreSQL's account
        file = folder / "backup"
        backup_s, written = _time(lambda: backup_file.dump_database(mirrors[size], file))
        yield Row("rows, MB", f"{sum(written.rows.values()):,}, {file.stat().st_size / 2**20:.0f}")
        yield Row("backup", f"{backup_s:.1f} s")
        settings = parse_settings({"SLB_DATA_DIR": str(folder / "data")})
        with embedded_server.run_server(settings.data_dir) as conninfo:
            restore_s, _ = _time(lambda: backup_file.restore_database(conninfo, file))
            compare_s, faults = _time(lambda: verification.compare_rows(conninfo, written.rows))
            record_s, record = _time(lambda: verification.verify_record(settings, settings))
        _require_whole([*faults, *(fault.sentence for fault in record.faults)])
        yield rig.at_most("restore, verified", restore_s + compare_s + record_s, 300, " s")
        verify_s, verdict = _time(lambda: verification.verify_backup(settings, file))
        _require_whole(verdict.faults)
        yield rig.at_most("verify", verify_s, 300, " s")


def _time(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    done = work()
    return time.perf_counter() - started, done


def _require_whole(faults: list[str]) -> None:
    if faults:
        raise RuntimeError(f"what was restored is not what was backed up: {faults[0]}")
