"""Each request has an id and one line in the log, which holds no word that a visitor wrote."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from shareable_backlog import logs
from shareable_backlog.config.values import parse_networks
from shareable_backlog.web import request_metrics
from shareable_backlog.web.request_log import RequestLog
from tests.web.test_request_metrics import read

COUNT = "slb_http_request_duration_seconds_count"
PROXY = "192.0.2.7"
UUID = "0b1f3ad2-60b7-4a1e-8d39-5b1f0c1f9f55"
_LOG = logs.get_logger("shareable_backlog.web.request_log")


def route(name: str) -> Route:
    """Make a route with a handler of its own, as each path of the program has one."""

    async def answer(request: Request) -> Response:
        return PlainTextResponse("Here.", int(request.query_params.get("status", "200")))

    return Route(f"/measured/{name}/{{id}}", answer, methods=["GET", "POST"])


async def stream(_request: Request) -> Response:
    async def parts() -> AsyncGenerator[str]:
        for number in range(3):
            yield str(number)

    return StreamingResponse(parts())


async def fail(_request: Request) -> Response:
    raise ZeroDivisionError


async def greet_person(request: Request) -> Response:
    request.state.visitor = SimpleNamespace(user_id=7, email="alice@example.com")
    _LOG.info("greeted")
    return PlainTextResponse("Hello.")


async def files(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


ROUTES = [
    *map(route, ("one", "two", "three")),
    Route("/measured/stream", stream),
    Route("/measured/fail", fail),
    Route("/measured/person", greet_person),
    Mount("/measured/files", files),
]


@pytest.fixture
def client() -> TestClient:
    return make_client(PROXY)


def make_client(peer: str) -> TestClient:
    program = RequestLog(Starlette(routes=ROUTES), parse_networks(PROXY))
    return TestClient(program, raise_server_exceptions=False, client=(peer, 5000))


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def count(method: str, route: str, status: str) -> float:
    return read("slb_http_requests_total", method=method, route=route, status=status)


def count_durations(route: str) -> float:
    return read(COUNT, route=route)


def test_a_request_is_one_line_with_all_that_the_program_knows_of_it(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure_logs("info", "json")
    answer = client.get("/measured/person")
    greeted, line = read_lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert 0 <= line.pop("ms") < 5000
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "shareable_backlog.web.request_log",
        "method": "GET",
        "route": "/measured/person",
        "status": 200,
        "bytes": len("Hello."),
        "user_id": 7,
        "request_id": answer.headers["x-request-id"],
    }
    assert greeted["request_id"] == line["request_id"]


def test_no_line_holds_what_a_visitor_wrote(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("info", "console")
    client.request("BREW", "/measured/one/secret-1?q=secret-2", headers={"user-agent": "secret-3"})
    client.get("/nowhere/secret-4", headers={"referer": "https://example.com/secret-5"})
    printed = capsys.readouterr().err
    assert "secret" not in printed
    assert "method=other route=/measured/one/{id} status=405" in printed
    assert "method=GET route=none status=404" in printed


def test_nothing_is_written_where_the_level_hides_it(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("info,shareable_backlog.web.request_log=warning", "json")
    client.get("/measured/one/x")
    assert "request" not in capsys.readouterr().err


def test_each_request_has_another_id_which_its_answer_names(client: TestClient) -> None:
    ids = {client.get(path).headers["x-request-id"] for path in ("/measured/one/x", "/nowhere", "/measured/fail")}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)


@pytest.mark.parametrize("given", [UUID, "Root=1-67891233-abcdef012345678912345678", "a" * 64])
def test_the_id_of_a_trusted_proxy_is_kept(client: TestClient, given: str) -> None:
    assert client.get("/measured/one/x", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "<script>", "\x1b[31m", "-dash", 'a"b', "é"])
def test_an_id_that_is_none_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/measured/one/x", headers=[(b"x-request-id", given.encode())])
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])


def test_of_two_ids_none_is_kept(client: TestClient) -> None:
    answer = client.get("/measured/one/x", headers=[(b"x-request-id", b"one"), (b"x-request-id", b"two")])
    assert answer.headers["x-request-id"] not in {"one", "two", "one, two"}


def test_nobody_else_can_choose_an_id() -> None:
    answer = make_client("192.0.2.8").get("/measured/one/x", headers={"X-Request-ID": UUID})
    assert answer.headers["x-request-id"] != UUID


def test_a_request_is_counted_by_the_route_as_the_table_has_it(client: TestClient) -> None:
    for id_ in ("ENG-1", "ENG-2"):
        client.get(f"/measured/one/{id_}?q=secret")
    assert count("GET", "/measured/one/{id}", "200") == 2
    assert count_durations("/measured/one/{id}") == 2


def test_methods_and_statuses_are_counted_apart(client: TestClient) -> None:
    client.head("/measured/two/x")
    client.post("/measured/two/x?status=303")
    client.get("/measured/two/x?status=404")
    for method, status in (("HEAD", "200"), ("POST", "303"), ("GET", "404")):
        assert count(method, "/measured/two/{id}", status) == 1


def test_a_method_that_nobody_foresaw_is_another_one(client: TestClient) -> None:
    client.request("BREW", "/measured/three/x")
    assert count("other", "/measured/three/{id}", "405") == 1
    assert count("BREW", "/measured/three/{id}", "405") == 0


def test_what_comes_to_no_route_is_counted_without_its_path(client: TestClient) -> None:
    before = count("GET", "none", "404")
    client.get("/nowhere/mallory@example.com")
    assert count("GET", "none", "404") == before + 1


def test_an_application_below_a_path_is_no_route(client: TestClient) -> None:
    before = count("GET", "none", "200")
    client.get("/measured/files/x")
    assert count("GET", "none", "200") == before + 1


def test_an_answer_in_parts_is_counted_once_and_its_bytes_are_those_of_all_parts(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure_logs("info", "json")
    assert client.get("/measured/stream").text == "012"
    assert count("GET", "/measured/stream", "200") == count_durations("/measured/stream") == 1
    assert [line["bytes"] for line in read_lines(capsys)] == [3]


def test_an_error_that_nobody_foresaw_is_counted_as_the_answer_it_becomes(client: TestClient) -> None:
    assert client.get("/measured/fail").status_code == 500
    assert count("GET", "/measured/fail", "500") == 1


@pytest.mark.anyio
async def test_a_request_that_gets_no_answer_is_logged_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("info", "json")

    async def leave(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ConnectionResetError

    before = request_metrics.format_answers()
    with pytest.raises(ConnectionResetError):
        await RequestLog(leave, ())({"type": "http", "method": "GET", "path": "/", "headers": []}, _nothing, _nowhere)
    assert request_metrics.format_answers() == before
    [line] = read_lines(capsys)
    assert "status" not in line


@pytest.mark.anyio
async def test_requests_at_the_same_time_keep_their_ids_apart(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("info", "json")

    async def wait_and_log(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(0)
        _LOG.info("worked")

    program = RequestLog(wait_and_log, ())
    scopes: list[Scope] = [{"type": "http", "method": "GET", "path": "/", "headers": []} for _ in range(3)]
    await asyncio.gather(*(program(scope, _nothing, _nowhere) for scope in scopes))
    lines = read_lines(capsys)
    assert len(lines) == 6
    assert sorted(one["request_id"] for one in lines if one["event"] == "worked") == sorted(
        one["request_id"] for one in lines if one["event"] == "request"
    )
    assert len({one["request_id"] for one in lines}) == 3


@pytest.mark.anyio
async def test_what_is_no_request_is_passed_on_as_it_is() -> None:
    passed: list[tuple[Scope, Send]] = []

    async def keep(scope: Scope, _receive: Receive, send: Send) -> None:
        passed.append((scope, send))

    await RequestLog(keep, ())({"type": "lifespan"}, _nothing, _nowhere)
    assert passed == [({"type": "lifespan"}, _nowhere)]


async def _nothing() -> dict[str, object]:
    return {}


async def _nowhere(_message: object) -> None:
    raise AssertionError
