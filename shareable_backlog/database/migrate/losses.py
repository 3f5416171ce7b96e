"""Say beforehand which rows and values go when migrations are rolled back."""

import re
from collections.abc import Generator, Iterable

from msgspec import Struct
from psycopg import Connection, sql

from shareable_backlog.database.migrate import statements
from shareable_backlog.database.migrate.files import MigrationPart

_TABLE = re.compile(r"drop\s+table\s+(?:if\s+exists\s+)?(?P<names>[\w.,\s]+)", re.IGNORECASE)
_ALTERED = re.compile(r"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?:public\.)?(?P<table>\w+)", re.IGNORECASE)
_COLUMN = re.compile(r"\bdrop\s+(?:column\s+)?(?:if\s+exists\s+)?(?!constraint\b)(?P<column>\w+)", re.IGNORECASE)
_ALL = "*"


class Loss(Struct, frozen=True):
    """What goes of a table: all its `count` rows, or the values of one column (None: rows)."""

    table: str
    column: str | None
    count: int


def count_losses(connection: Connection, parts: Iterable[MigrationPart]) -> list[Loss]:
    """Return what the tables and columns hold that these parts drop, in their order; empty ones are left out.

    Only DROP TABLE and DROP COLUMN are understood, which is what the product's own migrations roll back by.
    """
    losses: list[Loss] = []
    seen: set[tuple[str, str]] = set()
    for table, column in (pair for part in parts for pair in _find_dropped(part)):
        if (table, column) in seen or (table, _ALL) in seen or not _is_there(connection, table, column):
            continue
        seen.add((table, column))
        counted = sql.SQL(_ALL) if column == _ALL else sql.Identifier(column)
        statement = sql.Composed(
            [sql.SQL("SELECT count("), counted, sql.SQL(") FROM public."), sql.Identifier(table)]
        )
        ((count,),) = connection.execute(statement).fetchall()
        if count:
            losses.append(Loss(table, None if column == _ALL else column, count))
    return losses


def _find_dropped(part: MigrationPart) -> Generator[tuple[str, str]]:
    for statement in statements.split_statements(part.text):
        if tables := _TABLE.match(statement.text):
            words = tables["names"].replace(",", " ").split()
            yield from ((word.removeprefix("public."), _ALL) for word in words)
        elif altered := _ALTERED.match(statement.text):
            yield from ((altered["table"], found["column"]) for found in _COLUMN.finditer(statement.text))


def _is_there(connection: Connection, table: str, column: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('public.' || quote_ident(%(table)s))"
        " AND NOT attisdropped AND (%(column)s = '*' OR attname = %(column)s) LIMIT 1",
        {"table": table, "column": column},
    )
    return found.fetchone() is not None
