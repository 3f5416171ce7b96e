"""From a DATABASE_URL to libpq's parameters."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from shareable_backlog import logs
from shareable_backlog.config import parse_settings
from shareable_backlog.database.connection import conninfo
from shareable_backlog.errors import ConfigurationInvalid

PASSWORD = "open#sesame"
BASE = "postgresql://alice:open%23sesame@db.example.com:5432/backlog"


def parts(url: str) -> dict[str, Any]:
    return conninfo_to_dict(conninfo.parse_url(url))


def pool_parts(url: str, **settings: str) -> dict[str, Any]:
    given_settings = parse_settings({"DATABASE_URL": url, **settings})
    return conninfo_to_dict(conninfo.add_pool_options(conninfo.parse_url(url), given_settings))


def test_every_part_of_a_url_arrives_decoded() -> None:
    assert parts(BASE) == {
        "user": "alice",
        "password": PASSWORD,
        "host": "db.example.com",
        "port": "5432",
        "dbname": "backlog",
    }


@given(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1))
def test_any_password_arrives_as_it_is_when_it_is_escaped(password: str) -> None:
    url = f"postgresql://alice:{quote(password, safe='')}@db.example.com/backlog"
    assert parse_settings({"DATABASE_URL": url})
    assert parts(url)["password"] == password


@pytest.mark.parametrize(
    ("words", "sslmode"),
    [
        ("sslmode=require&uselibpqcompat=true", "require"),
        ("uselibpqcompat=true&sslmode=verify-full", "verify-full"),
        ("sslmode=no-verify", "require"),
        ("ssl=true", "require"),
        ("ssl=1&uselibpqcompat=true", "require"),
        ("uselibpqcompat=true", None),
    ],
)
def test_the_words_of_node_postgres_are_understood_with_one_line_in_the_log(words: str, sslmode: str | None) -> None:
    with capture_logs() as logged:
        assert parts(f"{BASE}?{words}").get("sslmode") == sslmode
    assert [(event["event"], event["setting"]) for event in logged] == [("database_url_understood", "DATABASE_URL")]


def test_a_url_in_libpqs_own_words_is_not_remarked_upon() -> None:
    with capture_logs() as logged:
        assert parts(f"{BASE}?sslmode=require")["sslmode"] == "require"
    assert logged == []


def test_several_hosts_stay_in_their_order() -> None:
    found = parts("postgresql://alice@a.example.com:5432,b.example.com:5433/backlog?target_session_attrs=any")
    assert (found["host"], found["port"]) == ("a.example.com,b.example.com", "5432,5433")
    assert found["target_session_attrs"] == "any"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("sslmod=require", "has the unknown parameter sslmod"),
        ("uselibpqcompat=true&pool_max=3", "has the unknown parameter pool_max"),
        (f"{PASSWORD}", "can't be read: compare it with the example in .env.example"),
        ("a=b=c", "can't be read: compare it with the example in .env.example"),
    ],
)
def test_what_libpq_refuses_is_named_without_the_url(words: str, reason: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        conninfo.parse_url(f"{BASE}?{words}")
    assert caught.value.faults == (f"DATABASE_URL {reason}",)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("url", [BASE, BASE.replace("open%23sesame", ""), "postgresql://[::1/backlog"])
def test_an_error_never_shows_the_password_or_the_host(url: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        conninfo.parse_url(f"{url}?nonsense=1&password={PASSWORD}")
    assert "sesame" not in str(caught.value)
    assert "example.com" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:open-sesame@localhost:notaport/x",
        "postgresql://localhost:open-sesame/x",
        "postgresql://localhost:0/x",
        "postgresql://localhost:65536/x",
        "postgresql://a.example.com:5432,b.example.com:many/x",
        "postgresql:///x?port=many",
    ],
)
def test_a_port_that_is_none_is_refused_before_anything_connects(url: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        conninfo.parse_url(url, "DATABASE_READ_URL")
    assert caught.value.faults == ("DATABASE_READ_URL has a port that is not a number from 1 to 65535",)


@pytest.mark.parametrize("url", ["postgresql://a:1,b/x", "postgresql://[::1]:65535/x", "postgresql:///x?port="])
def test_a_port_may_be_left_out_and_each_host_may_have_its_own(url: str) -> None:
    assert conninfo.parse_url(url)


@pytest.mark.parametrize("name", ["connect_timeout", "keepalives_idle", "tcp_user_timeout"])
def test_a_word_that_wants_a_number_is_refused_without_one(name: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        conninfo.parse_url(f"{BASE}?{name}=soon")
    assert caught.value.faults == (f"DATABASE_URL has a {name} that is not a whole number",)


@pytest.mark.parametrize("sslmode", ["maybe", "no-verify2"])
def test_a_wrong_sslmode_is_refused_before_anything_connects(sslmode: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        conninfo.parse_url(f"{BASE}?sslmode={sslmode}")
    assert caught.value.faults == ("DATABASE_URL has an sslmode that libpq does not know",)


def test_password_and_hosts_are_masked_in_the_log_from_then_on() -> None:
    conninfo.parse_url("postgresql://alice:a%23secret@one.example.com,two.example.com/backlog")
    text = "to one.example.com or two.example.com with a#secret or a%23secret"
    assert logs.mask_text(text) == "to *** or *** with *** or ***"


def test_loopback_is_not_masked_as_it_is_the_programs_own_address_too() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        conninfo.parse_url(f"postgresql://alice@{host}/backlog")
    assert (
        logs.mask_text("http://localhost:8000 http://127.0.0.1:8000") == "http://localhost:8000 http://127.0.0.1:8000"
    )


def test_a_pooled_connection_has_limits_utc_and_a_server_that_takes_writes() -> None:
    found = pool_parts(BASE, DATABASE_STATEMENT_TIMEOUT_MS="1234", DATABASE_CONNECT_TIMEOUT_S="7")
    assert found["application_name"] == "shareable-linear-backlog"
    assert found["connect_timeout"] == "7"
    assert found["tcp_user_timeout"] == "3000"
    assert found["target_session_attrs"] == "read-write"
    for option in ("statement_timeout=1234", "lock_timeout=3000", "timezone=UTC", "tcp_keepalives_idle=15"):
        assert f"-c {option}" in found["options"]


def test_several_hosts_share_the_time_to_connect() -> None:
    url = "postgresql://alice@a.example.com,b.example.com/backlog"
    assert pool_parts(url)["connect_timeout"] == "2"
    assert pool_parts(url, DATABASE_CONNECT_TIMEOUT_S="20")["connect_timeout"] == "10"


def test_what_the_url_says_goes_before_what_the_pool_wants() -> None:
    words = "connect_timeout=9&target_session_attrs=any&application_name=mine&options=-c%20lock_timeout%3D1"
    found = pool_parts(f"{BASE}?{words}")
    assert (found["connect_timeout"], found["target_session_attrs"]) == ("9", "any")
    assert found["application_name"] == "mine"
    assert found["options"].endswith("-c lock_timeout=1")
