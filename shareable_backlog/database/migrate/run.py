"""Apply the pending migrations, take the last ones back, or mark as applied what is there already.

In all of these `directory` None means the product's own migrations, `wait_s` is how long a server that is not
there yet is waited for, and `on_step` is told each migration once its transaction is committed. What they
raise: DatabaseUnavailable; SchemaDrifted when files and database contradict each other; InvalidInput for a
number that no file has; MigrationFailed for the rest. What was committed before an error stays.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from psycopg import Connection

from shareable_backlog.database.migrate import files, ledger, node_service, state, step
from shareable_backlog.database.migrate.files import Migration, MigrationPart
from shareable_backlog.database.migrate.losses import Loss, count_losses
from shareable_backlog.database.migrate.state import SchemaStatus
from shareable_backlog.errors import InvalidInput, MigrationFailed

OnStep = Callable[[Migration], None]
Confirm = Callable[[Sequence[Migration], Sequence[Loss]], None]
"""Is told which migrations would be rolled back and what goes with them; raises to leave all as it is.

It is asked under the lock, so that what was confirmed is what is done.
"""


def apply_migrations(
    conninfo: str,
    *,
    to: int | None = None,
    dry_run: bool = False,
    wait_s: float = 0,
    allow_out_of_order: bool = False,
    on_step: OnStep | None = None,
    directory: Path | None = None,
) -> list[Migration]:
    """Apply what is pending, up to the number `to` (None: all), and return it in the order of its numbers.

    With `dry_run` nothing is run or written, and no lock taken. A file that belongs before one already
    applied is refused unless `allow_out_of_order`; node-pg-migrate refuses the database from then on.
    """
    migrations = _read_migrations(directory, to)
    if dry_run:
        with ledger.open_for_reading(conninfo, wait_s=wait_s) as connection:
            found = state.compare(migrations, ledger.list_applied(connection))
        return _choose_pending(found, to, allow_out_of_order=allow_out_of_order)
    with ledger.open_for_writing(conninfo, wait_s=wait_s) as connection:
        found = state.compare(migrations, ledger.list_applied(connection))
        chosen = _choose_pending(found, to, allow_out_of_order=allow_out_of_order)
        ledger.ensure_ledger(connection)
        state.fill_checksums(connection, migrations, found)
        if chosen:
            step.restore_indexes(connection)
        for migration in chosen:
            _apply_migration(connection, migration, on_step)
        return chosen


def _read_migrations(directory: Path | None, to: int | None) -> list[Migration]:
    migrations = files.read_migrations(directory or files.locate_migrations())
    if to and to not in {migration.number for migration in migrations}:
        raise InvalidInput(f"There is no migration {to}.")
    return migrations


def _choose_pending(found: SchemaStatus, to: int | None, *, allow_out_of_order: bool) -> list[Migration]:
    """Return what is to be applied, checked as far as possible before anything runs."""
    found.require_agreement()
    chosen = [migration for migration in found.pending if to is None or migration.number <= to]
    for migration in chosen:
        step.check_part(migration, migration.up)
        own = [row.name for row in found.applied if row.checksum != node_service.ADOPTED]
        later = next((name for name in own if _is_before(migration, name)), None)
        if later and not allow_out_of_order:
            raise MigrationFailed(
                f"{migration.file} is out of order: {later} is applied already. Nothing was changed;"
                " give it the next number, or allow it with --allow-out-of-order."
            )
    return chosen


def _is_before(migration: Migration, name: str) -> bool:
    """Return whether a migration comes before an applied one: by number, or as 0025 does before 003."""
    return migration.number < files.parse_number(name) or (migration.name.startswith("0") and migration.name < name)


def _apply_migration(connection: Connection, migration: Migration, on_step: OnStep | None) -> None:
    step.run_part(connection, migration, migration.up, ledger.record_migration)
    if on_step:
        on_step(migration)


def revert_migrations(
    conninfo: str,
    *,
    to: int | None = None,
    confirm: Confirm | None = None,
    on_step: OnStep | None = None,
    directory: Path | None = None,
) -> list[Migration]:
    """Take back every migration after the number `to` (0: all; None: only the last one), newest first.

    Nothing runs unless each of them has its file and a down part.
    """
    migrations = _read_migrations(directory, to)
    with ledger.open_for_writing(conninfo) as connection:
        applied = reversed(ledger.list_applied(connection))
        names = [row.name for row in applied if row.checksum != node_service.ADOPTED]
        names = names[:1] if to is None else [name for name in names if files.parse_number(name) > to]
        ways = [_find_way_back(name, migrations) for name in names]
        if ways:
            _ask(confirm, connection, ways)
            step.restore_indexes(connection)
        for migration, part in ways:
            step.run_part(connection, migration, part, ledger.delete_migration)
            if on_step:
                on_step(migration)
        return [migration for migration, _ in ways]


def _ask(confirm: Confirm | None, connection: Connection, ways: Sequence[tuple[Migration, MigrationPart]]) -> None:
    if confirm is not None:
        confirm([migration for migration, _ in ways], count_losses(connection, [part for _, part in ways]))


def _find_way_back(name: str, migrations: Sequence[Migration]) -> tuple[Migration, MigrationPart]:
    migration = next((migration for migration in migrations if migration.name == name), None)
    if migration is None:
        raise MigrationFailed(f"The file of {name} is gone, and with it the way back. Nothing was changed.")
    if migration.down is None:
        raise MigrationFailed(f"{migration.file} has no down part, so there is no way back. Nothing was changed.")
    step.check_part(migration, migration.down)
    return migration, migration.down


def redo_last_migration(
    conninfo: str, *, confirm: Confirm | None = None, on_step: OnStep | None = None, directory: Path | None = None
) -> Migration:
    """Take the last migration back and apply it as its file is now; if that fails it stays taken back."""
    migrations = _read_migrations(directory, None)
    with ledger.open_for_writing(conninfo) as connection:
        applied = ledger.list_applied(connection)
        if not applied:
            raise MigrationFailed("No migration is applied, so there is none to redo.")
        migration, part = _find_way_back(applied[-1].name, migrations)
        step.check_part(migration, migration.up)
        _ask(confirm, connection, [(migration, part)])
        ledger.ensure_ledger(connection)
        step.restore_indexes(connection)
        step.run_part(connection, migration, part, ledger.delete_migration)
        _apply_migration(connection, migration, on_step)
        return migration


def mark_baseline(conninfo: str, to: int, *, directory: Path | None = None) -> list[Migration]:
    """Mark the migrations up to the number `to` as applied without running them, and return those marked.

    For a schema that was made by other means; what is marked already stays as it is. All or none.
    """
    migrations = _read_migrations(directory, to)
    with ledger.open_for_writing(conninfo) as connection:
        found = state.compare(migrations, ledger.list_applied(connection))
        found.require_agreement()
        marked = [migration for migration in found.pending if migration.number <= to]
        with connection.transaction():
            ledger.ensure_ledger(connection)
            for migration in marked:
                ledger.record_migration(connection, migration)
        return marked
