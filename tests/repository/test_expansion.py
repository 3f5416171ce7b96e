"""A migration takes nothing away that the previous version of the program uses, unless its name says so."""

import re
from collections.abc import Mapping

import pytest

from shareable_backlog.database.migrate import files, statements
from shareable_backlog.database.migrate.files import Migration

SINCE = 60
"""Older ones were there before the rule, and no program older than they are is in use."""
EXCEPTIONS: Mapping[str, str] = {
    "066_expand-record-keys": "a wider number is one to Python too, statements prepared for the other are prepared"
    " anew, and the function is there again at once",
    "067_expand-keys-of-requests": "the same",
}
"""Which break the rule by their words alone, and why the previous version goes on all the same."""

TABLE = r"^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<table>\w+) .*?\b"
BREAKING: Mapping[str, re.Pattern[str]] = {
    what: re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for what, pattern in {
        "takes something away": r"^DROP (TABLE|VIEW|SEQUENCE|TYPE|FUNCTION|SCHEMA)\b",
        "takes a column or its default away": TABLE + r"DROP (COLUMN\b|DEFAULT\b)",
        "renames": r"^ALTER \w+ .*?\bRENAME\b",
        "asks for a value that was not asked for": TABLE
        + r"(SET NOT NULL|ADD COLUMN (?![^,]*\bDEFAULT\b)[^,]*\bNOT NULL)",
        "changes a type": TABLE + r"ALTER (COLUMN )?\w+ (SET DATA )?TYPE\b",
        "refuses values that were taken": TABLE
        + r"ADD (CONSTRAINT \w+ )?(CHECK|UNIQUE|FOREIGN KEY|PRIMARY KEY|EXCLUDE)\b",
        "refuses rows that were taken": r"^CREATE UNIQUE INDEX .*? ON (?P<table>\w+)",
        "takes a right away": r"^REVOKE\b",
    }.items()
}
MIGRATIONS = [one for one in files.read_migrations(files.locate_migrations()) if one.number >= SINCE]


def find_breaks(migration: Migration) -> list[str]:
    """Return what in the way up breaks the previous version; a table that the same file makes is nobody's yet."""
    texts = [re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", one.text)) for one in list_statements(migration)]
    made = {
        found[1]
        for text in texts
        if (found := re.match(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", text, re.IGNORECASE))
    }
    return [
        what
        for text in texts
        for what, pattern in BREAKING.items()
        if (found := pattern.search(text)) and found.groupdict().get("table") not in made
    ]


def list_statements(migration: Migration) -> list[statements.Statement]:
    return statements.split_statements(migration.up.text)


def build_migration(up: str) -> Migration:
    part = files.MigrationPart(up, 1)
    return Migration(number=99, name="099_test", up=part, down=None, checksum="")


@pytest.mark.parametrize("migration", MIGRATIONS, ids=lambda one: one.name)
def test_the_previous_version_runs_on_the_schema_unless_the_name_says_contract(migration: Migration) -> None:
    is_named = re.match(r"\d+_contract-", migration.name) is not None
    assert is_named or migration.name in EXCEPTIONS or find_breaks(migration) == []


def test_every_exception_is_still_one() -> None:
    breaking = {one.name for one in MIGRATIONS if find_breaks(one)}
    assert EXCEPTIONS.keys() <= breaking


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DROP TABLE pears;", "takes something away"),
        ("DROP FUNCTION pick(TEXT);", "takes something away"),
        ("ALTER TABLE pears\n  ADD COLUMN skin TEXT,\n  DROP COLUMN core;", "takes a column or its default away"),
        ("ALTER TABLE pears ALTER COLUMN core DROP DEFAULT;", "takes a column or its default away"),
        ("ALTER TABLE pears RENAME COLUMN core TO heart;", "renames"),
        ("ALTER INDEX idx_pears RENAME TO idx_fruit;", "renames"),
        ("ALTER TABLE pears ALTER COLUMN core SET NOT NULL;", "asks for a value that was not asked for"),
        ("ALTER TABLE pears ADD COLUMN skin TEXT NOT NULL;", "asks for a value that was not asked for"),
        ("ALTER TABLE pears ALTER COLUMN core TYPE BIGINT;", "changes a type"),
        ("ALTER TABLE pears ADD CONSTRAINT pears_core_check CHECK (core > 0);", "refuses values that were taken"),
        ("ALTER TABLE pears ADD UNIQUE (core);", "refuses values that were taken"),
        ("CREATE UNIQUE INDEX idx_pears_core ON pears (core);", "refuses rows that were taken"),
        ("REVOKE SELECT ON pears FROM PUBLIC;", "takes a right away"),
    ],
)
def test_what_breaks_the_previous_version_is_found(statement: str, what: str) -> None:
    assert find_breaks(build_migration(statement)) == [what]


@pytest.mark.parametrize(
    "up",
    [
        "CREATE TABLE pears (core TEXT NOT NULL CHECK (core <> ''));\nALTER TABLE pears ADD UNIQUE (core);",
        "CREATE TABLE pears (core INT);\nCREATE UNIQUE INDEX idx_pears_core ON pears (core);",
        "ALTER TABLE apples ADD COLUMN skin TEXT;",
        "ALTER TABLE apples ADD COLUMN skin TEXT NOT NULL DEFAULT 'red', ADD COLUMN stem TEXT;",
        "DROP INDEX idx_apples; CREATE INDEX idx_apples ON apples (core);",
        "-- DROP TABLE apples;\nCREATE FUNCTION f() RETURNS VOID LANGUAGE sql AS $$ DROP TABLE apples $$;",
    ],
)
def test_what_only_adds_is_fine(up: str) -> None:
    assert find_breaks(build_migration(up)) == []
