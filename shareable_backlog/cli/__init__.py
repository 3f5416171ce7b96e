"""Be the command `slb`: each command parses, calls a service, prints.

argparse, and heavy imports only inside the commands, because `slb --help` has to answer at once.
Exit codes: 0 done, 1 failed, 2 wrong arguments or wrong configuration.
"""

import argparse
import atexit
import errno
import gc
import sys

from shareable_backlog import __version__
from shareable_backlog.cli import audit, backup, config, database, doctor, migrate, outputs
from shareable_backlog.cli.access import sessions, users
from shareable_backlog.cli.confirmation import NotConfirmed
from shareable_backlog.cli.mirror import import_csv, seed, status, sync
from shareable_backlog.cli.serving import healthcheck, serve
from shareable_backlog.errors import BacklogError, ConfigurationInvalid

FAILED, WRONG = 1, 2
_COMMANDS = (
    *(serve, healthcheck, migrate, sync, import_csv, status, users, sessions, audit, seed, backup, database, doctor),
    config,
)
_BROKEN_PIPE = 141  # what a shell reports for a program that was ended by SIGPIPE
_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run `slb` with `argv` (None: the process's own arguments) and return its exit code."""
    # Else Python searches everything for cycles once more before it ends: a fifth of a short command's time.
    atexit.register(gc.freeze)
    outputs.ensure_outputs()
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return 0
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`slb status | head -1`): keep Python from complaining at exit.
        outputs.drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        outputs.drop_output()
        print("slb: There is no room left for what was to be written.", file=sys.stderr)
        return FAILED
    return code


def _run(arguments: argparse.Namespace) -> int:
    """Run a command, and say in a line what went wrong."""
    try:
        return arguments.run(arguments)
    except ConfigurationInvalid as error:
        _print_as_json(arguments, error)
        for fault in error.faults:
            outputs.complain(fault)
        return WRONG
    except NotConfirmed as error:
        outputs.complain(error)
        return error.exit_code
    except BacklogError as error:
        _print_as_json(arguments, error)
        outputs.complain(error)
        return FAILED
    except KeyboardInterrupt as error:
        from shareable_backlog import stop

        return error.exit_code if isinstance(error, stop.Stopped) else _INTERRUPTED


def _print_as_json(arguments: argparse.Namespace, error: BacklogError) -> None:
    """Print what went wrong as the API tells it, where a program reads the output."""
    if getattr(arguments, "json", False):
        import json

        outputs.show(json.dumps({"error": {"code": error.code, "message": str(error)}}))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="slb", description="A read-only mirror of a Linear backlog, for people without a Linear seat."
    )
    parser.add_argument("--version", action="version", version=f"slb {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    version = commands.add_parser("version", help="print the version")
    version.set_defaults(run=_print_version)
    return parser


def _print_version(_arguments: argparse.Namespace) -> int:
    print(f"slb {__version__}")
    return 0
