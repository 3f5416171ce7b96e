"""Tell what a database of one's own should be like: `slb database grants`."""

import argparse

from shareable_backlog.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add `database` and its actions to the command line."""
    parser = commands.add_parser("database", help="print the rights that the roles of a database need")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    grants = actions.add_parser(
        "grants",
        help="print the SQL that gives each role its rights; changes nothing",
        description="Print SQL for psql, to be run as the role that owns the tables. Changes nothing itself.",
    )
    grants.add_argument("--program", metavar="ROLE", help="the role that `slb serve` uses: can't change the record")
    grants.add_argument("--read-only", metavar="ROLE", help="a role for reports: reads no secrets")
    grants.set_defaults(run=_print_grants)


def _print_grants(arguments: argparse.Namespace) -> int:
    from shareable_backlog import config
    from shareable_backlog.database import grants

    prunes = config.read_settings().audit_retention_days > 0
    print(grants.format_grants(arguments.program, arguments.read_only, prunes=prunes), end="")
    return 0
