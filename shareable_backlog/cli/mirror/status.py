"""Tell how old the mirror is and how the last runs went: `slb status`, `slb sync status`."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from shareable_backlog import clock
from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.database.mirror.sync_history import SyncRun
    from shareable_backlog.database.mirror.sync_refusals import StoredRefusal
    from shareable_backlog.services.mirror.sync_runs import MirrorState

_REFUSALS_SHOWN = 10


def add_parser(commands: Commands) -> None:
    """Add `status` to the command line."""
    parser = commands.add_parser("status", help="show how old the mirror is and how the last runs went")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the mirror's age and its last runs; exit code 1 when it was never filled."""
    state = read_state()
    outputs.show(_encode_state(state) if arguments.json else _format_state(state))
    return 0 if state.as_of else 1


def read_state(runs: int = 10) -> "MirrorState":
    """Return the mirror's state with its last `runs`."""
    import asyncio

    from shareable_backlog import config, database, logs
    from shareable_backlog.services import readiness
    from shareable_backlog.services.mirror import sync_runs

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    database.require_made(settings)

    async def read() -> "MirrorState":
        async with readiness.open_ready_database(settings):
            return await sync_runs.read_state(runs)

    return asyncio.run(read())


def encode_run(run: "SyncRun") -> dict[str, Any]:
    """Return a run as JSON tells it."""
    return {
        "id": run.id,
        "status": run.status,
        "trigger": run.trigger_type,
        "full": run.is_full,
        "started_at": run.started_at.isoformat(),
        "completed_at": run.completed_at and run.completed_at.isoformat(),
        "duration_ms": run.duration_ms,
        "items_synced": run.items_synced,
        "items_failed": run.items_failed,
        "error": run.error_message,
        "streams": run.streams,
        "requests": run.requests,
        "points": run.points,
        "next_step": run.next_step,
    }


def format_run(run: "SyncRun") -> str:
    """Return a run as one line."""
    trigger = f"{run.trigger_type}{', full' if run.is_full else ''}"
    rows = format_count(run.items_synced, "row")
    line = f"{run.started_at:%Y-%m-%d %H:%M}  {trigger:15}  {run.status:11}  {rows:>14}"
    return line + (f"  {run.error_message}" if run.error_message else "")


def _encode_state(state: "MirrorState") -> str:
    return json.dumps(
        {
            "as_of": state.as_of and state.as_of.isoformat(),
            "items": state.items,
            "unsearchable": state.unsearchable,
            "runs": [encode_run(run) for run in state.runs],
            "refused": [_encode_refusal(refusal) for refusal in state.refused],
        }
    )


def _encode_refusal(refusal: "StoredRefusal") -> dict[str, Any]:
    return {
        "stream": refusal.stream,
        "kind": refusal.kind,
        "name": refusal.name,
        "reason": refusal.reason,
        "remedy": refusal.remedy,
        "path": refusal.path,
        "tries": refusal.tries,
        "since": refusal.first_at.isoformat(),
        "next_at": refusal.next_at.isoformat(),
    }


def _format_refusal(refusal: "StoredRefusal") -> str:
    """Return in one line what can't be had, where, and since and until when."""
    return (
        f"{refusal.reason} ({refusal.path}), since {refusal.first_at:%Y-%m-%d %H:%M} UTC;"
        f" asked again from {refusal.next_at:%Y-%m-%d %H:%M} UTC on. {refusal.remedy}"
    )


def _format_state(state: "MirrorState") -> str:
    if state.as_of is None:
        lines = ["The mirror is empty: run `slb sync` with LINEAR_API_KEY set, or `slb import FILE.csv`."]
    else:
        age = format_count(round((clock.read_time() - state.as_of).total_seconds() / 60), "minute")
        items = format_count(state.items, "item")
        lines = [f"{items}, as of {state.as_of:%Y-%m-%d %H:%M} UTC ({age} ago)."]
    if state.unsearchable:
        lines.append(
            f"The search does not have the latest words of {format_count(state.unsearchable, 'item')} yet;"
            " `slb serve` adds them."
        )
    lines += [format_run(run) for run in state.runs]
    lines += [_format_refusal(refusal) for refusal in state.refused[:_REFUSALS_SHOWN]]
    if len(state.refused) > _REFUSALS_SHOWN:
        lines.append(f"{len(state.refused) - _REFUSALS_SHOWN:,} more are refused; `slb status --json` has all.")
    if state.runs and state.runs[0].next_step:
        lines.append(state.runs[0].next_step)
    return "\n".join(lines)
