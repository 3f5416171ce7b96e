"""Bring a database's schema to the state of the migration files, and tell how far it is.

Files, table and lock are those of node-pg-migrate: a database which that tool set up is taken over as it is,
and either tool can go on. Everything here blocks; call it from a thread in async code.
"""

from shareable_backlog.database.migrate.files import Migration, create_migration, locate_migrations
from shareable_backlog.database.migrate.ledger import AppliedMigration
from shareable_backlog.database.migrate.losses import Loss
from shareable_backlog.database.migrate.run import (
    apply_migrations,
    mark_baseline,
    redo_last_migration,
    revert_migrations,
)
from shareable_backlog.database.migrate.state import (
    SchemaDrifted,
    SchemaStatus,
    accept_edits,
    read_status,
    verify_migrations,
)

__all__ = [
    "AppliedMigration",
    "Loss",
    "Migration",
    "SchemaDrifted",
    "SchemaStatus",
    "accept_edits",
    "apply_migrations",
    "create_migration",
    "locate_migrations",
    "mark_baseline",
    "read_status",
    "redo_last_migration",
    "revert_migrations",
    "verify_migrations",
]
