"""Tell how old the mirror is and how the last runs went: `slb status`."""

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.services.sync_runs import MirrorState


def add_parser(commands: Commands) -> None:
    """Add `status` to the command line."""
    parser = commands.add_parser("status", help="tell how old the mirror is and how the last runs went")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the mirror's age and its last runs; exit code 1 when it was never filled."""
    import asyncio

    from shareable_backlog import config, logs

    settings = config.load()
    logs.configure("warning", settings.log_format)
    state = asyncio.run(_state(settings))
    print(_as_json(state) if arguments.json else _in_words(state))
    return 0 if state.as_of else 1


async def _state(settings: "Settings") -> "MirrorState":
    from shareable_backlog.services import readiness, sync_runs

    async with readiness.ready(settings):
        return await sync_runs.state()


def _as_json(state: "MirrorState") -> str:
    runs = [
        {
            "id": run.id,
            "status": run.status,
            "trigger": run.trigger_type,
            "started_at": run.started_at.isoformat(),
        }
        | {"duration_ms": run.duration_ms, "items_synced": run.items_synced, "items_failed": run.items_failed}
        | {"error": run.error_message}
        for run in state.runs
    ]
    return json.dumps({"as_of": state.as_of and state.as_of.isoformat(), "items": state.items, "runs": runs})


def _in_words(state: "MirrorState") -> str:
    if state.as_of is None:
        return "The mirror is empty: run `slb sync` with LINEAR_API_KEY set, or `slb import FILE.csv`."
    age_s = (datetime.now(UTC) - state.as_of).total_seconds()
    lines = [f"{state.items:,} items, as of {state.as_of:%Y-%m-%d %H:%M} UTC ({age_s / 60:,.0f} minutes ago)."]
    lines += [
        f"{run.started_at:%Y-%m-%d %H:%M}  {run.trigger_type:9}  {run.status:11}  {run.items_synced:>9,} rows"
        + (f"  {run.error_message}" if run.error_message else "")
        for run in state.runs
    ]
    return "\n".join(lines)
