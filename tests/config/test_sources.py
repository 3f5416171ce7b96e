"""Where each setting comes from, and which names are none."""

from pathlib import Path

import pytest

from shareable_backlog.cli import main
from shareable_backlog.config import sources
from tests.support.signed_in import SECRET_KEY


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    path = Path(".env")
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def test_a_setting_is_of_the_environment_before_the_file_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    write("PORT=3000\nLOG_FORMAT=json\nRETENTION_DAYS=\n")
    monkeypatch.setenv("PORT", "4000")
    found = sources.find_sources()
    assert (found["PORT"], found["LOG_FORMAT"]) == ("environment", ".env")
    assert (found["RETENTION_DAYS"], found["SYNC_INTERVAL_S"]) == ("default", "default")


def test_a_secret_in_a_file_is_told_by_what_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("LINEAR_API_KEY_FILE=/run/secrets/key\n")
    monkeypatch.setenv("SMTP_URL_FILE", "/run/secrets/smtp")
    found = sources.find_sources()
    assert found["LINEAR_API_KEY"] == "file of LINEAR_API_KEY_FILE, .env"
    assert found["SMTP_URL"] == "file of SMTP_URL_FILE, environment"


def test_a_name_of_the_node_service_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    write(f"SESSION_SECRET={SECRET_KEY}\n")
    assert sources.find_sources()["SECRET_KEY"] == ".env, as SESSION_SECRET"


def test_the_command_prints_each_value_with_its_source_and_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("PORT=3000\n")
    monkeypatch.setenv("LINEAR_API_KEY", "lin_api_0123456789")
    assert main(["config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "PORT=3000  # .env" in lines
    assert "LINEAR_API_KEY=**********  # environment" in lines
    assert "RETENTION_DAYS=30  # default" in lines
    assert "0123456789" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DATABASE_ULR", "DATABASE_URL"),
        ("LINEAR_WEBHOOK_SECRET", "LINEAR_WEBHOOK_SECRETS"),
        ("DATABASE_URL_FILES", "DATABASE_URL_FILE"),
        ("DATABASE_URL", None),
        ("SECRET_KEY_FILE", None),
        ("HOSTNAME", None),
        ("PYTHONPATH", None),
        ("POST", None),
    ],
)
def test_a_name_but_for_a_letter_or_two_is_a_slip(name: str, nearest: str | None) -> None:
    assert sources.find_slips({name: ""}) == ({name: nearest} if nearest else {})
