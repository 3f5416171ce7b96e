"""Look at an item with 60 comments of 100 kB that are made to be slow, and at one that people wrote, again and again.

The time is that of the server's processor (Linux only), which others would have to wait for.
"""

import os
import sys
from collections.abc import Generator
from pathlib import Path
from statistics import median

import psycopg

from benchmarks import rig
from benchmarks.rig import Row
from benchmarks.rig.reader import Reader
from tests.support.signed_in import let_in

_SLOW = "*_" * 50_000
_WRITTEN = "The roof leaks when it **rains**, see ENG-2 and [the plan](https://example.com/plan).\n\n- `one`\n"
_ITEMS = {"ENG-1": ([_SLOW] * 60, 1000, 100), "ENG-2": ([_WRITTEN * 6] * 12, 0, 0)}


def measure(*, quick: bool) -> Generator[Row]:
    """Yield the first and later looks at each."""
    if sys.platform != "linux":
        raise rig.Unavailable("the processor time of another process is read from /proc, which only Linux has")
    with rig.server() as server, rig.database(server) as conninfo:
        let_in(conninfo)
        _store_items(conninfo)
        environ = rig.environment(DATABASE_URL=rig.url_of(conninfo))
        with rig.started([*rig.SLB, "serve"], environ, "/readyz") as (address, pid):
            reader = Reader(address)
            reader.read("/items/ENG-3")
            for identifier, what in (("ENG-1", "made to be slow"), ("ENG-2", "written by people")):
                times = [_time_look(reader, pid, identifier) for _ in range(4 if quick else 30)]
                _, first_bar, later_bar = _ITEMS[identifier]
                for name, time_ms, bar in (("first", times[0], first_bar), ("later", median(times[1:]), later_bar)):
                    row = f"{what}, {name}"
                    yield rig.at_most(row, time_ms, bar, " ms") if bar else Row(row, f"{time_ms:.1f} ms")


def _time_look(reader: Reader, pid: int, identifier: str) -> float:
    before = _read_cpu_ms(pid)
    reader.read(f"/items/{identifier}")
    return _read_cpu_ms(pid) - before


def _read_cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _store_items(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO teams (id, key, name, private, created_at, updated_at)"
            " VALUES ('t', 'ENG', 'Engineering', false, now(), now())"
        )
        for number in (1, 2, 3):
            connection.execute(
                "INSERT INTO backlog_items (id, identifier, number, title, team_id, url, created_at, updated_at)"
                " VALUES (%(id)s, %(id)s, %(number)s, 'Roof', 't', 'https://linear.app/x', now(), now())",
                {"id": f"ENG-{number}", "number": number},
            )
        for identifier, (bodies, _, _) in _ITEMS.items():
            for number, body in enumerate(bodies):
                connection.execute(
                    "INSERT INTO comments (id, issue_id, body, hide_in_linear, created_at, updated_at)"
                    " VALUES (%s, %s, %s, false, now(), now())",
                    [f"{identifier}-{number}", identifier, f"{number} {body}"],
                )
