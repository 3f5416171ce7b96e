from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from shareable_backlog.database import migrate
from shareable_backlog.database.migrate import step
from shareable_backlog.errors import BacklogError, DatabaseUnavailable, MigrationFailed
from tests.database.migrate import sample


def failure(conninfo: str, folder: Path) -> str:
    with pytest.raises(BacklogError) as caught:
        migrate.apply_migrations(conninfo, directory=folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# MIG-03
@pytest.mark.parametrize(
    ("sql", "line", "words"),
    [
        ("CREATE TABLE half (id int);\nSELEC 1;", 4, 'syntax error at or near "SELEC"'),
        ("CREATE TABLE half (id int);\n\n-- note;\nSELECT *\nFROM nowhere;", 7, 'relation "nowhere" does not exist'),
        ("CREATE TABLE half (id int);\nSELECT 1;\n\nCREATE TABLE apples (id int);", 6, 'relation "apples" already'),
        ("CREATE TABLE half (id int);\nDO $$\nBEGIN\n  RAISE 'no; luck';\nEND $$;", 4, "no; luck"),
        ("CREATE TABLE half (id int);\nSELECT 'zwölf ünd';\nSELECT gäb();", 5, "function gäb() does not exist"),
    ],
)
def test_a_failing_file_is_named_with_its_line_and_leaves_nothing_half(
    empty_database: str, three: Path, sql: str, line: int, words: str
) -> None:
    sample.write(three, "004_fail", f"-- made on purpose\n{sql}")
    message = failure(empty_database, three)
    assert message.startswith(f"004_fail.sql, line {line}: {words}")
    assert message.endswith("This file changed nothing.")
    assert sample.tables(empty_database) == ["apples", "pears", "plums"]
    assert sample.ledger(empty_database)[-1] == "003_create-plums"


def test_a_failing_way_back_is_named_with_its_line(empty_database: str, three: Path) -> None:
    sample.write(three, "004_create-figs", "CREATE TABLE figs (id int);", "DROP TABLE figs;\nDROP TABLE dates;")
    migrate.apply_migrations(empty_database, directory=three)
    with pytest.raises(MigrationFailed, match=r"004_create-figs\.sql, line 6: table \"dates\" does not exist"):
        migrate.revert_migrations(empty_database, directory=three)
    assert "figs" in sample.tables(empty_database)


def test_a_constraint_that_fails_at_the_end_of_the_transaction_is_said_to(empty_database: str, folder: Path) -> None:
    sample.write(
        folder,
        "001_create-figs",
        "CREATE TABLE figs (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO figs VALUES (1), (1);",
    )
    assert failure(empty_database, folder).startswith("001_create-figs.sql, at its end: duplicate key")
    assert sample.tables(empty_database) == []


def test_the_values_of_rows_stand_in_no_message(empty_database: str, folder: Path) -> None:
    sample.write(
        folder,
        "001_create-people",
        "CREATE TABLE people (email text);\n"
        "INSERT INTO people VALUES ('alice@example.com'), ('alice@example.com');\n"
        "ALTER TABLE people ADD UNIQUE (email);",
    )
    assert "alice" not in failure(empty_database, folder)


def test_text_that_other_tools_take_for_parameters_arrives_as_it_is(empty_database: str, folder: Path) -> None:
    sample.write(
        folder,
        "001_create-texts",
        "CREATE TABLE texts (value text);\n"
        "INSERT INTO texts VALUES ('100 %s %% %(name)s'), (':name ::x $1 {0}'), ($$it's; $1$$), ('a\\b ☃');",
    )
    migrate.apply_migrations(empty_database, directory=folder)
    assert [value for (value,) in sample.rows(empty_database, "SELECT value FROM texts")] == [
        "100 %s %% %(name)s",
        ":name ::x $1 {0}",
        "it's; $1",
        "a\\b ☃",
    ]


@pytest.mark.parametrize("form", ["\r\n", "bom"])
def test_carriage_returns_and_a_byte_order_mark_are_fine_both_ways(
    empty_database: str, folder: Path, form: str
) -> None:
    path = sample.write(folder, "001_create-figs", "CREATE TABLE figs (id int);", "DROP TABLE figs;")
    content = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + content if form == "bom" else content.replace(b"\n", b"\r\n"))
    migrate.apply_migrations(empty_database, directory=folder)
    assert sample.tables(empty_database) == ["figs"]
    migrate.revert_migrations(empty_database, directory=folder)
    assert sample.tables(empty_database) == []


