"""Bring a backup back on a server that is made for that alone, and look whether all of it is there."""

import asyncio
import os
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database.backup import backup_file, manifest
from shareable_backlog.database.backup.manifest import BackupManifest
from shareable_backlog.database.connection import session_options
from shareable_backlog.database.embedded import embedded_folder, embedded_server
from shareable_backlog.errors import BackupFailed
from shareable_backlog.services import readiness
from shareable_backlog.services.audit import audit_chain, audit_sealing
from shareable_backlog.services.audit.audit_chain import Verdict
from shareable_backlog.services.audit.audit_heads import AuditHead

_FOLDER = "slb-verify-"
_SAYS_NOTHING = (
    "The backup doesn't say what it holds: it was cut off, or an earlier version made it. Take another backup."
)
_HOLDS_NOTHING = "It holds nothing of this program: the database was empty, or another one. Take another backup."
# The data is thrown away.
_OPTIONS = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=4GB")


class BackupVerdict(Struct, frozen=True, kw_only=True):
    """What a backup says of itself, how its audit log is, and all that is wrong; None is what can't be told."""

    manifest: BackupManifest | None
    record: Verdict | None
    faults: list[str]


def verify_backup(settings: Settings, file: Path) -> BackupVerdict:
    """Restore the backup, compare the rows of each table with what it says, and check the chain of its audit log.

    That is done by a server of its own in the folder for temporary files, which is removed whatever comes of it; a
    backup of an earlier version is migrated there. Raises EmbeddedServerFailed.
    """
    written = None
    try:
        written = manifest.read_manifest(file)
        if written is None:
            return BackupVerdict(manifest=None, record=None, faults=[_SAYS_NOTHING])
        if not written.rows.get("pgmigrations"):
            return BackupVerdict(manifest=written, record=None, faults=[_HOLDS_NOTHING])
        with _make_folder() as folder, embedded_server.run_server(folder, _OPTIONS) as conninfo:
            backup_file.restore_database(conninfo, file)
            faults = compare_rows(conninfo, written.rows)
            record = verify_record(replace(settings, database_url=None, data_dir=folder), settings)
    except BackupFailed as error:
        return BackupVerdict(manifest=written, record=None, faults=[str(error)])
    return BackupVerdict(manifest=written, record=record, faults=faults + [fault.sentence for fault in record.faults])


def compare_rows(conninfo: str, expected: Mapping[str, int]) -> list[str]:
    """Count the rows of each table of a database, and say which are not as many as expected."""
    with session_options.connect(conninfo) as connection:
        found = manifest.count_rows(connection)
    return [
        f"{table} has {found.get(table, 0):,} {'row' if found.get(table) == 1 else 'rows'},"
        f" and should have {expected.get(table, 0):,}."
        for table in sorted(expected.keys() | found.keys())
        if expected.get(table) != found.get(table)
    ]


def verify_record(copy: Settings, original: Settings, earlier: Sequence[AuditHead] = ()) -> Verdict:
    """Check the audit log of a copy with the keys of the original; the embedded server's is migrated."""
    config = replace(audit_sealing.build_seal_config(original), head_file=copy.data_dir / "no audit head")

    async def verify() -> Verdict:
        async with readiness.open_ready_database(copy):
            return await audit_chain.verify_chain(config, earlier)

    return asyncio.run(verify())


@contextmanager
def _make_folder() -> Generator[Path]:
    """Yield a folder to be thrown away, and remove those of processes that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        pid = left.name.removeprefix(_FOLDER).partition("-")[0]
        if left.lstat().st_uid == os.geteuid() and pid.isdigit() and not _is_running(int(pid)):
            embedded_folder.remove_home(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
    try:
        yield folder
    finally:
        embedded_folder.remove_home(folder)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True
