"""Measure a first `slb sync` beside a download of the same pages, and PostgreSQL's part of it beside a bare COPY."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypedDict

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks import rig
from benchmarks.rig import Row, cpu
from shareable_backlog.streams import STREAMS


class Fake(TypedDict):
    """Where a fake Linear is."""

    url: str
    key: str


@dataclass(frozen=True, slots=True)
class FirstSync:
    """One round: a download, a first sync right after it with PostgreSQL's processor time, and that of the floor."""

    download: rig.Run
    sync: rig.Run
    postgres_s: float
    floor_s: float


def download(fake: Fake) -> rig.Run:
    """Fetch all that a first sync fetches, into nothing."""
    return rig.timed((sys.executable, "-m", "benchmarks.rig.download", fake["url"], fake["key"]), rig.environment())


def environment(conninfo: str, fake: Fake) -> dict[str, str]:
    """Return the environment of `slb` between that Linear and a database."""
    return rig.environment(DATABASE_URL=rig.url_of(conninfo), LINEAR_API_URL=fake["url"], LINEAR_API_KEY=fake["key"])


def measure(conninfo: str, fake: Fake) -> FirstSync:
    """Download everything, sync it into the empty database, and copy it from there into bare tables."""
    downloaded = download(fake)
    with psycopg.connect(conninfo, autocommit=True) as database:
        database.execute("CHECKPOINT")
        before = cpu.read_postgres_s(database)
        synced = rig.timed([*rig.SLB, "sync"], environment(conninfo, fake))
        used = cpu.read_postgres_s(database) - before
        return FirstSync(downloaded, synced, used, _measure_floor(database))


def describe(rounds: Sequence[FirstSync], name: str, *, ratio: float, postgres_s: float | None) -> list[Row]:
    """Return the rows of some rounds; the ratios are medians of each round's own, as neighbours slow both alike."""
    floor = median(one.floor_s for one in rounds)
    of_postgres = median(one.postgres_s for one in rounds)
    used = "processor time of PostgreSQL for it"
    return [
        Row(f"download of {name}", _say([one.download.wall_s for one in rounds])),
        Row("slb sync of them into an empty mirror", _say([one.sync.wall_s for one in rounds])),
        rig.at_most("slb sync / download", median(one.sync.wall_s / one.download.wall_s for one in rounds), ratio),
        Row("processor time of slb sync", _say([one.sync.cpu_s for one in rounds])),
        Row("processor time of the download", _say([one.download.cpu_s for one in rounds])),
        rig.at_most(used, of_postgres, postgres_s, " s") if postgres_s else Row(used, f"{of_postgres:.2f} s"),
        Row("the same rows by COPY into bare tables", f"{floor:.2f} s"),
        Row("PostgreSQL / COPY", f"{median(one.postgres_s / one.floor_s for one in rounds):.1f}"),
        rig.at_most("slb sync, peak memory", max(one.sync.peak_mb for one in rounds), 200, " MB"),
    ]


def _say(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def _measure_floor(database: psycopg.Connection) -> float:
    """Return the processor time of COPY of the mirror's rows into tables without keys, indexes and triggers."""
    used = 0.0
    for stream in STREAMS.values():
        table, bare = Identifier(stream.table), Identifier(f"bare_{stream.table}")
        columns = SQL(", ").join(map(Identifier, stream.kind.__struct_fields__))
        database.execute(SQL("CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA").format(bare, columns, table))
        with database.cursor() as cursor:
            with cursor.copy(SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(columns, table)) as rows:
                parts = [bytes(part) for part in rows]
            before = cpu.read_postgres_s(database)
            with cursor.copy(SQL("COPY {} FROM STDIN").format(bare)) as copy:
                for at in range(0, len(parts), 1_000):
                    copy.write(b"".join(parts[at : at + 1_000]))
            used += cpu.read_postgres_s(database) - before
        database.execute(SQL("DROP TABLE {}").format(bare))
    return used
