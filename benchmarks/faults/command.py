"""Play the cases, print what became of each, and how to play again what went wrong."""

import argparse
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.faults import document
from benchmarks.faults.cases import CASES
from benchmarks.faults.rounds import Result, play_case
from shareable_backlog import logs
from tests.fakes.postgres import make_servers

_ROUNDS = 100
_ROUNDS_OF_SOAK = 500


def main(arguments: Sequence[str]) -> int:
    """Run the bench, and return 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="which choices are made")
    parser.add_argument("--rounds", type=int, help="of each case (default: 100, of the soak 500)")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[case.name for case in CASES])
    parser.add_argument("--write", action="store_true", help="write the figures into docs/reliability.md")
    parser.add_argument("--list", action="store_true", help="say which cases there are")
    wanted = parser.parse_args(arguments)
    if wanted.list:
        _say("\n".join(f"{case.name:20} {case.does} ({case.stands_for})" for case in CASES))
        return 0
    logs.configure_logs("error", "console")
    now, load = datetime.now(UTC), os.getloadavg()[0]
    _say(f"{now:%Y-%m-%d %H:%M} UTC, {platform.platform()}, {os.cpu_count()} CPUs, load {load:.1f}")
    _say(f"seed {wanted.seed}")
    results: list[Result] = []
    with make_servers() as servers:
        for case in CASES:
            if not wanted.only or case.name in wanted.only:
                rounds = wanted.rounds or (_ROUNDS_OF_SOAK if case.name == "soak" else _ROUNDS)
                results.append(play_case(servers, case, seed=wanted.seed, rounds=rounds, say=_say))
                _say(describe(results[-1]))
                if wanted.write:
                    text = document.PAGE.read_text(encoding="utf-8")
                    document.PAGE.write_text(document.write_rows(text, results), encoding="utf-8")
    lost = sum(len(result.losses) for result in results)
    _say(f"{sum(result.rounds for result in results)} rounds, {lost} lost, seed {wanted.seed}")
    return 1 if lost else 0


def describe(result: Result) -> str:
    """Return the line of a case, with the command that plays it again where something was lost."""
    name = result.case.name
    if result.skipped:
        return f"{name:20} skipped: needs {result.skipped}"
    again = f"\n  again: python -m benchmarks faults --seed {result.seed} --only {name} --rounds {result.rounds}"
    return (
        f"{name:20} {result.rounds:4} rounds, {len(result.losses)} lost; {result.acts} acts,"
        f" {result.deliveries} deliveries, {result.reads} pages; ready after {result.ready_after_s:.1f} s at most;"
        f" +{result.more.descriptors} descriptors, +{result.more.memory_mb:.0f} MB at most; {result.took_s:.0f} s"
        f"{again if result.losses else ''}"
    )


def _say(line: str) -> None:
    print(line, flush=True)
