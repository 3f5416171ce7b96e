"""Forms: read from the request's body, and only from a page of ours in the same browser."""

from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shareable_backlog.errors import BacklogError
from shareable_backlog.web import errors, forms

BASE, SECRET = "https://backlog.example.com", "secret-of-the-cookie"
FORM = "application/x-www-form-urlencoded"


async def posted(request: Request) -> Response:
    form = await forms.read(request)
    forms.require_own(request, form, SECRET, BASE)
    return JSONResponse([list(pair) for pair in form.multi_items()])


@pytest.fixture
def client() -> TestClient:
    app = Starlette(
        routes=[Route("/api/form", posted, methods=["POST"])],
        exception_handlers={BacklogError: errors.on_backlog_error},
    )
    return TestClient(app, base_url=BASE)


def post(client: TestClient, body: str | bytes | None = None, **headers: str) -> tuple[int, object]:
    content = urlencode({"csrf": forms.compute_token(SECRET), "a": "1"}) if body is None else body
    answer = client.post("/api/form", content=content, headers={"origin": BASE, "content-type": FORM, **headers})
    return answer.status_code, answer.json() if answer.status_code == 200 else None


def test_a_form_of_ours_is_read(client: TestClient) -> None:
    assert post(client, f"csrf={forms.compute_token(SECRET)}&a=1&a=%C3%BC&b=") == (
        200,
        [["csrf", forms.compute_token(SECRET)], ["a", "1"], ["a", "ü"], ["b", ""]],
    )


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", "", "http://backlog.example.com", f"{BASE}:444"]
)
def test_another_origin_is_refused(client: TestClient, origin: str) -> None:
    assert post(client, origin=origin)[0] == 403


def test_no_origin_is_refused(client: TestClient) -> None:
    body = urlencode({"csrf": forms.compute_token(SECRET)})
    assert client.post("/api/form", content=body, headers={"content-type": FORM}).status_code == 403


@pytest.mark.parametrize(
    "token", ["", "0" * 64, forms.compute_token("another secret"), "ü", forms.compute_token(SECRET)[:-1]]
)
def test_another_browsers_token_is_refused(client: TestClient, token: str) -> None:
    assert post(client, urlencode({"csrf": token}))[0] == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_what_is_not_a_plain_form_is_refused(client: TestClient, kind: str) -> None:
    assert post(client, **{"content-type": kind})[0] == 400


@pytest.mark.parametrize("body", [b"a=%FF", b"a=\xff", "&".join(f"a{n}=1" for n in range(6000))])
def test_a_form_that_cannot_be_read_is_refused(client: TestClient, body: str | bytes) -> None:
    assert post(client, body)[0] == 400


def test_a_form_too_large_is_refused(client: TestClient) -> None:
    assert post(client, b"a=" + b"x" * 300_000)[0] == 413


def test_on_this_machine_the_name_that_was_asked_for_is_our_origin() -> None:
    app = Starlette(
        routes=[Route("/api/form", posted, methods=["POST"])],
        exception_handlers={BacklogError: errors.on_backlog_error},
    )
    here = TestClient(app, base_url="http://127.0.0.1:8000")
    assert post(here, origin="http://127.0.0.1:8000")[0] == 200
    assert post(here, origin="http://127.0.0.1:8001")[0] == 403


@pytest.mark.parametrize("path", ["/", "/items/ENG-1?a=b#c", "/?q=//"])
def test_a_path_of_ours_may_be_led_to(path: str) -> None:
    assert forms.choose_own_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "", None, "//evil.example.com", "/\\evil.example.com", " https://evil.example.com", "https:evil.example.com",
        "/\t/evil.example.com", "/%09\t/x", "\\/evil", "javascript:alert(1)", "evil", "/a\nb", "/" + "a" * 3000,
        "/a\\b",
    ],
)  # fmt: skip
def test_anything_else_leads_to_the_backlog(text: str | None) -> None:
    assert forms.choose_own_path(text) == "/"
