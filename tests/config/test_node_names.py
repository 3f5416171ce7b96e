"""The Node service's own names in an environment file."""

import logging
from pathlib import Path

import pytest

from shareable_backlog.config import node_names, read_settings

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("cron", "seconds"),
    [
        ("*/15 * * * *", 900),
        ("0 */15 * * * *", 900),
        ("* * * * *", 60),
        ("0 * * * *", 3600),
        ("0 */2 * * *", 7200),
        ("30 6 * * *", 86_400),
        ("0 6 * * 1-5", None),
        ("*/0 * * * *", None),
        ("hourly", None),
    ],
)
def test_a_plain_schedule_is_an_interval(cron: str, seconds: int | None) -> None:
    assert node_names.derive_interval_s(cron) == seconds


def test_its_names_count_where_ours_are_not_set() -> None:
    Path(".env").write_text(
        f"SESSION_SECRET={SECRET}\nSEED_ADMIN_EMAIL=alice@example.com\nSYNC_CRON_SCHEDULE=*/10 * * * *\n",
        encoding="utf-8",
    )
    settings = read_settings()
    assert settings.secret_key is not None
    assert settings.secret_key.reveal() == SECRET
    assert settings.admin_emails == ("alice@example.com",)
    assert settings.sync_interval_s == 600


def test_ours_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET", SECRET)
    monkeypatch.setenv("SECRET_KEYS", f"{SECRET[::-1]},{SECRET}")
    monkeypatch.setenv("SYNC_CRON_SCHEDULE", "*/10 * * * *")
    monkeypatch.setenv("SYNC_INTERVAL_S", "60")
    settings = read_settings()
    assert settings.secret_key is not None
    assert settings.secret_key.reveal() == SECRET[::-1]
    assert settings.sync_interval_s == 60


def test_what_they_say_and_ours_can_not_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SESSION_SECRET", "keyboard cat")
    monkeypatch.setenv("SYNC_CRON_SCHEDULE", "0 6 * * 1-5")
    monkeypatch.setenv("SEED_ADMIN_EMAIL", "alice@example.com")
    monkeypatch.setenv("LINEAR_PROJECT_ID", "one")
    settings = read_settings()
    assert settings.secret_key is None
    assert settings.sync_interval_s == 300
    caplog.set_level(logging.INFO)
    node_names.log_names()
    said = [(record.getMessage()) for record in caplog.records]
    for name in ("SESSION_SECRET", "SYNC_CRON_SCHEDULE", "SEED_ADMIN_EMAIL", "LINEAR_PROJECT_ID"):
        assert sum(name in line for line in said) == 1
    assert "keyboard cat" not in "".join(said)


@pytest.mark.parametrize(("in_file", "lines"), [("NODE_ENV=production\n", 1), ("", 0)])
def test_of_a_name_that_others_use_too_the_log_speaks_only_where_the_file_has_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, in_file: str, lines: int
) -> None:
    Path(".env").write_text(in_file, encoding="utf-8")
    monkeypatch.setenv("NODE_ENV", "production")
    caplog.set_level(logging.INFO)
    node_names.log_names()
    assert len(caplog.records) == lines


def test_the_project_is_read_for_adopting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert node_names.read_project_id() is None
    monkeypatch.setenv("LINEAR_PROJECT_ID", " one ")
    assert node_names.read_project_id() == "one"
