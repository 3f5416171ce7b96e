"""Bring the database's schema to the state of the migration files: `slb migrate ACTION`.

Exit codes: 0 done (`status`: up to date), 1 failed or not confirmed (`status`: files are pending), 2 wrong
arguments or configuration (`down` and `redo` want `--yes` where there is no terminal to ask at),
3 the files contradict the database: an applied file was edited or is gone, or a newer version migrated it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shareable_backlog.cli import confirmation, migrate_adopt
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count
from shareable_backlog.cli.number_arguments import build_number_type, parse_seconds

if TYPE_CHECKING:
    from shareable_backlog.database.migrate import Loss, Migration, SchemaStatus

_CONTRADICTED = 3


def add_parser(commands: Commands) -> None:
    """Add `migrate` and its actions to the command line."""
    parser = commands.add_parser(
        "migrate",
        help="bring the database's schema up to date, or roll it back",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    up = actions.add_parser("up", help="apply the pending migrations")
    up.add_argument("--to", type=build_number_type(0), metavar="N", help="stop after the migration with this number")
    up.add_argument("--dry-run", action="store_true", help="say what would be applied, and change nothing")
    up.add_argument("--wait", type=parse_seconds, default=0, metavar="S", help="wait up to S seconds for the server")
    up.add_argument(
        "--allow-out-of-order",
        action="store_true",
        help="apply a file that belongs before an applied one; node-pg-migrate then needs --no-check-order",
    )
    down = actions.add_parser("down", help="roll back the last migration")
    down.add_argument(
        "--to",
        type=build_number_type(0),
        metavar="N",
        help="roll back everything after the migration with this number (0: everything)",
    )
    redo = actions.add_parser("redo", help="roll back the last migration and apply it again")
    for action in (down, redo):
        action.add_argument("--yes", action="store_true", help="don't ask, although rows may be lost")
    create = actions.add_parser("create", help="write an empty migration with the next number")
    create.add_argument("name", metavar="NAME", help="what it does, as in add-colour-to-labels")
    status = actions.add_parser("status", help="list what is applied and pending, changing nothing")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    verify = actions.add_parser("verify", help="check that the applied files are unchanged")
    verify.add_argument("--accept", action="store_true", help="accept edited files as what was applied")
    baseline = actions.add_parser("baseline", help="mark migrations as applied without running them")
    baseline.add_argument(
        "to", type=build_number_type(1), metavar="N", help="the last one that the schema already has"
    )
    adopt = migrate_adopt.add_parser(actions)
    runs = (
        (up, _migrate_up),
        (down, _migrate_down),
        (redo, _redo),
        (create, _create_file),
        (status, _print_status),
        (verify, _verify_files),
    )
    for action, function in (*runs, (baseline, _mark_applied), (adopt, migrate_adopt.run)):
        action.set_defaults(run=_report_contradiction(function))


def _report_contradiction(
    function: Callable[[argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    """Turn SchemaDrifted into its line and exit code; all other errors are `main`'s."""

    def run(arguments: argparse.Namespace) -> int:
        from shareable_backlog.database.migrate import SchemaDrifted

        try:
            return function(arguments)
        except SchemaDrifted as error:
            print(f"slb: {error}", file=sys.stderr)
            return _CONTRADICTED

    return run


@contextmanager
def open_server(*, looks: bool = False) -> Generator[str]:
    """Yield the connection string of the server in use, with little logged; who only `looks` makes none."""
    from shareable_backlog import config, logs
    from shareable_backlog.database import require_made, use_server

    settings = config.read_settings()
    if settings.database_url is None:
        # Only the embedded server has anything to log; structlog would double the time of a run with nothing to do.
        logs.configure_logs("warning", settings.log_format)
    if looks:
        require_made(settings)
    with use_server(settings) as conninfo:
        yield conninfo


def _build_printer(word: str) -> "Callable[[Migration], None]":
    return lambda migration: print(f"{word} {migration.file}", flush=True)


