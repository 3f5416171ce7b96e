"""Bring a database's schema to the state of the migration files, and tell how far it is.

Files, table and lock are those of node-pg-migrate: a database which that tool set up is taken over as it is,
and either tool can go on. Everything here blocks; call it from a thread in async code.
"""

from shareable_backlog.database.migrate.files import Migration, create, migrations_directory
from shareable_backlog.database.migrate.ledger import Applied
from shareable_backlog.database.migrate.run import baseline, down, redo, up
from shareable_backlog.database.migrate.state import SchemaDrifted, SchemaStatus, accept, status, verify

__all__ = [
    "Applied",
    "Migration",
    "SchemaDrifted",
    "SchemaStatus",
    "accept",
    "baseline",
    "create",
    "down",
    "migrations_directory",
    "redo",
    "status",
    "up",
    "verify",
]
