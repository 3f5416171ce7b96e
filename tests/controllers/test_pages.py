"""The list and the item page over HTTP, without a browser."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from shareable_backlog.controllers.backlog import items
from shareable_backlog.controllers.backlog.lists import item_list
from shareable_backlog.database import query
from shareable_backlog.errors import BacklogError
from shareable_backlog.web import errors, params
from shareable_backlog.web.pages import assets
from tests.support.mirrored import item, label, store, team
from tests.support.signed_in import AsBob

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ROUTES = [
    Route("/", params.bind(item_list.show_list)),
    Route("/items/{identifier}", params.bind(items.show_item)),
    Route("/static/{path:path}", params.bind(assets.send_file)),
]


@pytest.fixture
async def client(database: str) -> AsyncGenerator[httpx2.AsyncClient]:
    app = Starlette(routes=ROUTES, exception_handlers={BacklogError: errors.on_backlog_error})
    # Errors as JSON: the page of an error has tests of its own.
    transport, accept = httpx2.ASGITransport(AsBob(app, database)), {"Accept": "application/json"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=accept) as client:
        yield client


async def test_filters_survive_the_way_to_older_items(client: httpx2.AsyncClient) -> None:
    await store(team("ENG"), *(item(number, "Photos") for number in range(60)))
    page = (await client.get("/", params={"team": "eng", "q": "photos"})).text
    assert page.count('class="item"') == 50
    assert "/?q=photos&amp;team=ENG&amp;after=" in page


@pytest.mark.parametrize(
    "query",
    [
        *("q=%00", "q=%FF", "team=%00", "state=%27", "label=%00", "group=state&skip=x"),
        *("q=" + "a" * 9000, "team=NONE", "unknown=1"),
    ],
)
async def test_any_query_gets_a_page(client: httpx2.AsyncClient, query: str) -> None:
    assert (await client.get(f"/?{query}")).status_code == 200


async def test_a_damaged_position_is_a_bad_request(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/?after=rubbish")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_INPUT")


async def test_many_labels_are_counted_beyond_the_third(client: httpx2.AsyncClient) -> None:
    names = [f"label {number}" for number in range(9)]
    await store(*map(label, names), item(1, label_ids=[f"label-{name}" for name in names]))
    page = (await client.get("/")).text
    assert page.count('class="label"') == 4
    assert ">+6<" in page


@pytest.mark.parametrize("asked", ["eng-1", "ENG1", "OLD-7", "old-7"])
async def test_other_spellings_and_previous_identifiers_lead_to_the_item(
    client: httpx2.AsyncClient, asked: str
) -> None:
    await store(item(1, previous_identifiers=["OLD-7"]))
    answer = await client.get(f"/items/{asked}")
    assert (answer.status_code, answer.headers["location"]) == (301, "/items/ENG-1")


@pytest.mark.parametrize("asked", ["ENG-9", "%00", "%2e%2e", "<script>", "x" * 5000, "%F0%9F%98%80"])
async def test_an_unknown_item_is_not_found(client: httpx2.AsyncClient, asked: str) -> None:
    assert (await client.get(f"/items/{asked}")).status_code == 404


@pytest.mark.parametrize(
    ("url", "is_linked"), [("https://linear.app/x", True), ("javascript:alert(1)", False), (None, False)]
)
async def test_linear_is_linked_by_https_only(
    client: httpx2.AsyncClient, url: str | None, *, is_linked: bool
) -> None:
    await store(item(1, url=url))
    await query("UPDATE users SET is_admin = true WHERE email = 'bob@example.com'")
    page = (await client.get("/items/ENG-1")).text
    assert ("Open in Linear" in page) == is_linked
    assert "javascript:" not in page


async def test_a_description_of_two_megabytes_is_shown_shortened(client: httpx2.AsyncClient) -> None:
    await store(item(1, description="word " * 400_000))
    answer = await client.get("/items/ENG-1")
    assert answer.status_code == 200
    assert len(answer.content) < 200_000


async def test_static_files_may_be_kept_for_ever_under_their_version(client: httpx2.AsyncClient) -> None:
    answer = await client.get(assets.build_url("style.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await client.get("/static/style.css?v=other")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["..%2fapp.py", "%c0%ae%c0%ae/app.py", "../app.py", "x" * 20_000, "%FF", ""])
async def test_no_path_leads_out_of_the_static_files(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(f"/static/{path}")).status_code == 404
