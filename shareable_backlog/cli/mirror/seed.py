"""Fill an empty mirror with the sample backlog: `slb seed`."""

import argparse
from typing import TYPE_CHECKING

from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.config import Settings
    from shareable_backlog.sync.runs import RunReport


def add_parser(commands: Commands) -> None:
    """Add `seed` to the command line."""
    parser = commands.add_parser("seed", help="fill an empty mirror with a sample backlog, for a first look")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Load the sample; exit code 1 when the mirror holds a real backlog, which stays."""
    from shareable_backlog import config, logs, stop

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    report = stop.run_until_stopped(_load_sample(settings))
    items = report.streams["issues"]
    count = items.created + items.updated + items.unchanged
    print(f"The sample backlog is loaded: {format_count(count, 'item')}. See it: slb serve")
    return 0


async def _load_sample(settings: "Settings") -> "RunReport":
    from shareable_backlog.services import readiness
    from shareable_backlog.sync import sample

    async with readiness.open_ready_database(settings):
        return await sample.load_sample()
