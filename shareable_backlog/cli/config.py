"""Show the configuration in force, and where it comes from: `slb config`."""

import argparse

from shareable_backlog.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add `config` to the command line."""
    parser = commands.add_parser("config", help="show every setting in force and its source, secrets masked")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Print every setting as in `.env`, with its source; exit code 2 with every fault when something is wrong."""
    from shareable_backlog import config
    from shareable_backlog.config import sources

    values, places = config.format_settings(config.read_settings()), sources.find_sources()
    for name, value in values.items():
        print(f"{name}={value}  # {places[name]}")
    return 0
