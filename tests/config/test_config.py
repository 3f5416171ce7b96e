"""Settings from the environment, from `.env` and from secret files, and every fault at once."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import asdict, fields

from shareable_backlog import config, logs
from shareable_backlog.config import Secret, Settings, parse_settings, read_settings
from shareable_backlog.errors import ConfigurationInvalid

EXAMPLE = Path(__file__).parents[2] / ".env.example"
URL = "postgresql://user:password@localhost:5432/shareable_linear_backlog"
OLD, NEW = "lin_wh_old_0123456789", "lin_wh_new_0123456789"
NODE_ENV_FILE = """\
# Server
PORT=3000
NODE_ENV=development
LOG_LEVEL=warn

# Database
DATABASE_URL="postgresql://user:pass%23word@db.example.com:5432/backlog?sslmode=require&uselibpqcompat=true"
"""


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in config.NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def write(text: str) -> None:
    Path(".env").write_text(text, encoding="utf-8")


def faults() -> tuple[str, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        read_settings()
    return caught.value.faults


def only_fault() -> str:
    [fault] = faults()
    return fault


def test_without_any_setting_the_defaults_hold() -> None:
    settings = read_settings()
    assert settings.database_url is None
    assert settings.linear_api_key is None
    assert settings.database_pool_max == 20
    assert settings.database_idle_timeout_s == 30
    assert settings.database_connect_timeout_s == 5
    assert settings.port == 8000
    assert (settings.log_level, settings.log_format) == ("info", "console")


def test_every_field_has_its_place_in_the_environment() -> None:
    *named, given = [field.name for field in fields(Settings)]
    assert [name.removeprefix("SLB_").lower() for name in config.NAMES] == named
    assert given == "given", "which is no setting, but says which are set"


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("DATABASE_POOL_MAX", "7", "database_pool_max", 7),
        ("DATABASE_IDLE_TIMEOUT_S", "1.5", "database_idle_timeout_s", 1.5),
        ("DATABASE_CONNECT_TIMEOUT_S", "9", "database_connect_timeout_s", 9.0),
        ("DATABASE_STATEMENT_TIMEOUT_MS", "250", "database_statement_timeout_ms", 250),
        ("DATABASE_PREPARED_STATEMENTS", "No", "database_prepared_statements", "no"),
        ("SLB_DATA_DIR", "/srv/backlog", "data_dir", Path("/srv/backlog")),
        ("LINEAR_API_URL", "http://127.0.0.1:4000/graphql", "linear_api_url", "http://127.0.0.1:4000/graphql"),
        ("LINEAR_WEBHOOK_SECRETS", OLD, "linear_webhook_secrets", (Secret(OLD),)),
        ("LINEAR_WEBHOOK_SECRETS", f"{OLD}, {NEW}", "linear_webhook_secrets", (Secret(OLD), Secret(NEW))),
        (
            "LINEAR_OAUTH_TOKEN_URL",
            "http://127.0.0.1:4000/token",
            "linear_oauth_token_url",
            "http://127.0.0.1:4000/token",
        ),
        ("LINEAR_UPLOADS_URL", "http://127.0.0.1:4000", "linear_uploads_url", "http://127.0.0.1:4000"),
        ("SYNC_INTERVAL_S", "60", "sync_interval_s", 60),
        ("SYNC_FULL_INTERVAL_S", "60", "sync_full_interval_s", 60),
        ("SYNC_MAX_REMOVAL_SHARE", "1", "sync_max_removal_share", 1.0),
        ("RETENTION_DAYS", "0", "retention_days", 0),
        ("IMAGE_CACHE_MB", "5", "image_cache_mb", 5),
        ("PORT", "3000", "port", 3000),
        ("LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("STOP_DRAIN_S", "7.5", "stop_drain_s", 7.5),
        ("LOG_FORMAT", "json", "log_format", "json"),
    ],
)
def test_every_setting_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, field: str, value: object
) -> None:
    monkeypatch.setenv(name, text)
    assert getattr(read_settings(), field) == value


def test_secrets_are_read_and_do_not_show_in_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("LINEAR_API_KEY", "lin_api_0123456789")
    settings = read_settings()
    assert settings.database_url is not None
    assert settings.database_url.reveal() == URL
    assert settings.linear_api_key is not None
    assert settings.linear_api_key.reveal() == "lin_api_0123456789"
    shown = f"{settings!r} {settings} {config.format_settings(settings)} {asdict(settings)}"
    assert "password" not in shown.replace("database", "")
    assert "lin_api_0123456789" not in shown


def test_nothing_heavy_is_imported_to_read_the_settings() -> None:
    program = "import sys, shareable_backlog.config; print({'pydantic', 'structlog', 'rich'} & sys.modules.keys())"
    environment = os.environ | {"PYTHONPATH": str(EXAMPLE.parent)}
    printed = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True).stdout
    assert printed == b"set()\n"


@pytest.mark.parametrize(
    ("name", "text", "secret"),
    [
        ("LINEAR_WEBHOOK_SECRETS", f"{OLD}, {NEW}", OLD),
        ("LINEAR_WEBHOOK_SECRETS", f"{OLD}, {NEW}", NEW),
        ("LINEAR_OAUTH_CLIENT_SECRET", "open-sesame", "open-sesame"),
    ],
)
def test_a_secret_is_masked_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, secret: str
) -> None:
    (tmp_path / "secret").write_text(f"{text}\n", encoding="utf-8")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("LINEAR_OAUTH_CLIENT_ID", "backlog" if "OAUTH" in name else "")
    read_settings()
    assert logs.mask_text(f"refused: {secret}.") == "refused: ***."


def test_a_client_secret_in_an_unreadable_file_does_not_count_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    write("LINEAR_OAUTH_CLIENT_ID=backlog\n")
    monkeypatch.setenv("LINEAR_OAUTH_CLIENT_SECRET_FILE", "nowhere")
    assert only_fault() == "LINEAR_OAUTH_CLIENT_SECRET_FILE names a file that can't be read"


def test_the_environment_overrides_the_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("PORT=3000\nLOG_LEVEL=error\n")
    monkeypatch.setenv("PORT", "4000")
    settings = read_settings()
    assert (settings.port, settings.log_level) == (4000, "error")


@pytest.mark.parametrize("nothing", ["", "  "])
def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    write("PORT=3000\nDATABASE_URL=\n")
    monkeypatch.setenv("PORT", nothing)
    monkeypatch.setenv("LINEAR_API_KEY", nothing)
    settings = read_settings()
    assert (settings.port, settings.database_url, settings.linear_api_key) == (3000, None, None)


def test_the_node_services_env_file_works_as_it_is() -> None:
    write(NODE_ENV_FILE)
    settings = read_settings()
    assert settings.database_url is not None
    assert "sslmode=require&uselibpqcompat=true" in settings.database_url.reveal()
    assert (settings.port, settings.log_level) == (3000, "warning")


@pytest.mark.parametrize(
    ("pino", "ours"),
    [("trace", "debug"), ("warn", "warning"), ("fatal", "error"), ("silent", "error"), ("Info", "info")],
)
def test_every_level_of_pino_is_understood(pino: str, ours: str) -> None:
    write(f"LOG_LEVEL={pino}\n")
    assert read_settings().log_level == ours


def test_a_dollar_sign_in_the_env_file_stays_as_it_is() -> None:
    write("DATABASE_URL=postgresql://user:pa${HOME}ss$1@db.example.com/backlog\n")
    settings = read_settings()
    assert settings.database_url is not None
    assert "pa${HOME}ss$1" in settings.database_url.reveal()


def test_a_secret_may_be_kept_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("lin_api_from_a_file\n", encoding="utf-8")
    monkeypatch.setenv("LINEAR_API_KEY_FILE", str(tmp_path / "key"))
    key = read_settings().linear_api_key
    assert key is not None
    assert key.reveal() == "lin_api_from_a_file"


def test_a_secret_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(f"DATABASE_URL={URL}\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert only_fault() == "DATABASE_URL and DATABASE_URL_FILE are both set: keep one"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_named_by_its_setting_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "url").write_bytes(content)
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert only_fault() == "DATABASE_URL_FILE names a file that can't be read"


def test_an_empty_secret_file_is_not_taken_for_an_unset_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("\n", encoding="utf-8")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert only_fault() == "DATABASE_URL_FILE names an empty file"


def test_an_env_file_that_is_not_text_is_refused() -> None:
    Path(".env").write_bytes(b"PORT=\xff\xfe\n")
    assert only_fault() == ".env can't be read: it must be a text file in UTF-8 that this user may open"


def test_all_faults_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    write("DATABSE_URL=postgresql://x/y\n")
    monkeypatch.setenv("DATABASE_POOL_MAX", "0")
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    monkeypatch.setenv("DATABASE_URL", "mysql://user:open-sesame@db.example.com/backlog")
    monkeypatch.setenv("LINEAR_API_URL", "api.linear.app")
    found = faults()
    names = ("DATABSE_URL", "DATABASE_POOL_MAX", "PORT", "LOG_LEVEL", "DATABASE_URL", "LINEAR_API_URL")
    assert sorted(fault.split()[0] for fault in found) == sorted(names)
    assert "open-sesame" not in " ".join(found)
    assert "db.example.com" not in " ".join(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_POOL_MAX", "1001"),
        ("DATABASE_POOL_MAX", "2.5"),
        ("DATABASE_IDLE_TIMEOUT_S", "0"),
        ("DATABASE_CONNECT_TIMEOUT_S", "-1"),
        ("DATABASE_CONNECT_TIMEOUT_S", "nan"),
        ("DATABASE_CONNECT_TIMEOUT_S", "inf"),
        ("DATABASE_STATEMENT_TIMEOUT_MS", "99"),
        ("DATABASE_PREPARED_STATEMENTS", "on"),
        ("SYNC_INTERVAL_S", "4"),
        ("SYNC_FULL_INTERVAL_S", "59"),
        ("SYNC_MAX_REMOVAL_SHARE", "1.1"),
        ("SYNC_MAX_REMOVAL_SHARE", "a fifth"),
        ("RETENTION_DAYS", "-1"),
        ("RETENTION_DAYS", "3651"),
        ("IMAGE_CACHE_MB", "100001"),
        ("PORT", "65536"),
        ("STOP_DRAIN_S", "-1"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_value_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    assert only_fault().startswith(f"{name} should be ")


def test_a_misspelt_key_of_the_env_file_is_named_with_the_right_one() -> None:
    write("LINEAR_API_KEYS=x\nNODE_ENV=production\nSMTP_HOST=mail.example.com\n")
    assert only_fault() == "LINEAR_API_KEYS in .env is not a setting: did you mean LINEAR_API_KEY?"


@pytest.mark.parametrize(
    "password", ["p@ss", "p#ss", "p%ss", "p%zz", "p/ss", "p?ss", "p ss", "p@ss?x", "p?s@s", "p/s@s"]
)
def test_an_unescaped_character_in_the_password_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://user:{password}@db.example.com:5432/backlog?sslmode=require")
    fault = only_fault()
    assert "in a password write" in fault
    assert password not in fault
    assert "example" not in fault


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "postgres://user:p%40s%23s%25%2F%3F%20@db.example.com/backlog",
        "postgresql://user:pa:ss!$&'()*+,;=~@db.example.com/backlog",
        "postgresql://user@[2001:db8::1]:5432/backlog",
        "postgresql://user:password@a.example.com:5432,b.example.com:5433/backlog?target_session_attrs=read-write",
        "postgresql:///backlog?host=/run/postgresql",
        "postgresql://?host=%2Frun%2Fpostgresql&dbname=backlog",
        "postgresql://db.example.com/backlog?user=alice%40example.com&options=-c%20search_path%3Dapp",
    ],
)
def test_every_form_of_a_postgresql_url_is_taken(url: str) -> None:
    assert parse_settings({"DATABASE_URL": url}).database_url == Secret(url)


def test_a_connection_string_of_key_words_is_refused_with_the_right_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "host=db.example.com dbname=backlog")
    assert "does not begin with postgresql://" in only_fault()


def test_the_example_names_every_setting_in_order_each_with_a_comment() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    named = [(number, line) for number, line in enumerate(lines) if re.match("# [A-Z_]+=", line)]
    assert [line.removeprefix("# ").partition("=")[0] for _, line in named] == list(config.NAMES)
    for number, line in named:
        assert re.match("# [A-Za-z(~]", lines[number - 1]), line
    assert f"# DATABASE_URL={URL}" in lines


def test_the_example_can_be_used_with_every_line_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    either_or = ("LINEAR_OAUTH_CLIENT_ID", "LINEAR_OAUTH_CLIENT_SECRET")
    names = tuple(f"# {name}=" for name in config.NAMES if name not in either_or)
    write("\n".join(line.removeprefix("# ") for line in lines if line.startswith(names)))
    own = {"LINEAR_API_KEY": "lin_api_0", "LINEAR_WEBHOOK_SECRETS": OLD}
    for name, text in own.items():
        monkeypatch.setenv(name, text)
    settings, defaults = asdict(read_settings()), asdict(Settings())
    assert {"PORT", "LINEAR_API_KEY"} <= settings.pop("given")
    assert defaults.pop("given") == set()
    # These have no default, or one that is too long to be an example.
    examples = {name for name, value in defaults.items() if value in (None, ())} | {"allowed_networks", "data_dir"}
    assert {name: settings[name] for name in settings.keys() - examples} == {
        name: defaults[name] for name in defaults.keys() - examples
    }
    assert {name for name in examples if settings[name] in (None, ())} == {
        "secret_key",
        "secret_keys",
        *map(str.lower, either_or),
    }
