"""Bring the mirror up to date, and tell how its runs went: `slb sync`, `slb sync status|history|watch`."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count
from shareable_backlog.cli.mirror import status
from shareable_backlog.cli.number_arguments import build_number_type

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.database.mirror.sync_history import SyncRun
    from shareable_backlog.sync.pull import SyncRequest
    from shareable_backlog.sync.runs import RunReport


_LOOK_FOR_ITSELF_S = 5.0  # the process that runs may have been killed


def add_parser(commands: Commands) -> None:
    """Add `sync` and its actions to the command line."""
    parser = commands.add_parser("sync", help="bring the mirror up to date with Linear now")
    parser.add_argument("--full", action="store_true", help="check everything, to also find what is gone from Linear")
    parser.add_argument(
        "--allow-removals", action="store_true", help="with --full: hide what is gone, however much it is"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--watch", action="store_true", help="keep the mirror fresh until a signal, for `slb serve --no-sync`"
    )
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    status.add_parser(actions)
    history = actions.add_parser("history", help="list the last runs and what they did")
    history.add_argument(
        "--limit", type=build_number_type(1, 100_000), default=20, metavar="N", help="how many runs (default: 20)"
    )
    history.add_argument("--json", action="store_true", help="print them as JSON")
    history.set_defaults(run=_print_history)
    watch = actions.add_parser("watch", help="report each run as it starts and ends, until Ctrl-C")
    watch.set_defaults(run=_watch_runs)


def run(arguments: argparse.Namespace) -> int:
    """Fetch what has changed and say so; exit code 1 when a row had to be set aside or something was not done.

    When another process is at it already, its run is joined. With --watch it goes on until a signal, and then exits
    with 0.
    """
    from shareable_backlog import config, logs, stop
    from shareable_backlog.sync.pull import SyncRequest

    settings = config.read_settings()
    if arguments.watch:
        return _keep_mirror(settings, arguments)
    logs.configure_logs("warning", settings.log_format)
    wanted = SyncRequest("manual", arguments.full or arguments.allow_removals, arguments.allow_removals)
    try:
        report = stop.run_until_stopped(_pull_or_join(settings, wanted))
    except stop.Stopped:
        print("slb: Stopped. What was stored is kept, and the next sync continues from there.", file=sys.stderr)
        raise
    outputs.show(json.dumps(report) if arguments.json else _format_report(report))
    return 0 if report["status"] == "succeeded" else 1


def _keep_mirror(settings: "Settings", arguments: argparse.Namespace) -> int:
    from shareable_backlog.cli.serving import background
    from shareable_backlog.errors import ConfigurationInvalid

    if arguments.full or arguments.allow_removals or arguments.json:
        raise ConfigurationInvalid(("--watch goes by SYNC_INTERVAL_S and SYNC_FULL_INTERVAL_S: use it alone",))
    return background.keep_mirror(settings)


async def _pull_or_join(settings: "Settings", wanted: "SyncRequest") -> dict[str, Any]:
    import asyncio

    from shareable_backlog.cli.mirror import progress
    from shareable_backlog.services import readiness
    from shareable_backlog.services.audit import audit_actions
    from shareable_backlog.services.mirror import sync_runs
    from shareable_backlog.sync import pull
    from shareable_backlog.sync.runs import SyncUnderWay

    async with readiness.open_ready_database(settings):
        await sync_runs.record_own_run(
            audit_actions.OPERATOR, is_full=wanted.is_full, removals_allowed=wanted.removals_allowed
        )
        has_said_so = False
        while True:
            try:
                with progress.draw_progress(sys.stderr) as on_page:
                    return _encode_report(await pull.run_sync(settings, wanted, on_page))
            except SyncUnderWay:
                under_way = await sync_runs.find_current_run()
            if under_way is None:
                await asyncio.sleep(0.2)
                continue
            if not has_said_so:
                print("Another sync is running; waiting for it to end.", file=sys.stderr, flush=True)
                has_said_so = True
            joined = await sync_runs.wait_for_end(under_way.id, _LOOK_FOR_ITSELF_S)
            if joined and joined.status in {"succeeded", "partial"} and (joined.is_full or not wanted.is_full):
                return _encode_run(joined)


def _encode_report(report: "RunReport") -> dict[str, Any]:
    from msgspec.structs import asdict

    return {
        "run_id": report.run_id,
        "status": report.status,
        "streams": {name: asdict(stored) for name, stored in report.streams.items()},
        "bad_rows": [asdict(bad) for bad in report.bad_rows],
        "notes": report.notes,
        "next_step": report.next_step,
    }


def _encode_run(run: "SyncRun") -> dict[str, Any]:
    return {
        "run_id": run.id,
        "status": run.status,
        "streams": run.streams,
        "bad_rows": [],
        "notes": [run.error_message] if run.error_message else [],
        "next_step": run.next_step,
    }


def _format_report(report: dict[str, Any]) -> str:
    changed = {
        name: counts
        for name, counts in report["streams"].items()
        if counts["created"] or counts["updated"] or counts["removed"]
    }
    lines = [
        f"{name.replace('_', ' ')}: {counts['created']:,} created, {counts['updated']:,} updated,"
        f" {counts['unchanged']:,} unchanged" + (f", {counts['removed']:,} removed" if counts["removed"] else "")
        for name, counts in changed.items()
    ] or ["Nothing has changed."]
    lines += [
        f"skipped: {bad['stream']} {bad['id']}: {bad['field'] or 'the row'} {bad['reason']}"
        for bad in report["bad_rows"]
    ]
    return "\n".join([*lines, *report["notes"], *([report["next_step"]] if report["next_step"] else [])])


def _print_history(arguments: argparse.Namespace) -> int:
    state = status.read_state(arguments.limit)
    if arguments.json:
        print(json.dumps([status.encode_run(run) for run in state.runs]))
    for run in [] if arguments.json else state.runs:
        outputs.show(status.format_run(run))
        for name, counts in run.streams.items():
            told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
            if told:
                outputs.show(f"    {name.replace('_', ' ')}: {told}")
        if run.requests is not None:
            print(f"    {format_count(run.requests, 'request')}, {format_count(run.points or 0, 'point')}")
        if run.next_step:
            outputs.show(f"    {run.next_step}")
    return 0


def _watch_runs(_arguments: argparse.Namespace) -> int:
    from shareable_backlog import config, database, logs, stop

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    database.require_made(settings)
    stop.run_until_stopped(_print_new_runs(settings))
    return 0


async def _print_new_runs(settings: "Settings") -> None:
    import asyncio

    from shareable_backlog.errors import BacklogError
    from shareable_backlog.services import readiness
    from shareable_backlog.services.mirror import sync_runs

    told: set[tuple[int, str]] = set()
    async with readiness.open_ready_database(settings):
        while True:
            try:
                state = await sync_runs.read_state(5)
            except BacklogError as error:
                print(error, file=sys.stderr, flush=True)
                await asyncio.sleep(5)
                continue
            for run in reversed(state.runs):
                if (run.id, run.status) not in told:
                    told.add((run.id, run.status))
                    outputs.show(status.format_run(run), flush=True)
            await asyncio.sleep(1)
