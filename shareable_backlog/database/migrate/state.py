"""Compare the migration files with what a database says was applied."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct
from psycopg import Connection

from shareable_backlog.database.migrate import files, ledger, node_service
from shareable_backlog.database.migrate.files import Migration
from shareable_backlog.database.migrate.ledger import AppliedMigration
from shareable_backlog.errors import MigrationFailed

_EXPANDING = re.compile(r"\d+_expand-")
_FEW = 2


class SchemaDrifted(MigrationFailed):
    """Files and database contradict each other: a file was edited, is gone, or is yet to come."""


class SchemaStatus(Struct, frozen=True):
    """What was applied, in that order, and how the files differ from it.

    `drifted` were edited after they ran; `missing` ran and have no file; `newer` ran too, but their numbers
    lie beyond every file: another version of the program applied them. This version goes on beside those called
    `NNN_expand-…` (docs/upgrading.md). What was adopted from the Node service is neither.
    """

    applied: tuple[AppliedMigration, ...]
    pending: tuple[Migration, ...]
    drifted: tuple[Migration, ...]
    missing: tuple[str, ...]
    newer: tuple[str, ...]

    def find_problem(self) -> Literal["behind", "newer", "drifted"] | None:
        """Name what keeps the program from using this database, the gravest first; None if nothing does."""
        if not all(map(_EXPANDING.match, self.newer)):
            return "newer"
        if self.drifted or self.missing:
            return "drifted"
        return "behind" if self.pending else None

    def find_foreign(self) -> tuple[str, ...]:
        """Return the names of what ran and has no file here, of whatever number."""
        return (*self.missing, *self.newer)

    def describe(self) -> str:
        """Say in plain words how the database stands and what to do."""
        if foreign := set(self.find_foreign()) & set(node_service.OWN_NAMES):
            return (
                f"The Node service set this database up, as far as its {max(foreign)}: `slb migrate adopt --dry-run`"
                " says what taking it over would do, `slb migrate adopt` does it."
            )
        if self.find_problem() == "newer":
            return (
                "The database's schema is newer than this program, which does not know"
                f" {_join_names(self.newer)}: use the program's newer version."
            )
        if self.missing:
            return f"Applied, but the file is missing: {_join_names(self.missing)}. Put the file back."
        if self.drifted:
            return (
                f"Edited after being applied: {_join_names(self.drifted)}. Undo the edit, or run"
                " `slb migrate verify --accept` if the database is right as it is."
            )
        if self.pending:
            return f"The database's schema is behind: run `slb migrate up` ({_sum_up(self.pending)})."
        added = f" A newer version of the program only added {_join_names(self.newer)}." if self.newer else ""
        return f"The database's schema is up to date.{added}"

    def require_agreement(self) -> None:
        """Raise SchemaDrifted if what was applied is not what the files say; pending files are fine."""
        if self.newer or self.find_problem() == "drifted":
            raise SchemaDrifted(f"{self.describe()} Nothing was changed.")


def _join_names(names: Sequence[str | Migration]) -> str:
    return ", ".join(one if isinstance(one, str) else one.file for one in names)


def _sum_up(pending: Sequence[Migration]) -> str:
    """Return which migrations are pending: a few by their names, many by the first and the last."""
    if len(pending) <= _FEW:
        return _join_names(pending)
    return f"{len(pending)} migrations, {pending[0].file} to {pending[-1].file}"


def compare(migrations: Sequence[Migration], applied: Sequence[AppliedMigration]) -> SchemaStatus:
    """Work out how files and ledger differ; applied is what stands in the ledger by its name."""
    checksums = {row.name: row.checksum for row in applied}
    known = {migration.name for migration in migrations}
    last = max((migration.number for migration in migrations), default=0)
    gone = [name for name in checksums if name not in known and checksums[name] != node_service.ADOPTED]
    return SchemaStatus(
        applied=tuple(applied),
        pending=tuple(migration for migration in migrations if migration.name not in checksums),
        drifted=tuple(m for m in migrations if checksums.get(m.name) not in {None, m.checksum}),
        missing=tuple(name for name in gone if files.parse_number(name) <= last),
        newer=tuple(name for name in gone if files.parse_number(name) > last),
    )


def read_status(conninfo: str, *, directory: Path | None = None) -> SchemaStatus:
    """Return how a database stands, changing nothing and waiting for no lock.

    `directory` None means the product's own migrations. Raises DatabaseUnavailable, and MigrationFailed for
    files that can't be read.
    """
    migrations = files.read_migrations(directory or files.locate_migrations())
    with ledger.open_for_reading(conninfo) as connection:
        return compare(migrations, ledger.list_applied(connection))


def verify_migrations(conninfo: str, *, directory: Path | None = None) -> SchemaStatus:
    """Check that every applied file is as it was when it was applied.

    Rows without a checksum, as node-pg-migrate writes them, get the present one: from then on an edit is
    noticed. Raises SchemaDrifted besides what `read_status` raises.
    """
    migrations = files.read_migrations(directory or files.locate_migrations())
    with ledger.open_for_writing(conninfo) as connection:
        found = compare(migrations, ledger.list_applied(connection))
        found.require_agreement()
        fill_checksums(connection, migrations, found)
        return found


def fill_checksums(connection: Connection, migrations: Sequence[Migration], found: SchemaStatus) -> None:
    """Note the present checksum of what was applied without one, by node-pg-migrate or by hand."""
    unknown = {row.name for row in found.applied if row.checksum is None}
    if unknown:
        ledger.ensure_ledger(connection)
        ledger.set_checksums(connection, [migration for migration in migrations if migration.name in unknown])


def accept_edits(conninfo: str, *, directory: Path | None = None) -> list[Migration]:
    """Take the edited files for what was applied, and return them; the database's tables stay as they are.

    Raises SchemaDrifted for what accepting can't mend: missing files and a newer database.
    """
    migrations = files.read_migrations(directory or files.locate_migrations())
    with ledger.open_for_writing(conninfo) as connection:
        found = compare(migrations, ledger.list_applied(connection))
        if found.missing or found.newer:
            found.require_agreement()
        ledger.set_checksums(connection, found.drifted)
        fill_checksums(connection, migrations, found)
        return list(found.drifted)
