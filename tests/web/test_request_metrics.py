"""Requests are counted by route and status when their answer begins; no label holds what a visitor wrote."""

from collections.abc import AsyncGenerator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from shareable_backlog.web.request_metrics import RequestMetrics, get_registry

COUNT = "slb_http_request_duration_seconds_count"


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


async def files(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


ROUTES = [
    *map(route, ("one", "two", "three")),
    *(Route("/measured/stream", stream), Route("/measured/fail", fail), Mount("/measured/files", files)),
]


@pytest.fixture
def client() -> TestClient:
    return TestClient(RequestMetrics(Starlette(routes=ROUTES)), raise_server_exceptions=False)


def count(method: str, route: str, status: str) -> float:
    labels = {"method": method, "route": route, "status": status}
    return get_registry().get_sample_value("slb_http_requests_total", labels) or 0


def count_durations(route: str) -> float:
    return get_registry().get_sample_value(COUNT, {"route": route}) or 0


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


def test_an_answer_in_parts_is_counted_once(client: TestClient) -> None:
    assert client.get("/measured/stream").text == "012"
    assert count("GET", "/measured/stream", "200") == count_durations("/measured/stream") == 1


def test_an_error_that_nobody_foresaw_is_counted_as_the_answer_it_becomes(client: TestClient) -> None:
    assert client.get("/measured/fail").status_code == 500
    assert count("GET", "/measured/fail", "500") == 1


@pytest.mark.anyio
async def test_a_request_that_gets_no_answer_is_not_counted() -> None:
    async def leave(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ConnectionResetError

    def total() -> float:
        return sum(
            sample.value for family in get_registry().collect() for sample in family.samples if sample.name == COUNT
        )

    before = total()
    with pytest.raises(ConnectionResetError):
        await RequestMetrics(leave)({"type": "http", "method": "GET", "path": "/"}, _nothing, _nowhere)
    assert total() == before


@pytest.mark.anyio
async def test_what_is_no_request_is_passed_on_as_it_is() -> None:
    passed: list[tuple[Scope, Send]] = []

    async def keep(scope: Scope, _receive: Receive, send: Send) -> None:
        passed.append((scope, send))

    await RequestMetrics(keep)({"type": "lifespan"}, _nothing, _nowhere)
    assert passed == [({"type": "lifespan"}, _nowhere)]


async def _nothing() -> dict[str, object]:
    return {}


async def _nowhere(_message: object) -> None:
    raise AssertionError
