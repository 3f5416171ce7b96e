"""Fill the record with 3,000,000 rows of a year, widen its keys, and remove its oldest month as retention does.

Beside it stands a copy in partitions by month, as nobody has built them: what it costs to drop one, to add rows, to
read the rows of seals as `slb audit verify` does, and to list the newest as the admins' page does (ADR 54).
"""

import asyncio
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import LiteralString

import psycopg
from psycopg.rows import TupleRow

from benchmarks import rig
from benchmarks.rig import Row, cpu
from shareable_backlog import database as program_database
from shareable_backlog import logs
from shareable_backlog.config import parse_settings
from shareable_backlog.database import migrate
from shareable_backlog.services.audit import audit_retention, audit_sealing
from tests.support.signed_in import SECRET_KEY

_ROWS, _QUICK_ROWS = 3_000_000, 60_000
_KEPT_DAYS = 330
_ROUNDS = 20
_TABLES = ("audit_logs", "monthly")
_BEFORE_WIDENING, _WIDENING = 65, 66

_FILL: LiteralString = """
SET session_replication_role = replica;
CREATE TEMP TABLE indexes AS SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'audit_logs' AND indexname LIKE 'idx%';
DO $$ DECLARE one TEXT; BEGIN
  FOR one IN SELECT indexname FROM indexes LOOP EXECUTE format('DROP INDEX %I', one); END LOOP;
END $$;
INSERT INTO users (email) SELECT 'person' || n || '@example.com' FROM generate_series(1, 200) AS n;
INSERT INTO audit_logs (user_id, actor_id, actor_email, action, resource, resource_id, details, ip_address,
                        user_agent, is_admin_action, outcome, created_at)
SELECT n % 200 + 1, n % 200 + 1, 'person' || n % 200 + 1 || '@example.com',
       CASE WHEN n % 100 < 94 THEN 'item.viewed' WHEN n % 100 < 99 THEN 'sign_in.refused' ELSE 'person.joined' END,
       'item', 'ENG-' || n % 40000, '{}', '192.0.2.7', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox/145.0',
       n % 100 = 99, CASE WHEN n % 1000 = 7 THEN 'refused' ELSE 'done' END,
       now() - make_interval(days => 360) * (1 - n::float8 / ROWS)
FROM generate_series(1, ROWS) AS n;
INSERT INTO audit_seals (number, position, ids, row_hashes, pruned_number, pruned_position, pruned_hash, sealed_at,
                         hash)
SELECT n, n * 25, ARRAY(SELECT generate_series((n - 1) * 25 + 1, n * 25)), decode(repeat(md5(n::text), 50), 'hex'),
       -1, 0, '', now(), decode(repeat(md5(n::text), 2), 'hex')
FROM generate_series(1, ROWS / 25) AS n;
DO $$ DECLARE one TEXT; BEGIN
  FOR one IN SELECT indexdef FROM indexes LOOP EXECUTE one; END LOOP;
END $$;
SET session_replication_role = origin
"""
_PARTITIONS: LiteralString = """
CREATE TABLE monthly (LIKE audit_logs INCLUDING DEFAULTS) PARTITION BY RANGE (created_at);
DO $$ BEGIN
  FOR month IN 0 .. 12 LOOP
    EXECUTE format(
      'CREATE TABLE monthly_%s PARTITION OF monthly FOR VALUES FROM (%L) TO (%L)', month,
      date_trunc('day', now()) - make_interval(days => 360 - 30 * month),
      date_trunc('day', now()) - make_interval(days => 330 - 30 * month)
    );
  END LOOP;
END $$;
CREATE TABLE monthly_rest PARTITION OF monthly DEFAULT;
INSERT INTO monthly SELECT * FROM audit_logs;
ALTER TABLE monthly ADD PRIMARY KEY (id, created_at),
ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL;
DO $$ DECLARE one TEXT; BEGIN
  FOR one IN
    SELECT regexp_replace(indexdef, '^CREATE INDEX \\w+ ON public.audit_logs ', 'CREATE INDEX ON monthly ')
    FROM indexes WHERE indexdef NOT LIKE '%UNIQUE%'
  LOOP
    EXECUTE one;
  END LOOP;
END $$;
CREATE TRIGGER sign_audit_log BEFORE INSERT ON monthly FOR EACH ROW EXECUTE FUNCTION sign_audit_log();
CREATE TRIGGER queue_audit_log AFTER INSERT ON monthly FOR EACH ROW EXECUTE FUNCTION queue_audit_log();
CREATE TRIGGER guard_audit_log BEFORE UPDATE ON monthly FOR EACH ROW EXECUTE FUNCTION guard_audit_log()
"""
_DAY: LiteralString = "created_at >= now() - interval '100 days' AND created_at < now() - interval '99 days'"
_LISTS: Mapping[str, str] = {
    "all rows": "true ORDER BY id DESC",
    "a person": "actor_email = 'person7@example.com' ORDER BY id DESC",
    "a rare act": "action = 'person.joined' ORDER BY id DESC",
    "refusals": "outcome = 'refused' ORDER BY id DESC",
    "admins' acts": "is_admin_action ORDER BY id DESC",
    "a day": _DAY + " ORDER BY created_at DESC, id DESC",
    "a day, by number": _DAY + " ORDER BY id DESC",
    "a text": "concat_ws(' ', actor_email, resource, resource_id, details) ILIKE '%ENG-39998%' ORDER BY id DESC",
}


