"""A path below which the backlog is served: what comes in has it or not, what goes out to a browser always has it."""

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from shareable_backlog.config import values
from shareable_backlog.web import sub_path
from shareable_backlog.web.sub_path import SubPath

PACKAGE = Path(sub_path.__file__).parents[1]
_ENDS = st.sampled_from(["", "/"]) | st.text(max_size=20).map(lambda text: f"/x{quote(text)}")
NAMES = st.from_regex(r"[\w.~-]{1,9}", fullmatch=True).filter(lambda name: name not in {".", "..", *values.OWN_NAMES})
SUB_PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "".join(f"/{name}" for name in names))
PATHS = st.just("/") | st.tuples(st.sampled_from(sorted(values.OWN_NAMES)), _ENDS).map(
    lambda parts: f"/{''.join(parts)}"
)


@given(SUB_PATHS, PATHS)
def test_what_is_added_on_the_way_out_is_dropped_on_the_way_in(below: str, path: str) -> None:
    with sub_path.serve_below(below):
        assert sub_path.add_sub_path(path) == below + path
        assert sub_path.drop_sub_path(sub_path.add_sub_path(path)) == path


@given(SUB_PATHS, PATHS)
def test_a_path_from_which_a_proxy_has_taken_it_stays_as_it_is(below: str, path: str) -> None:
    with sub_path.serve_below(below):
        assert sub_path.drop_sub_path(path) == path


def test_it_is_taken_off_once() -> None:
    with sub_path.serve_below("/backlog"):
        assert sub_path.drop_sub_path("/backlog/backlog/admin") == "/backlog/admin"


@given(PATHS)
def test_at_the_root_of_the_host_every_path_stays_as_it_is(path: str) -> None:
    assert (sub_path.add_sub_path(path), sub_path.drop_sub_path(path)) == (path, path)


@pytest.mark.parametrize(
    "address", ["", "#main", "?team=FLD", "https://example.com/x", "//example.com/x", "mailto:bob@example.com"]
)
def test_an_address_that_is_none_of_ours_stays_as_it_is(address: str) -> None:
    with sub_path.serve_below("/backlog"):
        assert sub_path.add_sub_path(address) == address


@pytest.mark.parametrize("path", ["/backlogger", "/backlog.txt", "/Backlog/x", "/x/backlog"])
def test_a_path_that_only_looks_like_it_is_another_one(path: str) -> None:
    with sub_path.serve_below("/backlog"):
        assert sub_path.drop_sub_path(path) == path


def test_what_reads_a_page_from_a_header_of_the_browser_drops_it() -> None:
    modules = [(path.name, path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    readers = [(name, text) for name, text in modules if re.search(r'"referer"', text, re.IGNORECASE)]
    assert readers
    assert [name for name, text in readers if "drop_sub_path(" not in text] == [], "Use web.sub_path.drop_sub_path."


async def show_path(request: Request) -> Response:
    await asyncio.sleep(0)
    return JSONResponse([request.url.path, sub_path.get_sub_path()])


async def redirect(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], 303)


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/go", redirect), Route("/{path:path}", show_path, methods=["GET", "POST"])])
    return TestClient(SubPath(app, "/backlog"), base_url="https://example.com", follow_redirects=False)


@pytest.mark.parametrize("path", ["/board", "/items/ENG-1/images/x", "/"])
def test_both_kinds_of_proxies_lead_to_the_same_page(client: TestClient, path: str) -> None:
    for asked in (path, f"/backlog{path}"):
        assert client.get(asked).json() == [path, "/backlog"]


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/board?q=1", "/backlog/board?q=1"),
        ("/", "/backlog/"),
        ("https://id.example.com/authorize", "https://id.example.com/authorize"),
        ("//other.example.com", "//other.example.com"),
    ],
)
def test_a_redirect_leads_below_it(client: TestClient, to: str, location: str) -> None:
    for path in ("/go", "/backlog/go"):
        assert client.get(path, params={"to": to}).headers["location"] == location


def test_without_its_last_slash_it_leads_to_the_one_address_of_the_first_page(client: TestClient) -> None:
    for query in ("", "?team=FLD"):
        answer = client.get(f"/backlog{query}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"/backlog/{query}")
    assert client.post("/backlog").json() == ["/", "/backlog"]
