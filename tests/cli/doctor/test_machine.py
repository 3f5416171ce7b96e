"""What `slb doctor` says of this machine: slips in the environment, secrets, room on the disk."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shareable_backlog.cli.doctor import machine
from shareable_backlog.config import parse_settings
from tests.support.signed_in import SECRET_KEY


def test_a_name_that_looks_like_a_setting_is_told_with_that(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.check_spelling(parse_settings({})).status == "ok"
    monkeypatch.setenv("LINEAR_API_KEYS", "lin_api_0123456789")
    found = machine.check_spelling(parse_settings({}))
    assert found.status == "warn"
    assert "LINEAR_API_KEYS (did you mean LINEAR_API_KEY?)" in found.what
    assert "0123456789" not in f"{found}"


def test_secrets_are_named_and_not_shown() -> None:
    found = machine.check_secrets(parse_settings({"SECRET_KEY": SECRET_KEY, "LINEAR_API_KEY": "lin_api_0123456789"}))
    assert (found.status, found.what) == ("ok", "SECRET_KEY, LINEAR_API_KEY")


def test_a_kept_key_beside_a_server_of_ones_own_has_to_last(tmp_path: Path) -> None:
    texts = {"SLB_DATA_DIR": str(tmp_path)}
    assert "is made at the first start" in machine.check_secrets(parse_settings(texts)).what
    (tmp_path / "secret_key").write_text(SECRET_KEY, encoding="ascii")
    assert machine.check_secrets(parse_settings(texts)).status == "ok"
    found = machine.check_secrets(parse_settings({**texts, "DATABASE_URL": "postgresql:///backlog"}))
    assert (found.status, SECRET_KEY in f"{found}") == ("warn", False)


@pytest.mark.parametrize(("free", "status"), [(5 * 10**9, "ok"), (10**9, "warn"), (10**8, "fail")])
def test_little_room_on_the_disk_is_told_also_where_the_folder_is_yet_to_be_made(
    free: int, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell_usage(_folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", tell_usage)
    found = machine.check_disk(parse_settings({"SLB_DATA_DIR": str(tmp_path / "data" / "backlog")}))
    assert (found.status, f"{free / 10**9:.1f} GB" in found.what) == (status, True)
    assert list(tmp_path.iterdir()) == []


def may_look(path: Path, mode: int) -> bool:
    """Answer as for a user who can see what is there, and change nothing."""
    return mode == os.F_OK and path.exists()


def test_a_data_folder_that_is_none_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for data_dir in (tmp_path / "file", tmp_path / "file" / "data"):
        settings = parse_settings({"SLB_DATA_DIR": str(data_dir)})
        found = machine.check_disk(settings)
        assert (found.status, found.what) == ("fail", "SLB_DATA_DIR is no folder, or lies below a file.")
        assert machine.check_secrets(settings).status == "fail"


def test_a_data_folder_that_can_not_be_written_fails_where_it_is_needed_and_is_warned_of_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"SLB_DATA_DIR": str(tmp_path / "data")}
    own = {"DATABASE_URL": "postgresql:///backlog", "SECRET_KEY": SECRET_KEY}
    monkeypatch.setattr(os, "access", may_look)
    found = machine.check_disk(parse_settings(texts))
    assert (found.status, found.what) == ("fail", "SLB_DATA_DIR can't be written by this user.")
    assert machine.check_disk(parse_settings(texts | own)).status == "warn"
    found = machine.check_secrets(parse_settings(texts))
    assert (found.status, found.what) == ("fail", "none set; SECRET_KEY is not set, and none can be kept.")


def test_a_data_folder_that_is_mounted_to_be_read_alone_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell_flags(_folder: Path) -> SimpleNamespace:
        return SimpleNamespace(f_flag=os.ST_RDONLY)

    monkeypatch.setattr(os, "access", may_look)
    monkeypatch.setattr(os, "statvfs", tell_flags)
    found = machine.check_disk(parse_settings({"SLB_DATA_DIR": str(tmp_path)}))
    assert found.what == "SLB_DATA_DIR is on a file system that can only be read."
