"""Copy the database from the embedded server to one of one's own, or back, and prove that all of it is there."""

import tempfile
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database import migrate, require_made, use_server
from shareable_backlog.database.backup import backup_file
from shareable_backlog.errors import BackupFailed, ConfigurationInvalid, Conflict
from shareable_backlog.services.audit import audit_heads
from shareable_backlog.services.backup import verification

Place = Literal["server", "embedded"]

_NOT_EMPTY: dict[Place, str] = {
    "server": "The database of DATABASE_URL is not empty, so nothing was moved. Name an empty one there.",
    "embedded": "The embedded server in SLB_DATA_DIR has data already, so nothing was moved. Move `postgres` out of"
    " that folder first.",
}


class MovedDatabase(Struct, frozen=True):
    """How many rows were copied, and how many of them are sealed rows of the audit log."""

    rows: int
    sealed_rows: int


def move_database(settings: Settings, to: Place) -> MovedDatabase:
    """Copy the database to the server of DATABASE_URL, or from it to the embedded one; the source stays as it is.

    Nothing may use the source meanwhile, as what it writes would be left behind. Afterwards the rows of each table
    are compared, the chain of the audit log is checked as far as this machine knows that it went, and that is
    remembered for the copy. Raises ConfigurationInvalid, Conflict, BackupFailed, and what servers raise.
    """
    if settings.database_url is None:
        raise ConfigurationInvalid(("DATABASE_URL is not set: it names the server to move to, or from",))
    embedded = replace(settings, database_url=None)
    source, target = (embedded, settings) if to == "server" else (settings, embedded)
    require_made(source)
    with use_server(source) as source_conninfo, use_server(target) as target_conninfo:
        _require_movable(source_conninfo)
        if not backup_file.is_empty(target_conninfo):
            raise Conflict(_NOT_EMPTY[to])
        with tempfile.TemporaryDirectory() as folder:
            written = backup_file.dump_database(source_conninfo, Path(folder) / "moved")
            backup_file.restore_database(target_conninfo, Path(folder) / "moved")
        faults = verification.compare_rows(target_conninfo, written.rows)
        head = audit_heads.read_remembered(audit_heads.locate_head_file(source))
        record = verification.verify_record(target, settings, [head] if head else [])
        faults += [fault.sentence for fault in record.faults]
    if faults:
        raise BackupFailed(
            f"The copy is not what it should be, so go on with the database that you have. {faults[0]}"
            " Empty the other one before you try again."
        )
    if head:
        audit_heads.write_head(audit_heads.locate_head_file(target), head)
    return MovedDatabase(sum(written.rows.values()), record.rows)


def _require_movable(conninfo: str) -> None:
    """Raise Conflict if the database to be moved is in use, or its schema is not this program's."""
    status = migrate.read_status(conninfo)
    if status.find_problem():
        raise Conflict(f"{status.describe()} Nothing was moved.")
    if backup_file.is_in_use(conninfo):
        raise Conflict("The database is in use, so nothing was moved. Stop `slb serve` and `slb sync` first.")
