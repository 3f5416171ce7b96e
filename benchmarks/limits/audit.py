"""Write to the audit log by 16 clients at once, each for a person of its own, beside a `slb serve` that seals.

The clients are PostgreSQL's own pgbench, so that two cores measure the database and not Python. A row is what viewing
an item writes; each is committed by itself. Then verify the log: the time is scaled to a million rows.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks import rig
from benchmarks.rig import Row
from shareable_backlog.database.embedded import embedded_cluster

_CLIENTS = 16
_SCRIPT = """
INSERT INTO audit_logs (user_id, actor_email, action, resource, resource_id, details, ip_address, user_agent,
                        is_admin_action, outcome)
VALUES (:client_id + 1, 'person', 'item.viewed', 'item', 'ENG-1', '{}', '192.0.2.7', 'Firefox', false, 'done');
"""


def measure(*, quick: bool) -> Generator[Row]:
    """Yield inserts a second, how long the last row waited for its seal, and what a verification takes."""
    with rig.server() as server, rig.database(server) as conninfo, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(conninfo) as connection:
            connection.execute(
                "INSERT INTO users (email) SELECT n || '@example.com' FROM generate_series(1, %s) AS n", [_CLIENTS]
            )
        environ = rig.environment(DATABASE_URL=rig.url_of(conninfo), SLB_DATA_DIR=folder)
        with rig.started([*rig.SLB, "serve"], environ, "/readyz"):
            rate = _run_clients(conninfo, Path(folder), 3 if quick else 15)
            yield rig.at_least("inserts a second, 16 clients", rate, 4000)
            yield rig.at_most("until the last row is sealed", _wait_for_seal(conninfo), 2, " s")
        yield from _measure_verification(conninfo, environ, 10_000 if quick else 100_000)


def _run_clients(conninfo: str, folder: Path, seconds: int) -> float:
    script = folder / "insert.sql"
    script.write_text(_SCRIPT)
    words = conninfo_to_dict(conninfo)
    environ = {
        f"PG{name.upper()}": str(words[name]) for name in ("host", "port", "user", "password") if name in words
    }
    ran = subprocess.run(
        [
            embedded_cluster.find_package() / "pginstall" / "bin" / "pgbench", "--no-vacuum", "--protocol=prepared",
            f"--client={_CLIENTS}", "--jobs=2", f"--time={seconds}", f"--file={script}", str(words["dbname"]),
        ],
        env=os.environ | environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", ran.stdout)
    if found is None:
        raise RuntimeError(f"pgbench said: {ran.stdout}")
    return float(found[1])


def _wait_for_seal(conninfo: str) -> float:
    started = time.perf_counter()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while connection.execute("SELECT FROM unsealed_audit_logs LIMIT 1").fetchone():
            time.sleep(0.01)
    return time.perf_counter() - started


def _measure_verification(conninfo: str, environ: Mapping[str, str], rows: int) -> Generator[Row]:
    before, first = _verify(conninfo, environ)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            """
            INSERT INTO audit_logs (user_id, action, resource, resource_id, details, ip_address, user_agent)
            SELECT n %% 16 + 1, 'item.viewed', 'item', 'ENG-' || n, '{}', '192.0.2.7', 'Firefox'
            FROM generate_series(1, %s) AS n
            """,
            [rows],
        )
    # Every command seals at its end.
    sealing = rig.timed([*rig.SLB, "audit", "list", "--limit", "1"], environ)
    yield Row(f"to seal {rows:,} rows", f"{rows / sealing.wall_s:,.0f} rows/s")
    count, second = _verify(conninfo, environ)
    each_s = (second.wall_s - first.wall_s) / (count - before)
    yield rig.at_most("verify, scaled to 1,000,000 rows", first.wall_s + each_s * (1_000_000 - before), 30, " s")
    yield Row(f"verify {before:,} and {count:,} rows: memory", f"{first.peak_mb:.0f}, {second.peak_mb:.0f} MB")


def _verify(conninfo: str, environ: Mapping[str, str]) -> tuple[int, rig.Run]:
    """Return how many rows there are, and what it took to verify them."""
    with psycopg.connect(conninfo) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM audit_logs").fetchall()
    return count, rig.timed([*rig.SLB, "audit", "verify"], environ)
