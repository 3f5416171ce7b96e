"""Bring the database's schema to the state of the migration files: `slb migrate ACTION`.

Exit codes: 0 done (`status`: up to date), 1 failed (`status`: files are pending), 2 wrong words or wrong
configuration, 3 the files contradict the database: an applied file was edited or is gone, or a newer version of
the program migrated it.
"""

import argparse
import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shareable_backlog.cli.commands import Commands

if TYPE_CHECKING:
    from shareable_backlog.database.migrate import Migration, SchemaStatus

_CONTRADICTED = 3


def add_parser(commands: Commands) -> None:
    """Add `migrate` and its actions to the command line."""
    parser = commands.add_parser(
        "migrate",
        help="bring the database's schema up to date, or back",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    up = actions.add_parser("up", help="apply the pending migrations")
    up.add_argument("--to", type=int, metavar="N", help="stop after the migration of this number")
    up.add_argument("--dry-run", action="store_true", help="say what would be applied, and change nothing")
    up.add_argument("--wait", type=float, default=0, metavar="S", help="wait up to S seconds for the server")
    up.add_argument(
        "--allow-out-of-order",
        action="store_true",
        help="apply a file that belongs before an applied one; node-pg-migrate then wants --no-check-order",
    )
    down = actions.add_parser("down", help="take the last migration back")
    down.add_argument("--to", type=int, metavar="N", help="take back all after the one of this number (0: all)")
    redo = actions.add_parser("redo", help="take the last migration back and apply it again")
    create = actions.add_parser("create", help="write an empty migration with the next number")
    create.add_argument("name", metavar="NAME", help="what it does, as in add-colour-to-labels")
    status = actions.add_parser("status", help="list what is applied and pending, changing nothing")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    verify = actions.add_parser("verify", help="check that the applied files are as they were")
    verify.add_argument("--accept", action="store_true", help="take edited files for what was applied")
    baseline = actions.add_parser("baseline", help="mark migrations as applied without running them")
    baseline.add_argument("to", type=int, metavar="N", help="the last one that the schema holds already")
    runs = (up, _up), (down, _down), (redo, _redo), (create, _create), (status, _status), (verify, _verify)
    for action, function in (*runs, (baseline, _baseline)):
        action.set_defaults(run=_reporting_contradiction(function))


def _reporting_contradiction(
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
def _server() -> Generator[str]:
    from shareable_backlog import config, logs
    from shareable_backlog.database import resolved

    settings = config.load()
    if settings.database_url is None:
        # Only the embedded server has anything to log; structlog would double the time of a run with nothing to do.
        logs.configure("warning", settings.log_format)
    with resolved(settings) as conninfo:
        yield conninfo


def _say(word: str) -> "Callable[[Migration], None]":
    return lambda migration: print(f"{word} {migration.file}", flush=True)


def _up(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with _server() as conninfo:
        applied = migrate.up(
            conninfo,
            to=arguments.to,
            dry_run=arguments.dry_run,
            wait_s=arguments.wait,
            allow_out_of_order=arguments.allow_out_of_order,
            on_step=_say("applied"),
        )
    if arguments.dry_run:
        for migration in applied:
            _say("would apply")(migration)
    if not applied:
        print("There is nothing to apply.")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with _server() as conninfo:
        if not migrate.down(conninfo, to=arguments.to, on_step=_say("took back")):
            print("There is nothing to take back.")
    return 0


def _redo(_arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with _server() as conninfo:
        migrate.redo(conninfo, on_step=_say("took back and applied"))
    return 0


def _create(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    print(migrate.create(arguments.name, migrate.migrations_directory()))
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with _server() as conninfo:
        found = migrate.status(conninfo)
    print(_as_json(found) if arguments.json else _in_words(found))
    problem = found.problem()
    return 0 if problem is None else 1 if problem == "behind" else _CONTRADICTED


def _as_json(found: "SchemaStatus") -> str:
    return json.dumps(
        {
            "problem": found.problem(),
            "explanation": found.explanation(),
            "applied": [{"name": row.name, "run_on": row.run_on.isoformat()} for row in found.applied],
            "pending": [migration.name for migration in found.pending],
            "drifted": [migration.name for migration in found.drifted],
            "missing": found.missing,
            "newer": found.newer,
        }
    )


def _in_words(found: "SchemaStatus") -> str:
    marks = {migration.name: "edited" for migration in found.drifted}
    marks |= dict.fromkeys(found.missing, "missing") | dict.fromkeys(found.newer, "newer")
    lines = [
        f"{marks.get(row.name, 'applied'):8} {row.name}  {row.run_on:%Y-%m-%d %H:%M:%S}" for row in found.applied
    ]
    lines += [f"pending  {migration.name}" for migration in found.pending]
    return "\n".join([*lines, found.explanation()])


def _verify(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with _server() as conninfo:
        if arguments.accept:
            for migration in migrate.accept(conninfo):
                _say("accepted")(migration)
        count = len(migrate.verify(conninfo).applied)
    print(f"All {count} applied files are as they were.")
    return 0


def _baseline(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database import migrate

    with _server() as conninfo:
        for migration in migrate.baseline(conninfo, arguments.to):
            _say("marked as applied")(migration)
    return 0
