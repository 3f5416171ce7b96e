"""What `slb doctor` says of how browsers reach the program."""

import pytest
from msgspec.structs import replace

from shareable_backlog.cli.doctor import web
from shareable_backlog.config import Settings, parse_settings

URL = "https://backlog.example.com"


def choose(**texts: str) -> Settings:
    return parse_settings(texts)


@pytest.mark.parametrize(
    ("url", "status"), [("http://localhost:8000", "ok"), (URL, "ok"), ("http://backlog.example.com", "warn")]
)
def test_an_address_without_tls_is_for_this_machine_alone(url: str, status: str) -> None:
    found = web.check_base_url(replace(choose(), base_url=url))
    assert (found.status, url in found.what) == (status, True)


def test_without_an_address_only_this_machine_is_served() -> None:
    assert web.check_base_url(choose()).status == "ok"


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://localhost:8000", "without TLS"), (URL, "__Host-"), (f"{URL}/backlog", "__Secure-")],
)
def test_cookies_are_told_as_browsers_keep_them(url: str, words: str) -> None:
    assert words in web.check_cookies(choose(BASE_URL=url)).what


def test_who_ends_tls_should_be_named() -> None:
    assert web.check_proxies(choose(BASE_URL=URL)).status == "warn"
    found = web.check_proxies(choose(BASE_URL=URL, TRUSTED_PROXIES="10.0.0.0/24,::1"))
    assert (found.status, found.what) == ("ok", "believed: 10.0.0.0/24, ::1/128")
    assert web.check_proxies(choose()).status == "ok"
