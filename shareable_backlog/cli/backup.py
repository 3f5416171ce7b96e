"""Keep the database in a file and bring it back: `slb backup FILE`, `slb restore FILE`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from shareable_backlog.cli.commands import Commands


def add_parser(commands: Commands) -> None:
    """Add `backup` and `restore` to the command line."""
    backup = commands.add_parser("backup", help="write the whole database to a file, even while it is in use")
    backup.add_argument("file", type=Path, metavar="FILE", help="the file to write; it must not exist")
    backup.set_defaults(run=_dump)
    restore = commands.add_parser("restore", help="fill an empty database from a backup file")
    restore.add_argument("file", type=Path, metavar="FILE", help="a file that `slb backup` wrote")
    restore.set_defaults(run=_restore)


def _dump(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database.backup import backup_file

    _run_on_server(backup_file.dump_database, arguments.file, looks=True)
    print(f"The backup is in {arguments.file}. It holds everything mirrored and recorded: keep it safe.")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from shareable_backlog.database.backup import backup_file

    _run_on_server(backup_file.restore_database, arguments.file)
    print("The database is restored. Check it with: slb doctor")
    _forget_head()
    return 0


def _forget_head() -> None:
    """Say how far the audit log went that was there before, and expect that no longer: the backup may be older."""
    from shareable_backlog import config
    from shareable_backlog.services.audit import audit_heads

    file = audit_heads.locate_head_file(config.read_settings())
    if head := audit_heads.read_remembered(file):
        file.unlink()
        print(f"The audit log went to {head} before. Whether it still does: slb audit verify --from {head}")


def _run_on_server(act: Callable[[str, Path], None], file: Path, *, looks: bool = False) -> None:
    from shareable_backlog import config, logs
    from shareable_backlog.database import require_made, use_server

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    if looks:
        require_made(settings)
    with use_server(settings) as conninfo:
        act(conninfo, file)
