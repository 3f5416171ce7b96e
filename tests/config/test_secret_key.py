"""The key of an installation: set by the operator, or made once and kept."""

import errno
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_IMODE

import pytest
from structlog.testing import capture_logs

from shareable_backlog import logs
from shareable_backlog.config import Secret, parse_settings, secret_key
from shareable_backlog.errors import ConfigurationInvalid

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
SERVER = "postgresql://user:password@localhost:5432/backlog"


def ensure(folder: Path) -> str:
    """Return the key kept in a data folder, as a start on the embedded database finds or makes it."""
    found = secret_key.ensure_secret_key(parse_settings({"SLB_DATA_DIR": str(folder)})).secret_key
    assert found is not None
    return found.reveal()


def test_beside_a_server_of_ones_own_it_is_made_too_and_the_log_says_when_to_set_it(tmp_path: Path) -> None:
    settings = parse_settings({"DATABASE_URL": SERVER, "SLB_DATA_DIR": str(tmp_path)})
    with capture_logs() as logged:
        first, second = (secret_key.ensure_secret_key(settings).secret_key for _ in range(2))
    assert first
    assert first == second == secret_key.find_secret_keys(settings)[0]
    assert S_IMODE((tmp_path / secret_key.FILE).stat().st_mode) == 0o600
    [made] = logged
    assert (made["event"], "set SECRET_KEY" in made["note"]) == ("secret_key_made", True)
    assert first.reveal() not in str(made)


def test_a_key_that_is_set_is_kept_nowhere(tmp_path: Path) -> None:
    given = parse_settings({"DATABASE_URL": SERVER, "SECRET_KEY": KEY, "SLB_DATA_DIR": str(tmp_path)})
    assert secret_key.ensure_secret_key(given) == given
    assert list(tmp_path.iterdir()) == []


def test_beside_the_embedded_server_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = parse_settings({"SLB_DATA_DIR": str(tmp_path / "data")})
    first = secret_key.ensure_secret_key(settings).secret_key
    assert first is not None
    assert len(first.reveal()) == 64
    assert secret_key.ensure_secret_key(settings).secret_key == first
    assert S_IMODE((tmp_path / "data" / secret_key.FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [secret_key.FILE]


def test_the_folder_that_is_made_for_it_is_its_owners_alone(tmp_path: Path) -> None:
    ensure(tmp_path / "data")
    assert S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_each_installation_has_a_key_of_its_own(tmp_path: Path) -> None:
    assert ensure(tmp_path / "one") != ensure(tmp_path / "other")


def test_of_programs_that_start_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as programs:
        keys = set(programs.map(ensure, [tmp_path] * 24))
    assert keys == {(tmp_path / secret_key.FILE).read_text(encoding="ascii")}
    assert [path.name for path in tmp_path.iterdir()] == [secret_key.FILE]


def test_a_key_that_is_set_comes_before_the_one_that_is_kept(tmp_path: Path) -> None:
    kept = ensure(tmp_path)
    given = secret_key.ensure_secret_key(
        parse_settings({"SLB_DATA_DIR": str(tmp_path), "SECRET_KEY": KEY})
    ).secret_key
    assert given is not None
    assert given.reveal() == KEY != kept


def test_a_kept_key_is_masked_in_the_log(tmp_path: Path) -> None:
    assert logs.mask_text(f"It is {ensure(tmp_path)}.") == "It is ***."


def test_all_other_settings_stay_as_they_are(tmp_path: Path) -> None:
    settings = parse_settings({"SLB_DATA_DIR": str(tmp_path), "PORT": "3000"})
    ensured = secret_key.ensure_secret_key(settings)
    assert (ensured.port, ensured.data_dir, ensured.database_url) == (3000, tmp_path, None)


def test_a_key_that_cannot_be_read_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / secret_key.FILE).mkdir()
    with pytest.raises(ConfigurationInvalid, match=r"none can be made \(Is a directory\): set SECRET_KEY"):
        secret_key.ensure_secret_key(parse_settings({"SLB_DATA_DIR": str(tmp_path)}))


def test_a_data_folder_that_can_not_be_made_is_told_in_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match=r"none can be made \(.+\): set SECRET_KEY") as caught:
        ensure(tmp_path / "data")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("kept", ["", "\n", "change me", "x" * 64, "0123456789abcdef"])
def test_a_kept_key_that_could_be_guessed_is_refused_with_the_way_to_a_new_one(tmp_path: Path, kept: str) -> None:
    """A file may be empty after a power cut, or written by hand."""
    (tmp_path / secret_key.FILE).write_text(kept, encoding="ascii")
    with pytest.raises(ConfigurationInvalid, match="delete it, and the next start makes a new one"):
        ensure(tmp_path)


def test_of_several_keys_the_first_is_in_use_and_all_are_found() -> None:
    settings = parse_settings({"SECRET_KEYS": f"{KEY}, {KEY[::-1]}"})
    assert settings.secret_key == Secret(KEY)
    assert secret_key.find_secret_keys(settings) == (Secret(KEY), Secret(KEY[::-1]))
    assert secret_key.find_secret_keys(parse_settings({"SECRET_KEY": KEY})) == (Secret(KEY),)


def test_a_list_of_keys_stands_in_place_of_the_one_and_has_none_that_could_be_guessed() -> None:
    with pytest.raises(ConfigurationInvalid, match="SECRET_KEY and SECRET_KEYS are both set: keep one"):
        parse_settings({"SECRET_KEY": KEY, "SECRET_KEYS": KEY})
    with pytest.raises(ConfigurationInvalid, match="SECRET_KEYS should be at least 32 random characters"):
        parse_settings({"SECRET_KEYS": f"{KEY},"})


def test_looking_for_keys_makes_none(tmp_path: Path) -> None:
    embedded = parse_settings({"SLB_DATA_DIR": str(tmp_path)})
    assert secret_key.find_secret_keys(embedded) == ()
    assert list(tmp_path.iterdir()) == []
    made = ensure(tmp_path)
    assert secret_key.find_secret_keys(embedded) == (Secret(made),)


def test_a_data_folder_that_can_only_be_read_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object, **_options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(ConfigurationInvalid, match=r"none can be made \(Read-only file system\)"):
        secret_key.ensure_secret_key(parse_settings({"SLB_DATA_DIR": str(tmp_path)}))
