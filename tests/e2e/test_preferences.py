"""How a person likes the pages, in a real browser: colours, rows and times, with and without JavaScript."""

import re
from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.support.browser.accessible import SCHEMES, violations

pytestmark = pytest.mark.browser

LIGHT, DARK = "rgb(252, 252, 251)", "rgb(22, 24, 26)"


def choose(page: Page, **fields: str) -> None:
    page.goto("/account")
    for name, value in fields.items():
        page.locator(f'select[name="{name}"]').select_option(value)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_contain_text("Saved.")


@pytest.fixture
def plain(new_page: NewPage) -> Generator[Page]:
    """Yield a page without JavaScript, whose person likes everything as usual afterwards."""
    page = new_page(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    yield page
    choose(page, theme="system", density="comfortable", time_zone="", locale="")


def background(page: Page) -> str:
    return page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")


def test_a_chosen_theme_holds_whatever_the_system_has(plain: Page) -> None:
    for theme, color in (("dark", DARK), ("light", LIGHT)):
        choose(plain, theme=theme)
        for scheme in SCHEMES:
            plain.emulate_media(color_scheme=scheme)
            plain.goto("/")
            assert background(plain) == color


def test_on_paper_everything_is_light(plain: Page) -> None:
    choose(plain, theme="dark")
    plain.emulate_media(media="print")
    assert background(plain) == "rgb(255, 255, 255)"


def test_compact_rows_are_lower(plain: Page) -> None:
    height = "row => row.getBoundingClientRect().height"
    plain.goto("/")
    assert plain.locator(".item").first.evaluate(height) == 36
    choose(plain, density="compact")
    plain.goto("/")
    assert plain.locator(".item").first.evaluate(height) == 28


def test_axe_finds_nothing_in_either_chosen_theme(new_page: NewPage, plain: Page) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    for theme in ("dark", "light"):
        choose(plain, theme=theme, density="compact", locale="ar", time_zone="Asia/Tokyo")
        for address in ("/account", "/", "/changes"):
            page.goto(address)
            # What is not about colors is the same in both.
            found = violations(page, ["light"], []) if theme == "dark" else violations(page, [], ["light"])
            assert found == []
            assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_times_are_those_of_where_the_browser_is_until_a_zone_is_chosen(new_page: NewPage, plain: Page) -> None:
    page = new_page(timezone_id="Asia/Tokyo")
    page.clock.install()
    page.goto("/account")
    page.clock.fast_forward(1_000)
    page.reload()
    expect(page.locator(".preferences")).to_contain_text("JST, and numbers")
    choose(plain, time_zone="Europe/Berlin")
    page.reload()
    expect(page.locator(".preferences")).to_contain_text(re.compile("CES?T, and"))
