"""Settings of who gets in: what goes by default, and what goes together."""

from ipaddress import ip_network

import pytest

from shareable_backlog.config import Settings, parse_settings
from shareable_backlog.errors import ConfigurationInvalid


def faults(**given: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse_settings(given)
    return caught.value.faults


def test_by_default_this_machine_and_private_networks_may_come() -> None:
    allowed = Settings().allowed_networks
    assert {ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fc00::/7")} <= set(allowed)
    assert ip_network("0.0.0.0/0") not in allowed
    assert Settings().trusted_proxies == ()


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


def test_what_is_right_without_the_other_is_not_to_be_taken_out() -> None:
    """BASE_URL alone is all right, so that "both or neither" would send somebody the wrong way."""
    with pytest.raises(ConfigurationInvalid) as caught:
        parse_settings({"OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "b"})
    assert caught.value.faults == ("OIDC_ISSUER is set without BASE_URL: set that too, or leave OIDC_ISSUER out",)
