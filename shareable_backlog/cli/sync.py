"""Bring the mirror up to date once: `slb sync`."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.sync.run import Report


def add_parser(commands: Commands) -> None:
    """Add `sync` to the command line."""
    parser = commands.add_parser("sync", help="bring the mirror up to date with Linear now")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Pull the whole workspace and say what changed; exit code 1 when a row had to be set aside."""
    import asyncio

    from shareable_backlog import config, logs

    settings = config.load()
    logs.configure("warning", settings.log_format)
    report = asyncio.run(_pull(settings))
    if arguments.json:
        streams = {name: asdict(stored) for name, stored in report.streams.items()}
        bad_rows = [asdict(bad) for bad in report.bad_rows]
        print(
            json.dumps({"run_id": report.run_id, "status": report.status, "streams": streams, "bad_rows": bad_rows})
        )
    else:
        print(_in_words(report))
    return 1 if report.bad_rows else 0


async def _pull(settings: "Settings") -> "Report":
    from shareable_backlog.cli import progress
    from shareable_backlog.services import readiness
    from shareable_backlog.sync import pull

    async with readiness.ready(settings):
        with progress.shown(sys.stderr) as on_page:
            return await pull.run(settings, "manual", on_page)


def _in_words(report: "Report") -> str:
    total = report.total
    if not total.created and not total.updated and not report.bad_rows:
        return f"Nothing has changed: all {total.unchanged:,} rows of the mirror are as they were."
    lines = [
        f"{name.replace('_', ' ')}: {stored.created:,} created, {stored.updated:,} updated,"
        f" {stored.unchanged:,} unchanged"
        for name, stored in report.streams.items()
    ]
    lines += [f"set aside: {bad.stream} {bad.id}: {bad.field or 'the row'} {bad.reason}" for bad in report.bad_rows]
    return "\n".join(lines)
