from pathlib import Path

import pytest

from shareable_backlog.database import migrate
from shareable_backlog.errors import MigrationFailed
from tests.database.migrate import sample


def test_a_new_database_is_behind_with_everything_pending(empty_database: str, three: Path) -> None:
    found = migrate.read_status(empty_database, directory=three)
    assert found.applied == ()
    assert len(found.pending) == 3
    assert found.find_problem() == "behind"
    assert found.describe().endswith(
        "run `slb migrate up` (3 migrations, 001_create-apples.sql to 003_create-plums.sql)."
    )


def test_a_migrated_database_has_no_problem(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    found = migrate.read_status(empty_database, directory=three)
    assert found.find_problem() is None
    assert found.describe() == "The database's schema is up to date."


def test_status_leaves_a_ledger_of_node_pg_migrate_as_it_is(empty_database: str, three: Path) -> None:
    sample.execute(
        empty_database,
        "CREATE TABLE pgmigrations (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);"
        "INSERT INTO pgmigrations (name, run_on) VALUES ('001_create-apples', NOW())",
    )
    found = migrate.read_status(empty_database, directory=three)
    assert [(row.name, row.checksum) for row in found.applied] == [("001_create-apples", None)]
    migrate.apply_migrations(empty_database, dry_run=True, directory=three)
    columns = sample.rows(
        empty_database,
        "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = 'pgmigrations'::regclass AND attnum > 0",
    )
    assert columns == [("id name run_on",)]


# MIG-04
def test_an_edited_file_stops_up_and_verify_by_name(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, to=2, directory=three)
    sample.write(three, "002_create-pears", "CREATE TABLE pears (id bigint);", "DROP TABLE pears;")
    for action in (migrate.apply_migrations, migrate.verify_migrations):
        with pytest.raises(migrate.SchemaDrifted, match=r"002_create-pears\.sql.*slb migrate verify --accept"):
            action(empty_database, directory=three)
    assert migrate.read_status(empty_database, directory=three).find_problem() == "drifted"
    assert sample.tables(empty_database) == ["apples", "pears"]


def test_an_accepted_edit_is_no_drift_any_more(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    sample.write(three, "002_create-pears", "CREATE TABLE pears (id bigint);")
    assert [m.name for m in migrate.accept_edits(empty_database, directory=three)] == ["002_create-pears"]
    assert migrate.verify_migrations(empty_database, directory=three).drifted == ()
    assert migrate.accept_edits(empty_database, directory=three) == []


def test_other_line_endings_are_no_edit(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    path = three / "002_create-pears.sql"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate.verify_migrations(empty_database, directory=three).find_problem() is None


def test_verify_notices_edits_of_rows_of_node_pg_migrate_from_the_first_time_on(
    empty_database: str, three: Path
) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    sample.execute(empty_database, "ALTER TABLE pgmigrations DROP COLUMN checksum")
    migrate.verify_migrations(empty_database, directory=three)
    sample.write(three, "001_create-apples", "CREATE TABLE apples (id bigint);")
    with pytest.raises(migrate.SchemaDrifted, match=r"001_create-apples\.sql"):
        migrate.verify_migrations(empty_database, directory=three)


def test_a_deleted_applied_file_is_missing_and_can_not_be_accepted(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    (three / "002_create-pears.sql").unlink()
    found = migrate.read_status(empty_database, directory=three)
    assert (found.missing, found.newer, found.find_problem()) == (("002_create-pears",), (), "drifted")
    for action in (migrate.apply_migrations, migrate.verify_migrations, migrate.accept_edits):
        with pytest.raises(migrate.SchemaDrifted, match=r"002_create-pears.*Put the file back"):
            action(empty_database, directory=three)


# MIG-16
def test_a_database_that_a_newer_program_migrated_is_newer(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    (three / "003_create-plums.sql").unlink()
    found = migrate.read_status(empty_database, directory=three)
    assert (found.missing, found.newer, found.find_problem()) == ((), ("003_create-plums",), "newer")
    assert "newer than this program" in found.describe()
    with pytest.raises(migrate.SchemaDrifted, match="newer"):
        migrate.apply_migrations(empty_database, directory=three)


def test_what_a_newer_program_only_added_to_the_schema_is_no_problem_but_nothing_is_migrated(
    empty_database: str, three: Path
) -> None:
    added = sample.write(three, "004_expand-by-figs", "CREATE TABLE figs (id int);", "DROP TABLE figs;")
    migrate.apply_migrations(empty_database, directory=three)
    added.unlink()
    found = migrate.read_status(empty_database, directory=three)
    assert (found.newer, found.find_problem()) == (("004_expand-by-figs",), None)
    assert found.describe().endswith("up to date. A newer version of the program only added 004_expand-by-figs.")
    with pytest.raises(migrate.SchemaDrifted, match="004_expand-by-figs"):
        migrate.apply_migrations(empty_database, directory=three)
    with pytest.raises(MigrationFailed, match="004_expand-by-figs is gone"):
        migrate.revert_migrations(empty_database, directory=three)


def test_one_step_of_a_newer_program_that_did_more_than_add_is_a_problem(empty_database: str, three: Path) -> None:
    more = [sample.write(three, name, "SELECT 1;") for name in ("004_expand-by-figs", "005_contract-pears")]
    migrate.apply_migrations(empty_database, directory=three)
    for path in more:
        path.unlink()
    assert migrate.read_status(empty_database, directory=three).find_problem() == "newer"


# MIG-17
def test_a_database_that_an_older_program_migrated_is_behind(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, to=2, directory=three)
    found = migrate.read_status(empty_database, directory=three)
    assert found.find_problem() == "behind"
    assert found.describe().endswith("run `slb migrate up` (003_create-plums.sql).")
