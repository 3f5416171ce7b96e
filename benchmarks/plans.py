"""Look at the plans of all statements of the pages of `lists` at 1,000,000 items: none may read a large table whole.

The server of the mirror explains each statement as it runs (auto_explain), so these are the plans of the statements
themselves, with the number of rows that each step really read.
"""

import contextlib
import json
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks import lists, rig
from benchmarks.rig import Row, backlogs
from benchmarks.rig.reader import Reader, Unanswered

_LARGE = {"backlog_items", "search_entries", "comments", "item_relations", "attachments", "field_changes"}
_EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_format": "json",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
}
_OFFENDERS = "times that a large table was read whole"
_PLAN = re.compile(r"duration: ([\d.]+) ms  plan:\n((?:\t.*\n)+)")


@dataclass(frozen=True, slots=True)
class _Statement:
    """What was explained; `most_rows` is the largest number of rows that one step read."""

    took_ms: float
    text: str
    plan: dict[str, Any]

    def whole(self) -> list[str]:
        """Return the steps that read a large table from beginning to end."""
        return [
            _line(node)
            for node in _nodes(self.plan)
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in _LARGE and node["Actual Loops"]
        ]

    def most_rows(self) -> int:
        """Return the largest number of rows of large tables that one step read, those that it left out too."""
        return max((_rows(node) for node in _nodes(self.plan)), default=0)


def measure(*, quick: bool) -> Generator[Row]:
    """Yield a row for each page; a statement that reads a large table whole is printed with its plan."""
    size = lists.sizes(quick=quick)[-1]
    with backlogs.databases(size) as mirrors:
        options = " ".join(f"-c {name}={value}" for name, value in _EXPLAINED.items())
        url = rig.url_of(make_conninfo(mirrors[size], options=options))
        # What takes too long has a plan only if it is let to its end.
        environ = rig.environment(DATABASE_URL=url, DATABASE_STATEMENT_TIMEOUT_MS="120000")
        with (
            rig.serving([*rig.SLB, "serve"], environ, "/readyz") as address,
            psycopg.connect(mirrors[size], autocommit=True) as database,
            backlogs.log_of_server().with_name("plans.txt").open("w") as file,
        ):
            reader = Reader(address)
            others = lists.find_paths(reader, database)
            offenders = 0
            for name, (usual, _) in lists.PAGES.items():
                path = usual or next(others[name])
                with contextlib.suppress(Unanswered):
                    reader.read(path)  # what comes from the disk the first time is not what is looked for
                database.execute("UPDATE mirror_versions SET version = gen_random_uuid()")
                before = backlogs.log_of_server().stat().st_size
                try:
                    reader.read(path)
                except Unanswered as refused:
                    yield Row(name, str(refused), "an answer", met=False)
                    continue
                ran = list(_explained(before))
                offenders += sum(len(one.whole()) for one in ran)
                _told(file, name, ran)
                slowest = max(ran, key=lambda one: one.took_ms)
                rows = max(one.most_rows() for one in ran)
                figure = f"{len(ran)} statements, the slowest {slowest.took_ms:.1f} ms, most rows in a step {rows:,}"
                yield Row(name, figure)
            yield Row("all of them with their plans", file.name)
    # Of few items all are read at once, and rightly.
    yield Row(_OFFENDERS, str(offenders)) if quick else rig.at_most(_OFFENDERS, offenders, 0)


def _explained(since: int) -> Iterator[_Statement]:
    """Yield what stands in the server's log after the byte `since`."""
    with backlogs.log_of_server().open("rb") as log:
        log.seek(since)
        text = log.read().decode(errors="replace")
    for found in _PLAN.finditer(text):
        explained = json.loads(found[2].replace("\n\t", "\n"))
        yield _Statement(float(found[1]), " ".join(explained["Query Text"].split()), explained["Plan"])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _rows(node: dict[str, Any]) -> int:
    if node.get("Relation Name") not in _LARGE and node["Node Type"] != "Bitmap Index Scan":
        return 0
    removed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
    return round((node["Actual Rows"] + removed) * node["Actual Loops"])


def _told(file: IO[str], name: str, ran: Iterable[_Statement]) -> None:
    """Print which statements read a large table whole, and write all of them with their plans to `file`."""
    for one in ran:
        lines = "\n".join(_drawn(one.plan))
        file.write(f"{name}, {one.took_ms:.1f} ms: {one.text}\n{lines}\n\n")
        for step in one.whole():
            print(f"  {name} reads a table whole: {step}, in {one.text[:100]}...")


def _drawn(plan: dict[str, Any], depth: int = 0) -> Iterator[str]:
    yield f"{'  ' * depth}{_line(plan)}"
    for below in plan.get("Plans", ()):
        yield from _drawn(below, depth + 1)


def _line(node: dict[str, Any]) -> str:
    of = " ".join(str(node[key]) for key in ("Relation Name", "Index Name") if key in node)
    rows = f"{node['Plan Rows']} rows expected, {node['Actual Rows']} x {node['Actual Loops']} found"
    conditions = "; ".join(str(node[key])[:200] for key in ("Index Cond", "Filter") if key in node)
    return f"{node['Node Type']} {of} ({rows}) {conditions}".rstrip()
