"""Show the configuration in force: `slb config`."""

import argparse

from shareable_backlog.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add `config` to the command line."""
    parser = commands.add_parser("config", help="show every setting in force, secrets masked")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Print every setting as in `.env`; exit code 2 with every fault when something is wrong."""
    from shareable_backlog import config

    for name, value in config.format_settings(config.read_settings()).items():
        print(f"{name}={value}")
    return 0