def measure(*, quick: bool) -> Generator[Row]:
    """Yield what each costs, in both forms where there are two."""
    logs.configure_logs("error", "console")
    rows = _QUICK_ROWS if quick else _ROWS
    with rig.server() as server, rig.database(server) as conninfo:
        migrate.revert_migrations(conninfo, to=_BEFORE_WIDENING)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            _run_all(connection, _FILL.replace("ROWS", str(rows)))
            connection.execute("VACUUM ANALYZE audit_logs, audit_seals")
            yield from _measure_widening(conninfo, connection, rows)
            migrate.apply_migrations(conninfo)
            _run_all(connection, _PARTITIONS)
            connection.execute("VACUUM ANALYZE")
            yield from _measure_reads(connection, rows)
            yield from _measure_inserts(connection)
            yield from _measure_pruning(conninfo, connection)
            yield from _measure_drop(connection)


def _run_all(connection: psycopg.Connection[TupleRow], statements: str) -> None:
    connection.execute(statements.encode())


def _measure_widening(conninfo: str, connection: psycopg.Connection[TupleRow], rows: int) -> Generator[Row]:
    with _counted(connection) as cost:
        migrate.apply_migrations(conninfo, to=_WIDENING)
    yield Row(f"to widen the keys of {rows:,} rows, locked", cost.describe())
    connection.execute("VACUUM ANALYZE audit_logs, audit_seals")


