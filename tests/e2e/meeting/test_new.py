"""What is new is counted, marked, narrowed to and seen: with and without scripts, on a desk and on a phone."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import as_url, create_database, create_once, filled_name
from tests.e2e.conftest import NewPage, fill_database
from tests.support.browser.serving import serve_pages, wait_until_ready

pytestmark = pytest.mark.browser

NEW = """
INSERT INTO backlog_items (id, identifier, number, title, team_id, created_at, updated_at)
SELECT 'new-' || n, 'NEW-' || n, n, 'Newcomer ' || n, (SELECT id FROM teams WHERE key = 'FLD'), now(), now()
FROM generate_series(1, 40) n
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A running program of this test's own: where it is, and its database."""

    address: str
    conninfo: str

    def query(self, sql: str) -> None:
        with psycopg.connect(self.conninfo) as connection:
            connection.execute(sql.encode())


@pytest.fixture
def place(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Place]:
    filled = create_once(server, filled_name(template), template, fill_database)
    folder = tmp_path_factory.mktemp("meeting")
    with create_database(server, filled) as conninfo, serve_pages(folder, DATABASE_URL=as_url(conninfo)) as address:
        wait_until_ready(address)
        yield Place(address, conninfo)


@pytest.fixture
def open_after_news(place: Place, new_page: NewPage) -> Callable[..., Page]:
    """Return what opens a page of bob's, who was here before forty items came."""
    page = new_page(place.address)
    page.goto("/")
    expect(page.locator("#unseen")).to_have_count(0)
    place.query(NEW)

    def open_page(**options: Any) -> Page:
        return new_page(place.address, **options)

    return open_page


def test_what_is_scrolled_past_is_seen_and_on_another_device_too(open_after_news: Callable[..., Page]) -> None:
    page = open_after_news(viewport={"width": 1440, "height": 700})
    page.goto("/?order=created")
    expect(page.locator("#unseen .badge")).to_contain_text("40")
    expect(page.locator("#main .unseen")).to_have_count(40)
    page.mouse.wheel(0, 400)
    expect(page.locator("#unseen .badge")).not_to_contain_text("40")
    left = page.locator("#main .unseen").count()
    assert 0 < left < 40
    phone = open_after_news(viewport={"width": 390, "height": 844})
    phone.goto("/?order=created")
    expect(phone.locator("#main .unseen")).to_have_count(left)


def test_one_click_narrows_to_it_and_another_marks_all_as_seen(open_after_news: Callable[..., Page]) -> None:
    page = open_after_news(java_script_enabled=False)
    page.goto("/changes")
    page.get_by_role("link", name="New 40 not seen yet").click()
    expect(page.locator("#main .item")).to_have_count(40)
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.locator("#main .item")).to_have_count(50)
    expect(page.locator(".unseen, #unseen")).to_have_count(0)


def test_without_scripts_an_item_is_seen_once_it_is_opened(open_after_news: Callable[..., Page]) -> None:
    page = open_after_news(java_script_enabled=False)
    page.goto("/items/NEW-7")
    expect(page.locator("#unseen .badge")).to_contain_text("39")
