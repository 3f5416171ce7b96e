"""Hold the only SQL of the product: the pool and its two doors, the migrations, and one module per table."""

from shareable_backlog.database.connection.pool import describe_prepared_use, open_database, pool
from shareable_backlog.database.connection.probe import ConnectionTest
from shareable_backlog.database.connection.query import query, read_last_connection_test, test_connection
from shareable_backlog.database.connection.server import is_made, require_made, use_server
from shareable_backlog.database.connection.transaction import Transaction, transaction

__all__ = [
    "ConnectionTest",
    "Transaction",
    "describe_prepared_use",
    "is_made",
    "open_database",
    "pool",
    "query",
    "read_last_connection_test",
    "require_made",
    "test_connection",
    "transaction",
    "use_server",
]