def test_a_marker_inside_a_body_fails_loudly_and_changes_nothing(empty_database: str, folder: Path) -> None:
    sample.write(folder, "001_cut", "CREATE TABLE figs (id int);\nDO $$\n-- Down Migration\nBEGIN\nEND $$;")
    assert failure(empty_database, folder).startswith("001_cut.sql, line 3: unterminated dollar-quoted string")
    assert sample.tables(empty_database) == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1;\nCOMMIT;", "line 3: this begins or ends a transaction"),
        ("BEGIN;\nSELECT 1;\nCOMMIT;", "line 2: this begins or ends a transaction"),
        ("ROLLBACK", "line 2: this begins or ends a transaction"),
        ("SELECT 1;\n/* data */ COPY apples (id) FROM stdin;\n1\n\\.\n", "line 3: this copies from or to the client"),
        ("-- nothing yet", "line 1: there is no SQL here"),
    ],
)
def test_a_text_that_can_not_be_one_transaction_is_refused_before_anything_runs(
    empty_database: str, three: Path, sql: str, words: str
) -> None:
    sample.write(three, "004_unfit", sql)
    assert failure(empty_database, three).startswith(f"004_unfit.sql, {words}")
    assert sample.tables(empty_database) == []


def test_savepoints_are_part_of_a_transaction(empty_database: str, folder: Path) -> None:
    sample.write(folder, "001_try", "SAVEPOINT a;\nCREATE TABLE figs ();\nROLLBACK TO SAVEPOINT a;\nRELEASE a;")
    migrate.apply_migrations(empty_database, directory=folder)
    assert sample.tables(empty_database) == []


def test_a_statement_that_runs_outside_transactions_only_is_refused_with_advice(
    empty_database: str, three: Path
) -> None:
    sample.write(three, "004_index", "CREATE INDEX CONCURRENTLY idx_plums_id ON plums (id);")
    message = failure(empty_database, three)
    assert "line 2: CREATE INDEX CONCURRENTLY cannot run inside a transaction block" in message
    assert message.endswith("mark its file with `slb migrate baseline`.")


def test_what_a_file_sets_for_its_session_ends_with_it(empty_database: str, folder: Path) -> None:
    sample.write(folder, "001_dump", "SELECT pg_catalog.set_config('search_path', '', false); SET lock_timeout = 7;")
    sample.write(folder, "002_look", "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS value;")
    migrate.apply_migrations(empty_database, directory=folder)
    assert sample.rows(empty_database, "SELECT value FROM public.seen") == [("1s",)]


# MIG-20
def test_a_role_without_the_right_to_create_is_told_which_right_it_lacks(
    empty_database: str, limited_role: str, three: Path
) -> None:
    limited = f"{empty_database} options='-c role={limited_role}'"
    message = failure(limited, three)
    assert "permission denied for schema public" in message
    assert "needs CREATE on the schema public" in message


def test_a_role_that_does_not_own_a_table_is_told_so_with_file_and_line(
    empty_database: str, limited_role: str, three: Path
) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    sample.execute(empty_database, "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC")
    sample.execute(empty_database, "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC")
    sample.write(three, "004_alter", "ALTER TABLE plums ADD COLUMN ripe bool;")
    message = failure(f"{empty_database} options='-c role={limited_role}'", three)
    assert message.startswith("004_alter.sql, line 2: The database role lacks a right (must be owner of table plums)")


# MIG-10
def test_a_table_in_use_is_waited_for_without_holding_up_its_readers(
    empty_database: str, three: Path, seen: Callable[[str], None]
) -> None:
    migrate.apply_migrations(empty_database, directory=three)
    sample.write(three, "004_alter", "ALTER TABLE plums ADD COLUMN ripe bool;")
    with psycopg.connect(empty_database) as reader, ThreadPoolExecutor() as threads:
        reader.execute("SELECT * FROM plums")
        run = threads.submit(migrate.apply_migrations, empty_database, directory=three)
        seen("wait_event_type = 'Lock'")
        began = monotonic()
        sample.rows(empty_database, "SELECT * FROM plums")
        held_up_s = monotonic() - began
        reader.rollback()
        assert [migration.name for migration in run.result(timeout=20)] == ["004_alter"]
    assert held_up_s < 1.5


def test_a_table_that_stays_in_use_is_given_up_without_a_change(
    empty_database: str, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "RETRY_DELAYS_S", (0.01,))
    migrate.apply_migrations(empty_database, directory=three)
    sample.write(three, "004_alter", "CREATE TABLE figs ();\nALTER TABLE plums ADD COLUMN ripe bool;")
    with psycopg.connect(empty_database) as reader:
        reader.execute("SELECT * FROM plums")
        assert "stayed in use" in failure(empty_database, three)
    assert "figs" not in sample.tables(empty_database)


def test_a_connection_lost_midway_is_said_so_with_the_file(
    empty_database: str, folder: Path, seen: Callable[[str], None]
) -> None:
    sample.write(folder, "001_sleep", "SELECT pg_sleep(60);")
    with ThreadPoolExecutor() as threads:
        run = threads.submit(migrate.apply_migrations, empty_database, directory=folder)
        seen("wait_event = 'PgSleep'")
        sample.rows(
            empty_database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'slb migrate'",
        )
        with pytest.raises(
            DatabaseUnavailable, match=r"001_sleep\.sql: the database is shutting down.*slb migrate status"
        ):
            run.result(timeout=20)
