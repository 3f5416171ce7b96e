"""Cookies: for where the backlog is served alone, by the strictest name that browsers allow there."""

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shareable_backlog.web import cookies
from shareable_backlog.web.sub_path import SubPath

PLACES = [
    (True, "", "__Host-slb_session", "Path=/; SameSite=lax; Secure"),
    (True, "/backlog", "__Secure-slb_session", "Path=/backlog; SameSite=lax; Secure"),
    (False, "", "slb_session", "Path=/; SameSite=lax"),
    (False, "/backlog", "slb_session", "Path=/backlog; SameSite=lax"),
]


async def answer(request: Request) -> Response:
    response = PlainTextResponse(cookies.read_cookie(request, "session") or "none")
    if request.url.path == "/out":
        cookies.delete_cookie(request, response, "session")
    else:
        cookies.set_cookie(request, response, "session", "token", 60)
    return response


def ask(path: str, *, is_https: bool, below: str, cookie: str = "") -> httpx2.Response:
    app = Starlette(routes=[Route("/{path:path}", answer)])
    app.state.is_https = is_https
    client = TestClient(SubPath(app, below), base_url="http://example.com")
    return client.get(f"{below}{path}", headers={"cookie": cookie} if cookie else {})


@pytest.mark.parametrize(("is_https", "below", "name", "rest"), PLACES)
def test_a_cookie_is_for_the_place_alone(*, is_https: bool, below: str, name: str, rest: str) -> None:
    said = ask("/in", is_https=is_https, below=below).headers["set-cookie"]
    assert said == f"{name}=token; HttpOnly; Max-Age=60; {rest}"


@pytest.mark.parametrize(("is_https", "below", "name", "rest"), PLACES)
def test_it_is_deleted_where_it_was_set(*, is_https: bool, below: str, name: str, rest: str) -> None:
    said = ask("/out", is_https=is_https, below=below).headers["set-cookie"]
    assert said.startswith(f'{name}=""; ')
    assert said.endswith(f" Max-Age=0; {rest}")


@pytest.mark.parametrize(("is_https", "below", "name", "rest"), PLACES)
def test_only_the_name_of_the_place_is_read(*, is_https: bool, below: str, name: str, rest: str) -> None:
    del rest
    for other in {one for _, _, one, _ in PLACES}:
        answered = ask("/in", is_https=is_https, below=below, cookie=f"{other}=theirs")
        assert answered.text == ("theirs" if other == name else "none")
