"""Fill the mirror from Linear's own CSV export: `slb import FILE.csv`."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.sync.import_csv import ImportReport

_MISSING_NAMED = 10


def add_parser(commands: Commands) -> None:
    """Add `import` to the command line."""
    parser = commands.add_parser("import", help="fill the mirror from a CSV file that Linear exported")
    parser.add_argument("file", type=Path, metavar="FILE.csv", help="the file, as Linear exported it")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and store nothing")
    parser.add_argument(
        "--hide-missing", action="store_true", help="hide items of the file's teams that it no longer has"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Import the file and say what changed, or would change; exit code 1 when a row had to be set aside."""
    from shareable_backlog import config, logs, stop

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    report = stop.run_until_stopped(_import_file(settings, arguments))
    outputs.show(json.dumps(_encode_report(report)) if arguments.json else _format_report(report))
    return 1 if report.bad_rows else 0


async def _import_file(settings: "Settings", arguments: argparse.Namespace) -> "ImportReport":
    from shareable_backlog.services import readiness
    from shareable_backlog.sync import import_csv

    async with readiness.open_ready_database(settings):
        return await import_csv.import_file(
            arguments.file, dry_run=arguments.dry_run, hides_missing=arguments.hide_missing
        )


def _encode_report(report: "ImportReport") -> dict[str, Any]:
    import msgspec

    return msgspec.to_builtins(report) | {"states": [state._asdict() for state in report.states]}


def _format_report(report: "ImportReport") -> str:
    counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    changes = ", ".join(f"{count:,} {change}" for change, count in counts.items() if count) or "none stored"
    items = format_count(report.rows, "item")
    if report.run_id is None:
        lines = [
            f"Nothing was stored. This would import {items}: {changes}.",
            "The export has no types of states; these would be used:",
            *(f"  {state.team_key:8} {state.name:24} {state.type}" for state in report.states),
        ]
    else:
        lines = [f"Imported {items}: {changes}."]
    lines += [f"left out: {row}" for row in report.left_out]
    if report.missing_count:
        lines.append(_describe_missing(report))
    lines += [f"skipped: {bad.stream} {bad.id}: {bad.field or 'the row'} {bad.reason}" for bad in report.bad_rows]
    return "\n".join(lines)


def _describe_missing(report: "ImportReport") -> str:
    named = ", ".join(report.missing[:_MISSING_NAMED]) + (" …" if report.missing_count > _MISSING_NAMED else "")
    items = format_count(report.missing_count, "item")
    if report.is_missing_hidden:
        return f"Hidden, as this file no longer has them: {items}: {named}"
    return f"Not in this file, and still shown from earlier ones: {items}: {named}. --hide-missing hides them."
