"""Take the embedded server's data to the major version that this program comes with; the old data stays."""

import os
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database.backup import backup_file
from shareable_backlog.database.embedded import embedded_cluster, embedded_folder, embedded_lock, embedded_server
from shareable_backlog.errors import BackupFailed, Conflict
from shareable_backlog.services.audit import audit_heads
from shareable_backlog.services.backup import verification

_NEW = "upgrade"


class UpgradedServer(Struct, frozen=True, kw_only=True):
    """From which major version to which the data went, how many rows it has, and where the old data is."""

    old: str
    new: str
    rows: int
    kept: Path


def upgrade_server(settings: Settings, programs: Path | None) -> UpgradedServer | None:
    """Copy the data into a new folder, prove the copy, and only then put it in the old folder's place.

    `programs` is the folder of the old version's programs, which run the old server for that; None looks for them.
    Returns None if there is nothing to upgrade. Raises Conflict, BackupFailed and EmbeddedServerFailed; then all is
    as it was.
    """
    home = settings.data_dir.absolute()
    new = embedded_cluster.read_own_major()
    server = embedded_server.inspect_server(home)
    if server.version in {None, new}:
        return None
    old = str(server.version)
    kept = home / f"postgres-{old}"
    if server.pid is not None:
        raise Conflict(
            "The embedded server is in use. Stop the program's previous version first. Nothing was changed."
        )
    if kept.exists():
        raise Conflict(f"There is {kept.name} in the data folder from an earlier upgrade. Move it away first.")
    fresh = _make_fresh_home(home)
    try:
        rows = _copy_data(settings, fresh, programs or embedded_cluster.find_other_programs(home, old))
        with embedded_lock.hold_start_lock(home):
            embedded_folder.replace_folder(home, embedded_cluster.locate_folder(fresh), kept)
    finally:
        embedded_folder.remove_home(fresh)
    return UpgradedServer(old=old, new=new, rows=rows, kept=kept)


def _make_fresh_home(home: Path) -> Path:
    """Make the data folder of the new server, of the same owner; what a killed upgrade left goes."""
    fresh = home / _NEW
    embedded_folder.remove_home(fresh)
    fresh.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = home.stat()
        os.chown(fresh, owner.st_uid, owner.st_gid)
    return fresh


def _copy_data(settings: Settings, fresh: Path, programs: Path) -> int:
    """Return how many rows were copied, once they are proven to be all there and the record as it was."""
    embedded = replace(settings, database_url=None)
    with (
        embedded_server.run_server(settings.data_dir, programs=programs) as source,
        embedded_server.run_server(fresh) as target,
    ):
        written = backup_file.dump_database(source, fresh / "old")
        backup_file.restore_database(target, fresh / "old")
        faults = verification.compare_rows(target, written.rows)
        head = audit_heads.read_remembered(audit_heads.locate_head_file(embedded))
        record = verification.verify_record(replace(embedded, data_dir=fresh), settings, [head] if head else [])
        faults += [fault.sentence for fault in record.faults]
    if faults:
        raise BackupFailed(f"The copy is not what it should be, so all is as it was. {faults[0]}")
    return sum(written.rows.values())
