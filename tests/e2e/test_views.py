"""Saved views in a real browser: kept and changed without JavaScript, and usable by anyone."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.support.browser.accessible import violations

pytestmark = pytest.mark.browser


def save(page: Page, name: str) -> None:
    page.get_by_text("Save view", exact=True).click()
    page.get_by_label("Name of the view").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("Saved.")


def delete(page: Page, name: str) -> None:
    page.goto("/views")
    page.locator("summary", has_text=f"Change {name}").click()
    page.get_by_role("button", name="Delete").filter(visible=True).click()
    expect(page.locator(".notice")).to_contain_text(f"The view {name} was deleted.")


def test_a_view_is_saved_opened_renamed_and_brought_back_without_javascript(new_page: NewPage) -> None:
    page = new_page(persona="alice", java_script_enabled=False)
    page.goto("/?team=FLD&type=started")
    save(page, "In the field")
    views = page.get_by_role("navigation", name="Saved views")
    expect(views.locator("[aria-current]")).to_have_text("In the field")
    page.goto("/views")
    page.locator("summary", has_text="Change In the field").click()
    page.get_by_label("New name of In the field").fill("On site")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("main").get_by_role("link", name="On site").click()
    expect(views.locator("[aria-current]")).to_have_text("On site")
    delete(page, "On site")
    page.get_by_role("button", name="Restore it").click()
    expect(page.get_by_role("link", name="On site")).to_be_visible()
    delete(page, "On site")
    expect(page.get_by_role("link", name="On site")).to_be_hidden()


def test_axe_finds_nothing_on_a_page_of_views_and_nothing_is_wider_than_a_phone(new_page: NewPage) -> None:
    page = new_page(persona="alice", viewport={"width": 390, "height": 844})
    page.goto("/?team=FLD&q=" + "x" * 150)
    save(page, "W" * 80)
    for address in ("/views", "/?team=FLD"):
        page.goto(address)
        page.locator("summary", has_text="Change" if address == "/views" else "Save view").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    delete(page, "W" * 80)
