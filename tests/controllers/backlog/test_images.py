"""An item's images over HTTP, from Linear's uploads to the answer."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.routing import Route

from shareable_backlog.config import Secret, Settings
from shareable_backlog.controllers.backlog import images, items
from shareable_backlog.errors import BacklogError
from shareable_backlog.sync import images as fetching
from shareable_backlog.web import errors, params
from shareable_backlog.web.headers import SecurityHeaders
from tests.fakes.uploads import PNG, SVG, Uploads, serve_uploads
from tests.support.mirrored import item, store
from tests.support.signed_in import AsBob

pytestmark = pytest.mark.anyio

KEY = "lin_api_0fake0key0of0the0tests0"
TEXT = "![a plan](https://uploads.linear.app/org/1)"


@pytest.fixture
async def there() -> AsyncGenerator[Uploads]:
    async with serve_uploads() as there:
        there.accepts = {KEY}
        yield there


@pytest.fixture
async def client(live_database: Settings, database: str, there: Uploads) -> AsyncGenerator[httpx2.AsyncClient]:
    routes = [
        Route("/items/{identifier}", params.bind(items.show_item)),
        Route("/items/{identifier}/images/{name}", params.bind(images.show_image)),
    ]
    app = Starlette(routes=routes, exception_handlers={BacklogError: errors.on_backlog_error})
    settings = replace(
        live_database, linear_uploads_url=f"{there.url}/", linear_api_key=Secret(KEY), image_cache_mb=0
    )
    async with (
        fetching.open_images(settings) as app.state.fetch_image,
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(SecurityHeaders(AsBob(app, database), is_https=False)),
            base_url="http://localhost",
        ) as client,
    ):
        yield client


async def source(client: httpx2.AsyncClient) -> str:
    await store(item(1, description=TEXT))
    page = (await client.get("/items/ENG-1")).text
    _, _, rest = page.partition('<img loading="lazy" src="')
    return rest.partition('"')[0]


async def test_an_image_on_a_page_is_answered_for_its_reader_alone(
    client: httpx2.AsyncClient, there: Uploads
) -> None:
    there.add("/org/1", PNG)
    answer = await client.get(await source(client))
    assert answer.content == PNG
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["cache-control"] == "private, max-age=86400"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == "inline"


async def test_a_browser_that_has_it_gets_no_second_one(client: httpx2.AsyncClient, there: Uploads) -> None:
    there.add("/org/1", PNG)
    address = await source(client)
    tag = (await client.get(address)).headers["etag"]
    answer = await client.get(address, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert (await client.get(address, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_the_head_is_answered_without_the_image(client: httpx2.AsyncClient, there: Uploads) -> None:
    there.add("/org/1", PNG)
    answer = await client.head(await source(client))
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(PNG)))


async def test_an_svg_is_not_answered(client: httpx2.AsyncClient, there: Uploads) -> None:
    there.add("/org/1", SVG, "image/svg+xml")
    answer = await client.get(await source(client))
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert "svg" not in answer.headers["content-type"]


async def test_while_linear_does_not_answer_that_is_said_in_plain_words(
    client: httpx2.AsyncClient, there: Uploads
) -> None:
    there.status = 500
    answer = await client.get(await source(client), headers={"Accept": "application/json"})
    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == (
        "Linear did not return this image. The rest of the page is unaffected; try again later."
    )


@pytest.mark.parametrize(
    "path", ["/items/ENG-1/images/%00", "/items/%00/images/x", "/items/ENG-1/images/..%2f..%2fa"]
)
async def test_nothing_else_is_found(client: httpx2.AsyncClient, there: Uploads, path: str) -> None:
    await source(client)
    assert (await client.get(path)).status_code == 404
    assert not there.requests
