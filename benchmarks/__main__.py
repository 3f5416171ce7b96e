"""Run the measurements and print each as a table; they inform, so the exit code is 0 whatever they say."""

import argparse
import datetime as dt
import importlib
import os
import platform
import sys
import textwrap

from benchmarks.rig import Row, Unavailable

_NAMES = (
    "program.health", "program.migrate", "program.start", "image", "sync", "scale", "lists", "cold", "pages",
    "plans", "express", "proxy", "weight", "export", "restore", "viewers", "webhooks", "forecast", "limits.audit",
    "limits.heads", "limits.readers", "limits.record", "limits.rows", "limits.scrapes", "limits.texts",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_NAMES)}; none means all")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: only to see that it works")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(_NAMES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(_NAMES)}")
    now = dt.datetime.now(dt.UTC)
    print(
        f"{now:%Y-%m-%d %H:%M} UTC, {platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    )
    for name in arguments.names or _NAMES:
        _print(name, quick=arguments.quick)


def _print(name: str, *, quick: bool) -> None:
    measurement = importlib.import_module(f"benchmarks.{name}")
    print(f"\n{name} (load average before: {os.getloadavg()[0]:.2f}{', quick' if quick else ''})")
    print(textwrap.indent(measurement.__doc__ or "", "  "))
    try:
        for row in measurement.measure(quick=quick):
            print(_line(row), flush=True)
    except Unavailable as missing:
        print(f"  skipped: {missing}")


def _line(row: Row) -> str:
    verdict = "" if row.met is None else f"{row.bar}: {'met' if row.met else 'NOT MET'}"
    return f"  {row.name:44} {row.figure:>12}  {verdict}".rstrip()


if sys.argv[1:2] == ["faults"]:  # no measurement: it has words and a verdict of its own
    from benchmarks.faults import command

    sys.exit(command.main(sys.argv[2:]))
main()
