from pathlib import Path

import pytest

from shareable_backlog.database.migrate import files, locate_migrations
from shareable_backlog.errors import InvalidInput, MigrationFailed
from tests.database.migrate import sample


def loaded(folder: Path, text: str | bytes) -> files.Migration:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / "001_only.sql").write_bytes(content)
    (migration,) = files.read_migrations(folder)
    return migration


def test_the_products_own_migrations_are_found_in_the_checkout() -> None:
    migrations = files.read_migrations(locate_migrations())
    assert [migration.name for migration in migrations][:2] == [
        "001_create-users-table",
        "002_create-user-preferences-table",
    ]
    assert [migration.number for migration in migrations] == list(range(1, len(migrations) + 1))


def test_every_migration_of_the_product_has_a_way_back() -> None:
    assert all(migration.down for migration in files.read_migrations(locate_migrations()))


def test_files_are_read_by_number_not_by_letters(folder: Path) -> None:
    for name in ("1000_d", "009_b", "010_c", "2_a"):
        sample.write(folder, name, "SELECT 1;")
    assert [migration.name for migration in files.read_migrations(folder)] == ["2_a", "009_b", "010_c", "1000_d"]


def test_up_and_down_are_the_text_after_their_markers(folder: Path) -> None:
    migration = loaded(folder, "ignored\n-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;\n")
    assert migration.up.text == "-- Up Migration\nSELECT 1;\n"
    assert migration.down is not None
    assert migration.down.text == "-- Down Migration\nSELECT 2;\n"


@pytest.mark.parametrize("marker", ["--UP MIGRATION", "  --- - up   migrations of old", "--\tUp\tMigration"])
def test_markers_are_read_as_loosely_as_node_pg_migrate_does(folder: Path, marker: str) -> None:
    assert loaded(folder, f"SELECT 0;\n{marker}\nSELECT 1;").up.text == f"{marker}\nSELECT 1;"


def test_down_may_come_first(folder: Path) -> None:
    migration = loaded(folder, "-- Down Migration\nSELECT 2;\n-- Up Migration\nSELECT 1;\n")
    assert migration.up.text == "-- Up Migration\nSELECT 1;\n"
    assert migration.down is not None
    assert migration.down.text == "-- Down Migration\nSELECT 2;\n"


def test_without_an_up_marker_all_text_before_the_down_marker_is_up(folder: Path) -> None:
    assert loaded(folder, "SELECT 1;\n-- Down Migration\nSELECT 2;\n").up.text == "SELECT 1;\n"


def test_without_any_marker_all_is_up_and_there_is_no_way_back(folder: Path) -> None:
    migration = loaded(folder, "SELECT 1;\n")
    assert migration.up.text == "SELECT 1;\n"
    assert migration.down is None


def test_of_two_down_markers_the_first_counts(folder: Path) -> None:
    migration = loaded(folder, "-- Up Migration\nA;\n-- Down Migration\nB;\n-- Down Migration\nC;\n")
    assert migration.up.text == "-- Up Migration\nA;\n"
    assert migration.down is not None
    assert migration.down.text == "-- Down Migration\nB;\n-- Down Migration\nC;\n"


def test_a_marker_within_a_line_is_no_marker(folder: Path) -> None:
    text = "-- Up Migration\nSELECT '-- Down Migration'; /* -- Down Migration */\n"
    assert loaded(folder, text).down is None


def test_a_marker_that_begins_a_line_inside_a_body_cuts_there_as_in_node_pg_migrate(folder: Path) -> None:
    migration = loaded(folder, "-- Up Migration\nDO $$\n-- Down Migration\n$$;\n")
    assert migration.up.text == "-- Up Migration\nDO $$\n"


def test_a_part_knows_its_lines(folder: Path) -> None:
    migration = loaded(folder, "-- note\n\n-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;\n")
    assert migration.up.locate_line(migration.up.text.index("SELECT")) == 4
    assert migration.down is not None
    assert migration.down.locate_line(migration.down.text.index("SELECT")) == 6