def _measure_reads(connection: psycopg.Connection[TupleRow], rows: int) -> Generator[Row]:
    for table in _TABLES:
        with _counted(connection) as cost:
            for first in range(1, rows, rows // 20):
                ids = list(range(first, first + 5000))
                connection.execute(f"SELECT count(l.details) FROM {table} AS l WHERE id = ANY(%s)".encode(), [ids])
        yield Row(f"20 times 5,000 rows by id, {table}", cost.describe())
    for name, condition in _LISTS.items():
        for table in _TABLES:
            statement = f"SELECT * FROM {table} WHERE {condition} LIMIT 51"
            with _counted(connection) as cost:
                for _ in range(_ROUNDS):
                    connection.execute(statement.encode(), prepare=False)
            yield Row(f"a list of {name}, {table}", f"{cost.cpu_s / _ROUNDS * 1000:.2f} ms")


def _measure_inserts(connection: psycopg.Connection[TupleRow]) -> Generator[Row]:
    for table in _TABLES:
        statement = (
            f"INSERT INTO {table} (user_id, action, resource, resource_id, details)"
            " SELECT n % 200 + 1, 'item.viewed', 'item', 'ENG-1', '{}' FROM generate_series(1, 50000) AS n"
        )
        with _counted(connection) as cost:
            connection.execute(statement.encode())
        yield Row(f"50,000 rows added, {table}", cost.describe())
    # Those of the copy are nobody's to seal.
    connection.execute(
        "DELETE FROM unsealed_audit_logs AS u WHERE NOT EXISTS (SELECT FROM audit_logs WHERE id = u.id)"
    )


@dataclass(slots=True)
class _Cost:
    """The time, PostgreSQL's processor time and the WAL that something took."""

    seconds: float = 0
    cpu_s: float = 0
    wal_mb: float = 0

    def describe(self) -> str:
        return f"{self.seconds:.2f} s, processor {self.cpu_s:.2f} s, WAL {self.wal_mb:.1f} MB"


@contextmanager
def _counted(connection: psycopg.Connection[TupleRow]) -> Generator[_Cost]:
    """Yield a cost that is known once the context is left."""
    cost, cpu_s, lsn, started = _Cost(), cpu.read_postgres_s(connection), _read_lsn(connection), time.perf_counter()
    yield cost
    cost.seconds, cost.wal_mb = time.perf_counter() - started, (_read_lsn(connection) - lsn) / 1e6
    cost.cpu_s = cpu.read_postgres_s(connection) - cpu_s


def _read_lsn(connection: psycopg.Connection[TupleRow]) -> int:
    [(lsn,)] = connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchall()
    return lsn


def _measure_pruning(conninfo: str, connection: psycopg.Connection[TupleRow]) -> Generator[Row]:
    connection.execute("CHECKPOINT")
    with _counted(connection) as cost:
        count, steps = asyncio.run(_prune(conninfo))
    yield Row(f"to prune {count:,} rows", cost.describe())
    yield Row("its steps; the middle one, the longest", f"{len(steps)}; {median(steps):.2f} s, {max(steps):.2f} s")
    with _counted(connection) as cost:
        connection.execute("VACUUM audit_logs, audit_seals")
    yield Row("to clear what it left (VACUUM)", cost.describe())
    [(size,)] = connection.execute("SELECT pg_total_relation_size('audit_logs') / 1000000").fetchall()
    yield Row("the record's size then", f"{size} MB")


async def _prune(conninfo: str) -> tuple[int, list[float]]:
    """Return how many rows went, and the seconds of each step."""
    settings = parse_settings({"DATABASE_URL": rig.url_of(conninfo), "SECRET_KEY": SECRET_KEY})
    config, steps, count = audit_sealing.build_seal_config(settings), list[float](), 0
    before = datetime.now(UTC) - timedelta(days=_KEPT_DAYS)
    async with program_database.open_database(settings):
        while True:
            started = time.perf_counter()
            async with program_database.transaction(within_s=60) as tx:
                pruned = await audit_retention.prune_oldest(tx, config, before, 5000)
            if pruned is None:
                return count, steps
            steps.append(time.perf_counter() - started)
            count += pruned.rows


def _measure_drop(connection: psycopg.Connection[TupleRow]) -> Generator[Row]:
    connection.execute("CHECKPOINT")
    with _counted(connection) as cost, connection.transaction():
        connection.execute("DROP TABLE monthly_0")
        [(locks,)] = connection.execute(
            "SELECT string_agg(relation::regclass || ' ' || mode, ', ') FROM pg_locks"
            " WHERE pid = pg_backend_pid() AND relation IN ('monthly'::regclass, 'users'::regclass)"
        ).fetchall()
    yield Row("to drop a partition", cost.describe())
    yield Row("what is locked meanwhile", locks)
