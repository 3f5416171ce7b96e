from pathlib import Path

import pytest

from shareable_backlog.database import migrate
from shareable_backlog.errors import InvalidInput, MigrationFailed
from tests.database.migrate import sample


def names(migrations: list[migrate.Migration]) -> list[str]:
    return [migration.name for migration in migrations]


def test_up_applies_what_is_pending_in_order_and_says_so(empty_database: str, three: Path) -> None:
    told: list[str] = []
    applied = migrate.apply_migrations(
        empty_database, directory=three, on_step=lambda migration: told.append(migration.name)
    )
    assert told == names(applied) == ["001_create-apples", "002_create-pears", "003_create-plums"]
    assert sample.tables(empty_database) == ["apples", "pears", "plums"]
    assert sample.ledger(empty_database) == told


def test_up_again_applies_nothing(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    assert migrate.apply_migrations(empty_database, directory=three) == []


def test_up_stops_after_the_number_that_was_asked_for(empty_database: str, three: Path) -> None:
    assert names(migrate.apply_migrations(empty_database, to=2, directory=three)) == [
        "001_create-apples",
        "002_create-pears",
    ]
    assert sample.tables(empty_database) == ["apples", "pears"]


@pytest.mark.parametrize("to", [4, -1])
def test_a_number_that_no_file_has_is_refused(empty_database: str, three: Path, to: int) -> None:
    with pytest.raises(InvalidInput, match=f"no migration {to}"):
        migrate.apply_migrations(empty_database, to=to, directory=three)
    with pytest.raises(InvalidInput, match=f"no migration {to}"):
        migrate.revert_migrations(empty_database, to=to, directory=three)


def test_a_dry_run_names_what_is_pending_and_writes_nothing(empty_database: str, three: Path) -> None:
    assert len(migrate.apply_migrations(empty_database, dry_run=True, directory=three)) == 3
    assert sample.rows(empty_database, "SELECT to_regclass('public.pgmigrations')") == [(None,)]


def test_the_ledger_has_the_shape_that_node_pg_migrate_makes(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    columns = sample.rows(
        empty_database,
        "SELECT column_name, data_type, character_maximum_length, is_nullable FROM information_schema.columns"
        " WHERE table_name = 'pgmigrations' ORDER BY ordinal_position",
    )
    assert columns == [
        ("id", "integer", None, "NO"),
        ("name", "character varying", 255, "NO"),
        ("run_on", "timestamp without time zone", None, "NO"),
        ("checksum", "text", None, "YES"),
    ]


def test_a_row_is_never_dated_before_an_earlier_one(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, to=2, directory=three)
    sample.execute(empty_database, "UPDATE pgmigrations SET run_on = '2999-12-31' WHERE name LIKE '002%'")
    migrate.apply_migrations(empty_database, directory=three)
    assert sample.ledger(empty_database)[-1] == "003_create-plums"


# MIG-06
@pytest.mark.parametrize("late", ["0025_create-late", "002_create-late"])
def test_a_file_that_belongs_before_an_applied_one_is_refused(empty_database: str, three: Path, late: str) -> None:
    (three / "002_create-pears.sql").unlink()
    migrate.apply_migrations(empty_database, directory=three)
    sample.write(three, late, "CREATE TABLE late (id int);")
    with pytest.raises(MigrationFailed, match="out of order: 003_create-plums is applied"):
        migrate.apply_migrations(empty_database, directory=three)
    assert "late" not in sample.tables(empty_database)
    assert names(migrate.apply_migrations(empty_database, allow_out_of_order=True, directory=three)) == [late]
    assert "late" in sample.tables(empty_database)


def test_a_number_with_one_digit_more_is_in_order(empty_database: str, folder: Path) -> None:
    sample.write(folder, "999_create-old", "CREATE TABLE old (id int);")
    migrate.apply_migrations(empty_database, directory=folder)
    sample.write(folder, "1000_create-new", "CREATE TABLE new (id int);")
    assert names(migrate.apply_migrations(empty_database, directory=folder)) == ["1000_create-new"]


# MIG-13
def test_rows_of_node_pg_migrate_are_adopted_and_only_the_rest_is_applied(empty_database: str, three: Path) -> None:
    sample.execute(
        empty_database,
        "CREATE TABLE pgmigrations (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);"
        "INSERT INTO pgmigrations (name, run_on) SELECT name, NOW() FROM"
        " unnest(ARRAY['001_create-apples', '002_create-pears']) AS name",
    )
    assert names(migrate.apply_migrations(empty_database, directory=three)) == ["003_create-plums"]
    assert sample.tables(empty_database) == ["plums"]
    assert sample.rows(empty_database, "SELECT count(*) FROM pgmigrations WHERE checksum IS NULL") == [(0,)]


def test_down_takes_back_the_last_one_only(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    assert names(migrate.revert_migrations(empty_database, directory=three)) == ["003_create-plums"]
    assert sample.tables(empty_database) == ["apples", "pears"]
    assert sample.ledger(empty_database) == ["001_create-apples", "002_create-pears"]


def test_down_to_a_number_takes_back_what_follows_it_newest_first(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    taken_back = migrate.revert_migrations(empty_database, to=1, directory=three)
    assert names(taken_back) == ["003_create-plums", "002_create-pears"]
    assert sample.tables(empty_database) == ["apples"]


def test_down_to_zero_and_up_again_is_a_round_trip(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    migrate.revert_migrations(empty_database, to=0, directory=three)
    assert sample.tables(empty_database) == []
    assert len(migrate.apply_migrations(empty_database, directory=three)) == 3


def test_down_on_an_empty_database_does_nothing(empty_database: str, three: Path) -> None:
    assert migrate.revert_migrations(empty_database, directory=three) == []


def test_down_runs_nothing_if_one_file_has_no_way_back(empty_database: str, three: Path) -> None:
    sample.write(three, "002_create-pears", "CREATE TABLE pears (id int);")
    migrate.apply_migrations(empty_database, directory=three)
    with pytest.raises(MigrationFailed, match=r"002_create-pears\.sql has no down part"):
        migrate.revert_migrations(empty_database, to=0, directory=three)
    assert sample.tables(empty_database) == ["apples", "pears", "plums"]


def test_down_runs_nothing_if_one_file_is_gone(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    (three / "002_create-pears.sql").unlink()
    with pytest.raises(MigrationFailed, match="The file of 002_create-pears is gone"):
        migrate.revert_migrations(empty_database, to=1, directory=three)
    assert sample.tables(empty_database) == ["apples", "pears", "plums"]


def test_redo_applies_the_last_file_as_it_is_now(empty_database: str, three: Path) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    sample.write(three, "003_create-plums", "CREATE TABLE quinces (id int);", "DROP TABLE plums;")
    assert migrate.redo_last_migration(empty_database, directory=three).name == "003_create-plums"
    assert sample.tables(empty_database) == ["apples", "pears", "quinces"]
    assert migrate.read_status(empty_database, directory=three).find_problem() is None


def test_redo_with_nothing_applied_says_so(empty_database: str, three: Path) -> None:
    with pytest.raises(MigrationFailed, match="none to redo"):
        migrate.redo_last_migration(empty_database, directory=three)


# MIG-14
def test_baseline_marks_a_schema_made_by_hand_and_applies_nothing(empty_database: str, three: Path) -> None:
    assert names(migrate.mark_baseline(empty_database, 2, directory=three)) == [
        "001_create-apples",
        "002_create-pears",
    ]
    assert sample.tables(empty_database) == []
    found = migrate.read_status(empty_database, directory=three)
    assert [row.name for row in found.applied] == ["001_create-apples", "002_create-pears"]
    assert [migration.name for migration in found.pending] == ["003_create-plums"]
    assert names(migrate.apply_migrations(empty_database, directory=three)) == ["003_create-plums"]


def test_baseline_to_a_number_that_no_file_has_is_refused(empty_database: str, three: Path) -> None:
    with pytest.raises(InvalidInput):
        migrate.mark_baseline(empty_database, 7, directory=three)
