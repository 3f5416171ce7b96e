"""What is unsafe about how the program is set up: each way with its fix, and none where all is well."""

import asyncio
import shutil
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from shareable_backlog.config import Settings, parse_settings, secret_key
from shareable_backlog.database import query
from shareable_backlog.services import deployment
from shareable_backlog.services.access.sign_in import SAMPLE_ADMIN
from shareable_backlog.tasks import end_tasks
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = pytest.mark.anyio

SAFE = {
    "SECRET_KEY": SECRET_KEY,
    "BASE_URL": "https://backlog.example.com",
    "TRUSTED_PROXIES": "127.0.0.1",
    "DATABASE_URL": "postgresql://backlog@db.example.com/backlog?sslmode=verify-full",
    "SMTP_URL": "smtps://backlog:word@mail.example.com",
    "MAIL_FROM": "backlog@example.com",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGSSLMODE", raising=False)


@pytest.fixture
def in_the_open() -> Generator[Path]:
    """Yield a folder that other users can enter, as a test's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def find(changed: Mapping[str, str | None], folder: Path) -> list[str]:
    """Return the names of what is unsafe when these settings of a safe set-up are others, None for not set."""
    texts = {**SAFE, "SLB_DATA_DIR": str(folder), **changed}
    settings = parse_settings({name: text for name, text in texts.items() if text is not None})
    return [one.name for one in deployment.list_setting_dangers(settings)]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"DATABASE_URL": None, "SMTP_URL": None, "MAIL_FROM": None},
        {"DATABASE_URL": "postgresql://backlog@db.example.com/backlog?sslmode=require"},
        {"DATABASE_URL": "postgresql://backlog@127.0.0.1,localhost/backlog"},
        {"DATABASE_URL": "postgresql:///backlog?host=/run/postgresql"},
        {"SMTP_URL": "smtp://localhost"},
        {"AUTH_PROXY_HEADER": "X-Auth-User"},
        {"AUTH_PROXY_HEADER": "X-Auth-User", "TRUSTED_PROXIES": "172.17.0.0/16,2001:db8:1::/48"},
        {"TRUSTED_PROXIES": "10.0.0.0/8"},
        {"ALLOWED_NETWORKS": "0.0.0.0/0,::/0"},
        {"METRICS_NETWORKS": "10.0.0.0/8"},
    ],
)
def test_a_safe_set_up_is_no_danger(changed: dict[str, str | None], tmp_path: Path) -> None:
    assert find(changed, tmp_path) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"BASE_URL": None, "SMTP_URL": None, "MAIL_FROM": None}, "no_tls"),
        ({"BASE_URL": "http://localhost:8000"}, "no_tls"),
        ({"TRUSTED_PROXIES": None}, "untrusted_proxy"),
        ({"SECRET_KEY": None}, "kept_secret_key"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "wide_proxies"),
        ({"TRUSTED_PROXIES": "::/0"}, "wide_proxies"),
        ({"TRUSTED_PROXIES": "192.0.0.0/4"}, "wide_proxies"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0", "AUTH_PROXY_HEADER": "X-Auth-User"}, "wide_proxies"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8", "AUTH_PROXY_HEADER": "X-Auth-User"}, "wide_proxies"),
        ({"TRUSTED_PROXIES": "fc00::/7", "AUTH_PROXY_HEADER": "X-Auth-User"}, "wide_proxies"),
        ({"METRICS_NETWORKS": "0.0.0.0/0"}, "public_metrics"),
        ({"DATABASE_URL": "postgresql://backlog@db.example.com/backlog"}, "plain_database"),
        ({"DATABASE_URL": "postgresql://backlog@db.example.com/backlog?sslmode=disable"}, "plain_database"),
        ({"DATABASE_READ_URL": "postgresql://backlog@standby.example.com/backlog"}, "plain_database"),
        ({"DATABASE_URL": "postgresql://backlog@localhost,db.example.com/backlog"}, "plain_database"),
        ({"DATABASE_URL": "postgresql://backlog@localhost/backlog?hostaddr=192.0.2.4"}, "plain_database"),
        ({"SMTP_URL": "smtp://mail.example.com"}, "plain_mail"),
        ({"SMTP_URL": "smtp://backlog:word@mail.example.com:587"}, "plain_mail"),
    ],
)
def test_each_unsafe_set_up_is_found(changed: dict[str, str | None], name: str, tmp_path: Path) -> None:
    assert find(changed, tmp_path) == [name]


def test_what_libpq_is_told_by_the_environment_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert find({"DATABASE_URL": "postgresql://backlog@db.example.com/backlog"}, tmp_path) == []


@pytest.mark.parametrize("name", [".env", "key.txt", secret_key.FILE])
def test_a_secret_that_everybody_can_read_is_found(
    name: str, in_the_open: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(in_the_open)
    monkeypatch.setenv("LINEAR_API_KEY_FILE", str(in_the_open / "key.txt"))
    path = in_the_open / name
    path.write_text("SECRET_KEY=" + "0" * 64, encoding="ascii")
    path.chmod(0o640)
    assert find({}, in_the_open) == []
    path.chmod(0o644)
    assert find({}, in_the_open) == ["readable_secrets"]
    in_the_open.chmod(0o750)
    assert find({}, in_the_open) == []


def test_a_file_without_secrets_may_be_read_by_everybody(in_the_open: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(in_the_open)
    (in_the_open / ".env").write_text("PORT=8000", encoding="ascii")
    (in_the_open / ".env").chmod(0o644)
    assert find({}, in_the_open) == []


def test_every_danger_says_what_to_do(tmp_path: Path) -> None:
    settings = parse_settings({"SLB_DATA_DIR": str(tmp_path), "TRUSTED_PROXIES": "0.0.0.0/0"})
    for one in deployment.list_setting_dangers(settings):
        assert one.what.endswith(".")
        assert not one.fix.endswith(".")


@pytest.mark.usefixtures("live_database")
async def test_the_samples_people_are_named_until_they_are_gone() -> None:
    await query(
        "INSERT INTO users (email, is_approved) VALUES ('anna@sample.invalid', true),"
        " ('lukas@sample.invalid', false), ('carol@example.com', true)"
    )
    [danger] = await deployment.list_account_dangers()
    assert "yours: anna@sample.invalid, lukas@sample.invalid." in danger.what
    assert "sign in" not in danger.what
    await query("DELETE FROM users WHERE email LIKE '%@sample.invalid'")
    assert await deployment.list_account_dangers() == []


@pytest.mark.usefixtures("live_database")
async def test_the_samples_admin_is_found_until_disabled() -> None:
    assert await deployment.list_account_dangers() == []
    await query(
        "INSERT INTO users (email, is_admin, is_approved) VALUES (%(email)s, true, true)", {"email": SAMPLE_ADMIN}
    )
    assert [one.name for one in await deployment.list_account_dangers()] == ["sample_admin"]
    await query("UPDATE users SET is_disabled = true")
    assert await deployment.list_account_dangers() == []


@pytest.mark.usefixtures("live_database")
async def test_that_everybody_sees_everything_is_found_while_nobody_is_narrowed(database: str) -> None:
    let_in(database, "alice", "bob")
    assert await deployment.list_account_dangers() == []
    await query("INSERT INTO users (email, is_approved, sees_everything) VALUES ('frank@example.com', true, true)")
    assert [one.name for one in await deployment.list_account_dangers()] == ["everybody_sees_everything"]
    await query("UPDATE users SET sees_everything = false WHERE email = 'frank@example.com'")
    assert await deployment.list_account_dangers() == []


@pytest.mark.usefixtures("live_database")
async def test_that_newcomers_see_everything_is_found() -> None:
    await query("UPDATE sharing_settings SET newcomers_see_everything = true")
    assert [one.name for one in await deployment.list_account_dangers()] == ["open_newcomers"]


@pytest.mark.parametrize(("base_url", "told"), [("https://backlog.example.com", 1), ("http://localhost:8000", 0)])
async def test_the_log_tells_of_it_where_others_are_served(base_url: str, told: int, live_database: Settings) -> None:
    with capture_logs() as logged:
        warning = asyncio.create_task(deployment.keep_warning(replace(live_database, base_url=base_url)))
        await asyncio.wait([warning], timeout=1)
        await end_tasks(warning)
    assert [one["found"] for one in logged if one["event"] == "unsafe_deployment"] == [["untrusted_proxy"]] * told
