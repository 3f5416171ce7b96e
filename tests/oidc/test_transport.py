"""One question to the provider: its JSON within limits, or plain words, and a log that says why and no secret."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from shareable_backlog.errors import SignInFailed
from shareable_backlog.oidc.transport import UNREACHABLE, fetch_json
from tests.fakes.oidc import Provider as FakeProvider
from tests.oidc.conftest import Relying, build_relying

pytestmark = pytest.mark.anyio

DISCOVERY = "/.well-known/openid-configuration"
LARGEST = 2**20
REFUSED = "The identity provider didn't accept this sign-in. Start again; if it keeps happening, tell an admin."


async def refusal(relying: Relying) -> str:
    with pytest.raises(SignInFailed) as caught:
        await relying.signed_in()
    return str(caught.value)


async def ask_in_vain(http: httpx2.AsyncClient, url: str, **form: str) -> tuple[str, dict[str, Any]]:
    """Return the words for whoever signs in, and what stands in the log."""
    with capture_logs() as logged, pytest.raises(SignInFailed) as caught:
        await fetch_json(http, "thing", url, form=form or None)
    [event] = logged
    assert (event.pop("event"), event.pop("log_level"), event.pop("what")) == (
        "oidc_request_failed",
        "warning",
        "thing",
    )
    return str(caught.value), dict(event)


def put(fake: FakeProvider, status: int, body: bytes) -> str:
    """Have the provider answer this at an address, and return that."""
    fake.answers["/thing"] = (status, {}, body)
    return f"{fake.url}/thing"


async def test_the_object_at_an_address_is_given(http: httpx2.AsyncClient, fake: FakeProvider) -> None:
    url = put(fake, 200, '{"name": "Grüße", "keys": [1]}'.encode())
    assert await fetch_json(http, "thing", url, headers={"Authorization": "Bearer 0access0"}) == {
        "name": "Grüße",
        "keys": [1],
    }
    [headers] = fake.headers
    assert headers["authorization"] == "Bearer 0access0"
    assert "content-type" not in headers


async def test_a_form_is_posted_as_one(http: httpx2.AsyncClient, fake: FakeProvider) -> None:
    await fetch_json(http, "thing", put(fake, 200, b"{}"), form={"code": "a b", "verifier": "x"})
    [headers] = fake.headers
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["content-length"] == str(len("code=a+b&verifier=x"))


async def test_an_answer_may_have_a_megabyte_and_not_a_byte_more(
    http: httpx2.AsyncClient, fake: FakeProvider
) -> None:
    assert await fetch_json(http, "thing", put(fake, 200, b"{}".ljust(LARGEST))) == {}
    words, logged = await ask_in_vain(http, put(fake, 200, b"{}".ljust(LARGEST + 1)))
    assert (words, logged["reason"]) == (UNREACHABLE, "too_large")


@pytest.mark.parametrize(
    "error",
    [
        *("invalid_request", "invalid_client", "invalid_grant"),
        *("unauthorized_client", "unsupported_grant_type", "invalid_scope"),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
async def test_a_refusal_of_the_standard_is_told_apart_from_an_outage_and_named_in_the_log(
    http: httpx2.AsyncClient, fake: FakeProvider, error: str, status: int
) -> None:
    body = json.dumps({"error": error, "error_description": "mallory was here"}).encode()
    words, logged = await ask_in_vain(http, put(fake, status, body), code="0code0")
    assert (words, logged) == (REFUSED, {"reason": error, "status": status})


@pytest.mark.parametrize("error", ["mallory was here", "", None, ["invalid_grant"], {"invalid_grant": 1}])
async def test_other_words_of_the_provider_do_not_reach_the_log(
    http: httpx2.AsyncClient, fake: FakeProvider, error: object
) -> None:
    words, logged = await ask_in_vain(http, put(fake, 400, json.dumps({"error": error}).encode()))
    assert (words, logged) == (UNREACHABLE, {"reason": "no_json_object", "status": 400})


async def test_a_refusal_under_the_status_of_success_is_what_it_answers(
    http: httpx2.AsyncClient, fake: FakeProvider
) -> None:
    assert await fetch_json(http, "thing", put(fake, 200, b'{"error": "invalid_grant"}')) == {
        "error": "invalid_grant"
    }


@pytest.mark.parametrize("url", ["http://[::1", "nonsense", "ftp://127.0.0.1/"])
async def test_an_address_that_leads_nowhere_is_an_outage_like_any_other(http: httpx2.AsyncClient, url: str) -> None:
    words, logged = await ask_in_vain(http, url)
    assert words == UNREACHABLE
    assert url not in str(logged)


@asynccontextmanager
async def dribbling() -> AsyncGenerator[str]:
    """Yield the address of a provider whose answer takes some seconds."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(300):
            writer.write(b"1\r\n \r\n")
            await asyncio.sleep(0.01)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/thing"


async def test_an_answer_that_comes_bit_by_bit_has_one_deadline_for_all_of_it(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shareable_backlog.oidc.transport._WITHIN_S", 0.1)
    async with dribbling() as url:
        assert await ask_in_vain(http, url) == (UNREACHABLE, {"reason": "TimeoutError", "status": None})


async def test_neither_the_address_nor_what_was_sent_is_said(http: httpx2.AsyncClient, fake: FakeProvider) -> None:
    said = str(await ask_in_vain(http, put(fake, 500, b"mallory was here"), client_secret="0secret0"))
    assert not [word for word in ("127.0.0.1", "/thing", "0secret0", "mallory") if word in said]


async def test_a_provider_that_is_not_there_is_said_so_without_its_name(
    http: httpx2.AsyncClient, fake: FakeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    relying = build_relying(http, fake, issuer=f"http://127.0.0.1:{port}", client_secret="0secret0")
    with pytest.raises(SignInFailed, match="can't be reached") as caught:
        await relying.provider.start_sign_in()
    said = str(caught.value) + capsys.readouterr().err
    assert "oidc_request_failed" in said
    assert not [word for word in (str(port), "127.0.0.1", "0secret0") if word in said]


async def test_a_silent_provider_keeps_nobody_waiting_for_long(
    relying: Relying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shareable_backlog.oidc.transport._WITHIN_S", 0.1)
    relying.fake.delay_s = 1
    started = time.monotonic()
    await refusal(relying)
    assert time.monotonic() - started < 0.9


async def test_people_share_no_cookies_of_the_provider(relying: Relying) -> None:
    relying.fake.document = {"issuer": relying.fake.url}
    token = relying.fake.answer(DISCOVERY, {}, {})
    relying.fake.answers[DISCOVERY] = (token[0], token[1] | {"Set-Cookie": "who=carol; Path=/"}, token[2])
    await relying.signed_in()
    assert not [headers for headers in relying.fake.headers if "cookie" in headers]
