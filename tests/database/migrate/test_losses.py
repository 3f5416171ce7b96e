"""What is gone after a roll-back is counted before it."""

import psycopg
import pytest

from shareable_backlog.database.migrate.files import MigrationPart
from shareable_backlog.database.migrate.losses import Loss, count_losses


@pytest.mark.parametrize(
    ("sql", "losses"),
    [
        ("DROP TABLE plums;", [Loss("plums", None, 3)]),
        ("drop table if exists public.plums, pears cascade", [Loss("plums", None, 3)]),
        ("ALTER TABLE plums DROP COLUMN sort,\nDROP size;", [Loss("plums", "sort", 2), Loss("plums", "size", 3)]),
        ("ALTER TABLE IF EXISTS ONLY public.plums DROP COLUMN IF EXISTS sort", [Loss("plums", "sort", 2)]),
        ("ALTER TABLE plums DROP COLUMN sort; DROP TABLE plums;", [Loss("plums", "sort", 2), Loss("plums", None, 3)]),
        ("DROP TABLE plums; DROP TABLE plums; ALTER TABLE plums DROP COLUMN sort", [Loss("plums", None, 3)]),
        ("ALTER TABLE plums DROP CONSTRAINT plums_size_check", []),
        ("DROP TABLE pears; ALTER TABLE plums DROP COLUMN ripe; DROP INDEX plums_sort", []),
        ("-- DROP TABLE plums;\nSELECT 'DROP TABLE plums'", []),
    ],
)
def test_rows_and_values_of_what_is_dropped_are_counted(empty_database: str, sql: str, losses: list[Loss]) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE TABLE plums (size integer CHECK (size > 0), sort text)")
        connection.execute("CREATE TABLE pears (size integer)")
        connection.execute("INSERT INTO plums VALUES (1, 'a'), (2, 'b'), (3, NULL)")
        assert count_losses(connection, [MigrationPart(sql, 1)]) == losses


def test_many_parts_are_counted_as_one(empty_database: str) -> None:
    parts = [MigrationPart("ALTER TABLE plums DROP COLUMN sort", 1), MigrationPart("DROP TABLE plums", 1)]
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE TABLE plums (sort text)")
        connection.execute("INSERT INTO plums VALUES ('a')")
        assert count_losses(connection, parts) == [Loss("plums", "sort", 1), Loss("plums", None, 1)]
