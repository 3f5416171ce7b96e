"""Write what became of the cases into their table in docs/reliability.md; what was not played keeps its row."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.faults.case import Case
from benchmarks.faults.cases import CASES
from benchmarks.faults.rounds import Result

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
_HEAD = "| case | what happens in each round | stands for | rounds, lost | ready again after, held more | played |\n"
_RULE = "|---|---|---|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD + _RULE) + r"(?P<rows>(?:\|.*\n)*)")
_NOT_YET = "not yet | | "


def read_rows(text: str) -> dict[str, str]:
    """Return the table's rows by the case's name."""
    found = _TABLE.search(text)
    rows = found["rows"].splitlines(keepends=True) if found else []
    return {row.split("`")[1]: row for row in rows}


def write_rows(text: str, results: Sequence[Result]) -> str:
    """Return the page with the rows of these results; the order is that of the cases."""
    rows = read_rows(text)
    played = {result.case.name: _build_row(result.case, _describe(result)) for result in results}
    return _TABLE.sub(lambda _: _HEAD + _RULE + "".join(_choose_row(case, played, rows) for case in CASES), text)


def _choose_row(case: Case, played: Mapping[str, str], rows: Mapping[str, str]) -> str:
    return played.get(case.name) or rows.get(case.name) or _build_row(case, _NOT_YET)


def _build_row(case: Case, figures: str) -> str:
    return f"| `{case.name}` | {case.does} | {case.stands_for} | {figures} |\n"


def _describe(result: Result) -> str:
    played = f"{datetime.now(UTC):%Y-%m-%d}, seed {result.seed}"
    if result.skipped:
        return f"skipped: needs {result.skipped} | | {played}"
    # After one round there is nothing to compare with.
    held = f", {result.more.descriptors} descriptors, {result.more.memory_mb:.0f} MB" if result.rounds > 1 else ""
    return f"{result.rounds}, {len(result.losses)} | {result.ready_after_s:.1f} s{held} | {played}"
