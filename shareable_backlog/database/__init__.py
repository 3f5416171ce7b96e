"""Hold the only SQL of the product: the pool and its two doors, the migrations, and one module per table."""

from shareable_backlog.database.pool import opened, pool
from shareable_backlog.database.probe import ConnectionTest
from shareable_backlog.database.query import last_connection_test, query, test_connection
from shareable_backlog.database.server import resolved
from shareable_backlog.database.transaction import Transaction, transaction

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
