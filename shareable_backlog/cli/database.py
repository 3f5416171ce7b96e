"""Tell what a database of one's own should be like, and move to it: `slb database grants|move|upgrade`."""

import argparse
from pathlib import Path

from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

_AFTERWARDS = {
    "server": "Now set DATABASE_URL for every process as it is here, and keep SECRET_KEY and SLB_DATA_DIR."
    " For a role of the program's own: slb database grants. Then check it: slb doctor",
    "embedded": "Now take DATABASE_URL away from every process, and keep SECRET_KEY and SLB_DATA_DIR."
    " Then check it: slb doctor",
}


def add_parser(commands: Commands) -> None:
    """Add `database` and its actions to the command line."""
    parser = commands.add_parser(
        "database", help="move or upgrade the database, or print the rights that its roles need"
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    grants = actions.add_parser(
        "grants",
        help="print the SQL that gives each role its rights; changes nothing",
        description="Print SQL for psql, to be run as the role that owns the tables. Changes nothing itself.",
    )
    grants.add_argument("--program", metavar="ROLE", help="the role that `slb serve` uses: can't change the record")
    grants.add_argument("--read-only", metavar="ROLE", help="a role for reports: reads no secrets")
    grants.set_defaults(run=_print_grants)
    upgrade = actions.add_parser(
        "upgrade",
        help="take the embedded server's data to the major version of PostgreSQL that this program comes with",
        description="Copy the data into a new folder, compare all rows, check the audit log, and only then put it in"
        " the old one's place. The old data stays beside it.",
    )
    upgrade.add_argument(
        "--programs",
        type=Path,
        metavar="FOLDER",
        help="the old version's programs, such as /usr/lib/postgresql/17/bin",
    )
    upgrade.set_defaults(run=_upgrade_server)
    move = actions.add_parser(
        "move",
        help="copy the database to the server of DATABASE_URL, or from it to the embedded server",
        description="Copy the database into an empty one, compare all rows and check the audit log. The database that"
        " it comes from stays as it is. Stop `slb serve` and `slb sync` first.",
    )
    move.add_argument("to", choices=("server", "embedded"), help="where to: `server` is that of DATABASE_URL")
    move.set_defaults(run=_move_database)


def _print_grants(arguments: argparse.Namespace) -> int:
    from shareable_backlog import config
    from shareable_backlog.database import grants

    prunes = config.read_settings().audit_retention_days > 0
    print(grants.format_grants(arguments.program, arguments.read_only, prunes=prunes), end="")
    return 0


def _move_database(arguments: argparse.Namespace) -> int:
    from shareable_backlog import config, logs, stop
    from shareable_backlog.services.backup import move

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    with stop.raise_stopped():
        moved = move.move_database(settings, arguments.to)
    rows, sealed_rows = format_count(moved.rows, "row"), format_count(moved.sealed_rows, "sealed row")
    print(
        f"The copy is whole: {rows}, {sealed_rows} of the audit log among them. What it was copied from is as it was."
    )
    print(_AFTERWARDS[arguments.to])
    return 0


def _upgrade_server(arguments: argparse.Namespace) -> int:
    from shareable_backlog import config, logs, stop
    from shareable_backlog.services.backup import embedded_upgrade

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    with stop.raise_stopped():
        done = embedded_upgrade.upgrade_server(settings, arguments.programs)
    if done is None:
        print("There is nothing to upgrade.")
        return 0
    print(
        f"The embedded server is of PostgreSQL {done.new} now, with all its {format_count(done.rows, 'row')}."
        f" The data of {done.old} is in {done.kept}: remove it once you are sure."
    )
    return 0
