"""The images in an item's texts, as a reader sees them."""

from collections.abc import Generator

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Locator, Page, expect

from shareable_backlog import database
from shareable_backlog.config import parse_settings
from tests.conftest import as_url, create_database
from tests.e2e.conftest import NewPage
from tests.fakes.uploads import GIF, PNG, SVG, serve_uploads
from tests.support.browser.serving import serve_pages, wait_until_ready
from tests.support.mirrored import comment, item, store
from tests.support.signed_in import let_in

pytestmark = pytest.mark.browser

KEY = "lin_api_0fake0key0of0the0tests0"
HOST = "https://uploads.linear.app"
DESCRIPTION = f"""Before

![The plan of the site]({HOST}/org/plan)

Between ![a dot]({HOST}/org/dot) words, ![a picture of another host](https://evil.example/1.png),
and ![a hostile drawing]({HOST}/org/drawing)

+++ Folded
![gone from Linear]({HOST}/org/gone)
+++
"""


async def _fill(url: str) -> None:
    one = item(1, "An item with images", description=DESCRIPTION)
    async with database.open_database(parse_settings({"DATABASE_URL": url})):
        await store(one, comment(1, one, f"![The plan again]({HOST}/org/plan)"))


@pytest.fixture(scope="module")
def illustrated(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Yield the address of the program with an item that holds images, some of which Linear has."""
    with (
        create_database(server, template) as conninfo,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve_uploads()) as there,
    ):
        there.accepts = {KEY}
        there.add("/org/plan", PNG)
        there.add("/org/dot", GIF, "image/gif")
        there.add("/org/drawing", SVG, "image/svg+xml")
        url, folder = as_url(conninfo), tmp_path_factory.mktemp("illustrated")
        portal.call(_fill, url)
        let_in(conninfo)
        nobody = "http://127.0.0.1:1/graphql"
        linear = {"LINEAR_API_URL": nobody, "LINEAR_UPLOADS_URL": there.url, "LINEAR_API_KEY": KEY}
        with serve_pages(folder, DATABASE_URL=url, SLB_DATA_DIR=str(folder), **linear) as address:
            wait_until_ready(address)
            yield address


@pytest.fixture
def page(new_page: NewPage, illustrated: str) -> Page:
    """Return the page of that item."""
    page = new_page(illustrated, viewport={"width": 1440, "height": 900})
    page.goto("/items/ENG-1")
    return page


def natural_width(image: Locator) -> int:
    """Return the width of an image once it was loaded; 0 when it can't be shown."""
    image.scroll_into_view_if_needed()
    image.evaluate("image => image.complete || new Promise(done => image.onload = image.onerror = done)")
    return image.evaluate("image => image.naturalWidth")


def test_an_image_is_shown_and_fits_the_text(page: Page) -> None:
    plan = page.get_by_role("img", name="The plan of the site")
    assert natural_width(plan) == 1600
    shown, prose = plan.bounding_box(), page.locator(".prose").first.bounding_box()
    assert shown
    assert prose
    assert shown["width"] <= prose["width"]
    assert shown["width"] / shown["height"] == pytest.approx(1600 / 600, rel=0.01)


def test_a_small_image_keeps_its_size(page: Page) -> None:
    assert natural_width(page.get_by_role("img", name="a dot")) == 1


def test_an_image_of_a_comment_is_shown(page: Page) -> None:
    assert natural_width(page.get_by_role("img", name="The plan again")) == 1600


def test_a_drawing_with_a_script_is_not_shown_and_does_not_run(page: Page) -> None:
    drawing = page.get_by_role("img", name="a hostile drawing")
    assert natural_width(drawing) == 0
    answer = page.goto(drawing.get_attribute("src") or "")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")


def test_an_image_opened_by_itself_may_run_nothing(page: Page) -> None:
    answer = page.request.get(page.get_by_role("img", name="The plan of the site").get_attribute("src") or "")
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_an_image_that_is_gone_leaves_its_words(page: Page) -> None:
    page.get_by_text("Folded").click()
    assert natural_width(page.get_by_role("img", name="gone from Linear")) == 0


def test_an_image_of_another_host_is_a_link(page: Page) -> None:
    expect(page.get_by_role("link", name="a picture of another host")).to_have_attribute(
        "href", "https://evil.example/1.png"
    )
