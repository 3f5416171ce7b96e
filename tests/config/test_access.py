"""Settings of who gets in: addresses, networks, the secret key, the ways to sign in."""

from ipaddress import ip_network
from pathlib import Path
from stat import S_IMODE

import pytest

from shareable_backlog.config import Settings, parsed, secret_key
from shareable_backlog.errors import ConfigurationInvalid

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
SERVER = "postgresql://user:password@localhost:5432/backlog"


def faults(**given: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        parsed(given)
    return caught.value.faults


def test_by_default_this_machine_and_private_networks_may_come() -> None:
    allowed = Settings().allowed_networks
    assert {ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fc00::/7")} <= set(allowed)
    assert ip_network("0.0.0.0/0") not in allowed
    assert Settings().trusted_proxies == ()


@pytest.mark.parametrize(
    "text", ["192.0.2.0/24,nonsense", "192.0.2.1/24", "192.0.2.0/33", "example.com", "192.0.2.0/24,,"]
)
def test_a_wrong_network_is_named(text: str) -> None:
    [fault] = faults(ALLOWED_NETWORKS=text)
    assert "which is not a network like" in fault


@pytest.mark.parametrize(
    "text",
    [
        "http://backlog.example.com",
        "https://backlog.example.com/path",
        "backlog.example.com",
        "https://a:b@example.com",
    ],
)
def test_an_address_that_people_cannot_safely_reach_is_refused(text: str) -> None:
    assert len(faults(BASE_URL=text)) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Backlog.example.com/", "https://backlog.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_the_own_address_is_a_scheme_and_a_host(text: str, address: str) -> None:
    assert parsed({"BASE_URL": text}).base_url == address


@pytest.mark.parametrize("text", ["short", "x" * 64, "change-me-change-me", "0" * 31 + "1"])
def test_a_secret_key_that_could_be_guessed_is_refused_with_the_way_to_make_one(text: str) -> None:
    [fault] = faults(SECRET_KEY=text)
    assert "openssl rand -hex 32" in fault
    assert text not in fault


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"AUTH_PROXY_HEADER": "X-Auth-User", "BASE_URL": "https://backlog.example.com"}, "TRUSTED_PROXIES"),
        ({"SMTP_URL": "smtps://mail.example.com", "MAIL_FROM": "a@example.com"}, "BASE_URL"),
        ({"OIDC_ISSUER": "https://id.example.com", "BASE_URL": "https://backlog.example.com"}, "OIDC_CLIENT_ID"),
    ],
)
def test_half_a_way_to_sign_in_is_refused(given: dict[str, str], missing: str) -> None:
    [fault] = faults(**given)
    assert missing in fault


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com:x",
    ],
)
def test_a_wrong_mail_server_is_refused_without_showing_it(text: str) -> None:
    [fault] = faults(SMTP_URL=text, MAIL_FROM="a@example.com", BASE_URL="https://backlog.example.com")
    assert fault == "SMTP_URL should look like smtps://user:password@mail.example.com:465"


@pytest.mark.parametrize("text", ["X_Auth_User", "X Auth", "X-Auth:"])
def test_a_header_whose_name_could_be_confused_is_refused(text: str) -> None:
    given = {"TRUSTED_PROXIES": "192.0.2.1", "BASE_URL": "https://backlog.example.com"}
    assert len(faults(AUTH_PROXY_HEADER=text, **given)) == 1


def test_addresses_of_admins_are_compared_in_small_letters() -> None:
    assert parsed({"ADMIN_EMAILS": "Alice@Example.com, bob@example.com"}).admin_emails == (
        "alice@example.com",
        "bob@example.com",
    )


def test_a_server_of_ones_own_wants_a_secret_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"SECRET_KEY is not set.*openssl rand -hex 32"):
        secret_key.ensured(parsed({"DATABASE_URL": SERVER, "SLB_DATA_DIR": str(tmp_path)}))
    given = parsed({"DATABASE_URL": SERVER, "SECRET_KEY": KEY})
    assert secret_key.ensured(given) == given


def test_beside_the_embedded_server_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = parsed({"SLB_DATA_DIR": str(tmp_path / "data")})
    first = secret_key.ensured(settings).secret_key
    assert first is not None
    assert len(first.reveal()) == 64
    assert secret_key.ensured(settings).secret_key == first
    assert S_IMODE((tmp_path / "data" / secret_key.FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == [secret_key.FILE]


def test_a_key_that_cannot_be_read_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / secret_key.FILE).mkdir()
    with pytest.raises(ConfigurationInvalid, match="can't be made: set SECRET_KEY"):
        secret_key.ensured(parsed({"SLB_DATA_DIR": str(tmp_path)}))