def test_a_byte_order_mark_is_no_part_of_the_text(folder: Path) -> None:
    assert loaded(folder, b"\xef\xbb\xbf-- Up Migration\nSELECT 1;\n").up.text == "-- Up Migration\nSELECT 1;\n"


def test_the_checksum_is_the_same_for_any_line_endings(folder: Path) -> None:
    text = "-- Up Migration\nSELECT 1;\n"
    forms = [text, text.replace("\n", "\r\n"), "\ufeff" + text]
    assert len({loaded(folder, form).checksum for form in forms}) == 1
    assert loaded(folder, text + "\n").checksum != loaded(folder, text).checksum


def test_the_text_keeps_its_line_endings(folder: Path) -> None:
    assert "'a\r\nb'" in loaded(folder, "-- Up Migration\r\nSELECT 'a\r\nb';\r\n").up.text


@pytest.mark.parametrize("name", ["README.md", "001_create-users.sql~", ".001_hidden.sql", "001_notes.txt"])
def test_files_that_are_no_migrations_are_ignored(three: Path, name: str) -> None:
    (three / name).write_text("not SQL", encoding="utf-8")
    assert len(files.read_migrations(three)) == 3


def test_a_folder_that_ends_like_a_migration_is_ignored(three: Path) -> None:
    (three / "004_folder.sql").mkdir()
    assert len(files.read_migrations(three)) == 3


@pytest.mark.parametrize(
    "name",
    [
        "it's mine.sql",
        "004_it's a name.sql",
        "create-users.sql",
        "004_Upper.sql",
        "004_a.SQL",
        "004_.sql",
        "004-a.sql",
    ],
)
def test_a_misnamed_migration_is_an_error_in_one_line(three: Path, name: str) -> None:
    (three / name).write_text("SELECT 1;", encoding="utf-8")
    with pytest.raises(MigrationFailed, match="is misnamed") as caught:
        files.read_migrations(three)
    assert "\n" not in str(caught.value)


def test_a_name_longer_than_the_ledger_holds_is_an_error(folder: Path) -> None:
    longest = "001_" + "a" * 247
    (folder / f"{longest}.sql").write_text("SELECT 1;", encoding="utf-8")
    assert files.read_migrations(folder)[0].name == longest
    with pytest.raises(InvalidInput, match="letters, digits and hyphens"):
        files.create_migration("b" * 300, folder)


def test_the_same_number_twice_is_an_error_that_names_both(three: Path) -> None:
    sample.write(three, "3_again", "SELECT 1;")
    with pytest.raises(MigrationFailed, match=r"003_create-plums\.sql and 3_again\.sql have the same number"):
        files.read_migrations(three)


@pytest.mark.parametrize(("content", "words"), [(b"SELECT '\xff';", "not UTF-8"), (b"SELECT '\0';", "NUL")])
def test_text_that_no_database_takes_is_an_error(folder: Path, content: bytes, words: str) -> None:
    with pytest.raises(MigrationFailed, match=words):
        loaded(folder, content)


def test_a_folder_that_is_not_there_is_an_error_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(MigrationFailed, match="can't be read") as caught:
        files.read_migrations(tmp_path / "nowhere")
    assert str(tmp_path) not in str(caught.value)


def test_a_new_file_has_the_next_number_and_both_markers(three: Path) -> None:
    path = files.create_migration("Add Bob's colour", three)
    assert path.name == "004_add-bob-s-colour.sql"
    assert path.read_bytes() == b"-- Up Migration\n\n-- Down Migration\n"
    assert files.read_migrations(three)[-1].number == 4


def test_a_new_file_is_as_wide_numbered_as_the_others(folder: Path) -> None:
    assert files.create_migration("first", folder).name == "001_first.sql"
    sample.write(folder, "0999_late", "SELECT 1;")
    assert files.create_migration("next", folder).name == "1000_next.sql"


@pytest.mark.parametrize("name", ["", "  ", "../..", "Ünïcödé"[0]])
def test_a_new_name_without_letters_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        files.create_migration(name, folder)
