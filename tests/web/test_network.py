"""Who asks: the address behind trusted proxies, the networks that may come, and our own host names."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from shareable_backlog.config import Network
from shareable_backlog.config.values import parse_networks
from shareable_backlog.web import network
from shareable_backlog.web.network import NetworkGate

OFFICE, PROXIES = parse_networks("192.0.2.0/24,2001:db8::/32"), parse_networks("198.51.100.7")


def asked_by(peer: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "client": (peer, 1234), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["192.0.2.1"], "192.0.2.1"),
        ("198.51.100.7", ["1.2.3.4, 192.0.2.1"], "192.0.2.1"),
        ("198.51.100.7", ["1.2.3.4", "192.0.2.1"], "192.0.2.1"),
        ("198.51.100.7", ["192.0.2.1, 198.51.100.7"], "192.0.2.1"),
        ("198.51.100.7", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("198.51.100.7", ["192.0.2.1:51234"], "192.0.2.1"),
        ("198.51.100.7", ["1.2.3.4:1, 192.0.2.1:51234, 198.51.100.7:443"], "192.0.2.1"),
        ("198.51.100.7", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("198.51.100.7", ["[::ffff:192.0.2.1]:51234"], "192.0.2.1"),
        ("198.51.100.7", ["[2001:db8::1]"], "2001:db8::1"),
        ("198.51.100.7", ["[2001:db8::1]:51234"], "2001:db8::1"),
        ("198.51.100.7", ['"[2001:db8::1]:51234"'], "2001:db8::1"),
        ("198.51.100.7", ['"192.0.2.1:51234"'], "192.0.2.1"),
        ("198.51.100.7", ["2001:db8:0:0:0:0:0:1:51234"], "2001:db8::1"),
        ("198.51.100.7", ["2001:DB8::1%eth0"], "2001:db8::1"),
        ("198.51.100.7", ["[2001:db8::1%25eth0]:51234"], "2001:db8::1"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_no_trusted_proxy(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert network.find_client_address(asked_by(peer, *forwarded), PROXIES) == ip_address(address)


@pytest.mark.parametrize(
    "forwarded",
    [
        "unknown", "192.0.2.1, ", "_hidden", "1" * 5000, "192.0.2.1:", "192.0.2.1:http", "192.0.2.1:123456", ":80",
        "192.0.2.1:80:80", "[192.0.2.1", "192.0.2.1]:80", "[2001:db8::1]80", "[]:80", "192.0.2.1 203.0.113.9",
        '"192.0.2.1', "[[2001:db8::1]]",
    ],
)  # fmt: skip
def test_what_a_proxy_forwards_that_is_no_address_makes_the_client_unknown(forwarded: str) -> None:
    assert network.find_client_address(asked_by("198.51.100.7", forwarded), PROXIES) is None


def gated(
    told: list[tuple[str, str]],
    base_url: str | None = "https://backlog.example.com",
    proxies: Sequence[Network] = (),
) -> NetworkGate:
    async def on_refused(_why: str, address: str, path: str, _user_agent: str) -> None:
        told.append((address, path))

    async def answer(request: Request) -> Response:
        return PlainTextResponse(request.state.client)

    inner = Starlette(routes=[Route("/{path:path}", answer)])
    return NetworkGate(
        inner, base_url=base_url, allowed=OFFICE, proxies=proxies, open_paths=["/healthz", "/static/{path:path}"],
        on_refused=on_refused,
    )  # fmt: skip


def client(app: NetworkGate, peer: str = "192.0.2.1", host: str = "backlog.example.com") -> TestClient:
    headers = {"accept": "application/json"}
    return TestClient(app, base_url=f"http://{host}", client=(peer, 1234), headers=headers)


@pytest.mark.parametrize("peer", ["192.0.2.200", "2001:db8::5", "::ffff:192.0.2.3"])
def test_an_allowed_network_comes_in(peer: str) -> None:
    assert client(gated([]), peer).get("/").status_code == 200


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.1", "2001:db9::5", "nonsense"])
def test_another_network_is_refused_and_told_of(peer: str) -> None:
    told: list[tuple[str, str]] = []
    answer = client(gated(told), peer).get("/items/ENG-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "NOT_ALLOWED")
    assert [path for _, path in told] == ["/items/ENG-1"]


def test_each_request_that_is_refused_is_told_of() -> None:
    told: list[tuple[str, str]] = []
    stranger = client(gated(told), "203.0.113.9")
    for number in range(3):
        assert stranger.get(f"/{number}").status_code == 403
    assert told == [("203.0.113.9", f"/{number}") for number in range(3)]


@pytest.mark.parametrize("path", ["/healthz", "/static/style.css"])
def test_open_paths_answer_everybody_by_any_name(path: str) -> None:
    assert client(gated([]), "203.0.113.9", "203.0.113.1").get(path).status_code == 200


@pytest.mark.parametrize("path", ["/healthz/", "/healthz2", "/static", "//healthz"])
def test_what_only_looks_like_an_open_path_is_not_open(path: str) -> None:
    assert client(gated([]), "203.0.113.9").get(path).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example.com", "backlog.example.com.evil.example.com", "backlog.example.com:8443", "", "a b", "192.0.2.1"],
)
def test_another_host_name_is_a_bad_request(host: str) -> None:
    assert client(gated([])).get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "host",
    [
        "backlog.example.com",
        "BACKLOG.example.com",
        "backlog.example.com:443",
        "BACKLOG.example.com:443",
        "localhost:8000",
        "127.0.0.1",
        "[::1]:8000",
    ],
)
def test_our_own_name_and_this_machines_are_taken(host: str) -> None:
    assert client(gated([])).get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("base_url", "host", "status"),
    [
        ("https://backlog.example.com", "backlog.example.com:80", 400),
        ("https://backlog.example.com:8443", "backlog.example.com:8443", 200),
        ("https://backlog.example.com:8443", "backlog.example.com", 400),
        ("https://backlog.example.com:8443", "backlog.example.com:443", 400),
        ("https://[2001:db8::1]", "[2001:db8::1]:443", 200),
        ("https://[2001:db8::443]", "[2001:db8::443]", 200),
    ],
)
def test_only_the_schemes_own_port_may_be_left_out_or_said(base_url: str, host: str, status: int) -> None:
    assert client(gated([], base_url)).get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize("host", ["", ":80", "backlog.example.com"])
def test_without_a_name_of_our_own_only_this_machines_is_taken(host: str) -> None:
    assert client(gated([], None)).get("/", headers={"host": host}).status_code == 400


def test_two_host_names_are_a_bad_request() -> None:
    twice = [("host", "backlog.example.com"), ("host", "evil.example.com")]
    assert client(gated([])).get("/", headers=twice).status_code == 400


def test_a_host_name_forwarded_by_anybody_counts_for_nothing() -> None:
    assert client(gated([])).get("/", headers={"x-forwarded-host": "evil.example.com"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-for", "203.0.113.9, 192.0.2.8"),
        ("x-forwarded-for", "192.0.2.8, 203.0.113.9:51234"),
        ("x-real-ip", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9;proto=https;by=192.0.2.7"),
        ("forwarded", 'for=192.0.2.8, For="[2001:db9::1]:4711"'),
    ],
)
def test_a_proxy_that_nobody_trusts_brings_no_stranger_in(name: str, value: str) -> None:
    told: list[tuple[str, str]] = []
    assert client(gated(told), "192.0.2.1").get("/", headers={name: value}).status_code == 403
    assert told == [("192.0.2.1", "/")]


@pytest.mark.parametrize(
    ("peer", "name", "value"),
    [
        ("192.0.2.1", "x-forwarded-for", "192.0.2.8"),
        ("192.0.2.1", "forwarded", "for=192.0.2.8;by=203.0.113.9"),
        ("192.0.2.1", "x-forwarded-for", "unknown"),
        ("198.51.100.7", "x-forwarded-for", "203.0.113.9, 192.0.2.8"),
        ("198.51.100.7", "x-real-ip", "203.0.113.9"),
    ],
)
def test_what_else_is_forwarded_keeps_nobody_out(peer: str, name: str, value: str) -> None:
    headers = {"x-forwarded-for": "192.0.2.8"} | {name: value}
    assert client(gated([], proxies=PROXIES), peer).get("/", headers=headers).status_code == 200


def test_a_proxy_that_nobody_trusts_is_told_once_a_day() -> None:
    with capture_logs() as logged:
        for value in ("192.0.2.8", "192.0.2.9", "203.0.113.9"):
            client(gated([]), "192.0.2.1").get("/", headers={"x-forwarded-for": value})
    [told] = [one for one in logged if one["event"] == "untrusted_proxy"]
    assert told["proxy"] == "192.0.2.1"
    assert "TRUSTED_PROXIES" in told["fix"]