def _migrate_up(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with open_server(looks=arguments.dry_run) as conninfo:
        applied = migrate.apply_migrations(
            conninfo,
            to=arguments.to,
            dry_run=arguments.dry_run,
            wait_s=arguments.wait,
            allow_out_of_order=arguments.allow_out_of_order,
            on_step=_build_printer("applied"),
        )
        _warn_of_invalid(conninfo)
    if arguments.dry_run:
        for migration in applied:
            _build_printer("would apply")(migration)
    if not applied:
        print("There is nothing to apply.")
    return 0


def _warn_of_invalid(conninfo: str) -> None:
    from shareable_backlog.database.migrate import invalid_indexes

    if words := invalid_indexes.describe_invalid(invalid_indexes.list_invalid_indexes(conninfo)):
        print(f"slb: {words}", file=sys.stderr)


def _migrate_down(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with open_server(looks=True) as conninfo:
        if not migrate.revert_migrations(
            conninfo, to=arguments.to, confirm=_build_confirm(arguments), on_step=_build_printer("rolled back")
        ):
            print("There is nothing to roll back.")
    return 0


def _build_confirm(
    arguments: argparse.Namespace,
) -> "Callable[[Sequence[Migration], Sequence[Loss]], None]":
    return lambda migrations, losses: confirmation.require_yes(
        _describe_loss(migrations, losses), is_given=arguments.yes
    )


def _describe_loss(migrations: "Sequence[Migration]", losses: "Sequence[Loss]") -> str:
    files = migrations[0].file if len(migrations) == 1 else f"{migrations[0].file} to {migrations[-1].file}"
    what = f"This rolls back {format_count(len(migrations), 'migration')} ({files})"
    if not losses:
        return f"{what}. No rows are lost."
    lines = [
        f"  {loss.table}: {format_count(loss.count, 'row')}"
        if loss.column is None
        else f"  {loss.table}.{loss.column}: {format_count(loss.count, 'value')}"
        for loss in losses
    ]
    back = "Only a backup can bring them back (slb backup FILE)."
    return "\n".join([f"{what} and deletes for good:", *lines, back])


def _redo(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with open_server() as conninfo:
        migrate.redo_last_migration(
            conninfo, confirm=_build_confirm(arguments), on_step=_build_printer("rolled back and applied again")
        )
    return 0


def _create_file(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    print(migrate.create_migration(arguments.name, migrate.locate_migrations()))
    return 0


def _print_status(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with open_server(looks=True) as conninfo:
        found = migrate.read_status(conninfo)
        _warn_of_invalid(conninfo)
    print(_encode_status(found) if arguments.json else _format_status(found))
    problem = found.find_problem()
    return 0 if problem is None else 1 if problem == "behind" else _CONTRADICTED


def _encode_status(status: "SchemaStatus") -> str:
    return json.dumps(
        {
            "problem": status.find_problem(),
            "explanation": status.describe(),
            "applied": [{"name": row.name, "run_on": row.run_on.isoformat()} for row in status.applied],
            "pending": [migration.name for migration in status.pending],
            "drifted": [migration.name for migration in status.drifted],
            "missing": status.missing,
            "newer": status.newer,
        }
    )


def _format_status(status: "SchemaStatus") -> str:
    from shareable_backlog.database.migrate.node_service import ADOPTED

    marks = {migration.name: "edited" for migration in status.drifted}
    marks |= {row.name: "adopted" for row in status.applied if row.checksum == ADOPTED}
    marks |= dict.fromkeys(status.missing, "missing") | dict.fromkeys(status.newer, "newer")
    lines = [
        f"{marks.get(row.name, 'applied'):8} {row.name}  {row.run_on:%Y-%m-%d %H:%M:%S}" for row in status.applied
    ]
    lines += [f"pending  {migration.name}" for migration in status.pending]
    return "\n".join([*lines, status.describe()])


def _verify_files(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with open_server(looks=True) as conninfo:
        if arguments.accept:
            for migration in migrate.accept_edits(conninfo):
                _build_printer("accepted")(migration)
        count = len(migrate.verify_migrations(conninfo).applied)
    print(f"All {count} applied files are unchanged.")
    return 0


def _mark_applied(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with open_server() as conninfo:
        for migration in migrate.mark_baseline(conninfo, arguments.to):
            _build_printer("marked as applied")(migration)
        _warn_of_invalid(conninfo)
    return 0
