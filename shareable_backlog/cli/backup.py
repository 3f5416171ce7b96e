"""Keep the database in a file and bring it back: `slb backup FILE`, `slb backup verify FILE`, `slb restore FILE`."""

import argparse
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from shareable_backlog.cli import outputs
from shareable_backlog.cli.commands import Commands
from shareable_backlog.cli.counts import format_count

if TYPE_CHECKING:
    from shareable_backlog.database.backup.manifest import BackupScope
    from shareable_backlog.services.backup.verification import BackupVerdict

_VERIFY = "verify"


def add_parser(commands: Commands) -> None:
    """Add `backup` and `restore` to the command line."""
    backup = commands.add_parser(
        "backup",
        help="write the database to a file, even while it is in use; or verify such a file",
        description="Write the database to FILE. `slb backup verify FILE` restores it on a server that is made for"
        " that alone, compares its rows with what it says, checks its audit log, and removes the server.",
    )
    backup.add_argument("action", nargs="?", choices=[_VERIFY], help="prove instead that FILE can be restored")
    backup.add_argument("file", type=Path, metavar="FILE", help="the file to write; it must not exist")
    backup.add_argument(
        "--without-mirror",
        action="store_true",
        help="leave out what a sync fetches again: keep people, settings, views, agendas, and the audit log",
    )
    backup.add_argument("--json", action="store_true", help="with verify: print the verdict as JSON")
    backup.set_defaults(run=_run_backup, parser=backup)
    restore = commands.add_parser("restore", help="fill an empty database from a backup file")
    restore.add_argument("file", type=Path, metavar="FILE", help="a file that `slb backup` wrote")
    restore.set_defaults(run=_restore)


def _run_backup(arguments: argparse.Namespace) -> int:
    from shareable_backlog import stop

    if arguments.action and arguments.without_mirror:
        arguments.parser.error("--without-mirror is for a backup that is written")
    if not arguments.action and (arguments.json or str(arguments.file) == _VERIFY):
        arguments.parser.error("which file is to be verified? slb backup verify FILE")
    with stop.raise_stopped():
        return _verify(arguments) if arguments.action else _dump(arguments)


def _dump(arguments: argparse.Namespace) -> int:
    from shareable_backlog import config, logs
    from shareable_backlog.database import require_made, use_server
    from shareable_backlog.database.backup import backup_file, last_backups

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    require_made(settings)
    with use_server(settings) as conninfo:
        backup_file.require_migrated(conninfo)
        scope: BackupScope = "without mirror" if arguments.without_mirror else "all"
        written = backup_file.dump_database(conninfo, arguments.file, scope)
        last_backups.remember_backup(conninfo, written.made_at)
    holds = "all but the mirror" if arguments.without_mirror else "everything mirrored and recorded"
    print(f"The backup is in {arguments.file}. It holds {holds}: keep it safe.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    """Print whether the backup is whole; exit code 1 when it is not."""
    from shareable_backlog import config, logs
    from shareable_backlog.services.backup import verification

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    verdict = verification.verify_backup(settings, arguments.file)
    outputs.show(_encode_verdict(verdict) if arguments.json else _format_verdict(verdict))
    return 1 if verdict.faults else 0


def _restore(arguments: argparse.Namespace) -> int:
    from shareable_backlog import config, logs, stop
    from shareable_backlog.database import use_server
    from shareable_backlog.database.backup import backup_file

    settings = config.read_settings()
    logs.configure_logs("warning", settings.log_format)
    with stop.raise_stopped(), use_server(settings) as conninfo:
        backup_file.restore_database(conninfo, arguments.file)
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


def _encode_verdict(verdict: "BackupVerdict") -> str:
    import msgspec

    record = verdict.record
    return msgspec.json.encode(
        {
            "whole": not verdict.faults,
            "faults": verdict.faults,
            "backup": verdict.manifest,
            "audit": record
            and {"rows": record.rows, "head": record.head and str(record.head), "keyed": record.is_keyed},
        }
    ).decode()


def _format_verdict(verdict: "BackupVerdict") -> str:
    lines: list[str] = []
    if verdict.faults:
        lines += ["The backup can't be relied on.", *verdict.faults]
    elif verdict.manifest and verdict.record:
        rows = format_count(sum(verdict.manifest.rows.values()), "row")
        kept = "all" if verdict.manifest.scope == "all" else "all but the mirror"
        made_at = f"{verdict.manifest.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        lines += [
            f"The backup is whole: {kept} of {made_at}, restored with its {rows}.",
            f"Its audit log is intact: {format_count(verdict.record.rows, 'sealed row')}.",
        ]
        if verdict.record.head:
            lines.append(f"Head: {verdict.record.head}")
    if verdict.record and not verdict.record.is_keyed:
        lines.append("There is no SECRET_KEY here: of the seals only the hashes were checked.")
    return "\n".join(lines)
