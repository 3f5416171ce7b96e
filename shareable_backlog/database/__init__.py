"""Hold the only SQL of the product: the pool and its two doors, the migrations, and one module per table."""

from shareable_backlog.database.connection.pool import opened, pool
from shareable_backlog.database.connection.probe import ConnectionTest
from shareable_backlog.database.connection.query import last_connection_test, query, test_connection
from shareable_backlog.database.connection.target import resolved
from shareable_backlog.database.connection.transaction import Transaction, transaction

__all__ = [
    "ConnectionTest",
    "Transaction",
    "last_connection_test",
    "opened",
    "pool",
    "query",
    "resolved",
    "test_connection",
    "transaction",
]
