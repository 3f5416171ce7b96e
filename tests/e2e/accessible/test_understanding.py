"""Pages do what one expects: the same in the same place, nothing by surprise, and what happened is said."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessible.pages import EVERY_PAGE
from tests.e2e.conftest import NewPage

pytestmark = pytest.mark.browser


def test_navigation_and_help_stand_in_the_same_order_on_every_page(new_page: NewPage) -> None:
    page = new_page()
    orders = set[tuple[str, ...]]()
    for path in [path for path, persona in EVERY_PAGE if persona == "bob"]:
        page.goto(path)
        names = page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()
        assert names or path.startswith("/present/"), path
        orders.add(tuple(name for name in names if not name.startswith("New")))
    assert orders == {("Changes", "Updates", "Done", "Meeting", "Roadmap", "Views", "About", "Account"), ()}


def test_every_page_has_a_language_one_heading_of_the_first_level_and_a_title_that_says_what_it_shows(
    new_page: NewPage,
) -> None:
    titles = dict[str, str]()
    for persona in dict.fromkeys(persona for _, persona in EVERY_PAGE):
        page = new_page(persona=persona)
        for path in [path for path, its in EVERY_PAGE if its == persona]:
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == "en"
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            titles[path] = page.title()
    assert {path: title for path, title in titles.items() if not title.strip()} == {}
    assert len(set(titles.values())) > len(titles) / 2


@pytest.mark.parametrize("path", ["/roadmap", "/changes?since=30d"])
def test_a_choice_that_counts_at_once_leaves_the_focus_where_it_is(page: Page, path: str) -> None:
    page.goto(path)
    page.evaluate("window.stays = 1")
    team = page.get_by_label("Team")
    team.focus()
    team.select_option("FLD")
    expect(page).to_have_url(re.compile("team=FLD"))
    expect(page.get_by_role("main")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_label("Team")).to_be_focused()
    assert page.evaluate("window.stays === 1")


def test_what_a_search_found_is_said_without_taking_the_focus(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("invoiced twice")
    expect(page.locator("#told")).to_have_text(re.compile(r"^\d+ items? shown$"))
    expect(page.locator("#told")).to_have_attribute("role", "status")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_to_sign_in_nobody_has_to_remember_or_to_copy_by_hand(new_page: NewPage) -> None:
    page = new_page(persona=None)
    page.goto("/sign-in")
    email = page.get_by_label("Your email address")
    expect(email).to_have_attribute("autocomplete", "email")
    email.fill("dora@example.com")
    page.get_by_role("button", name="Send me a link").click()
    code = page.get_by_label("Six-digit code")
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    expect(page.locator("input[type=email]")).to_have_count(0)  # what was said is not asked for again
    code.evaluate("""one => {
      const data = new DataTransfer();
      data.setData('text', '123 456');
      const isTaken = one.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, cancelable: true }));
      if (isTaken) one.value = '123 456';
    }""")
    expect(code).to_have_value("123 456")


def test_a_fault_is_said_in_words_with_what_is_wrong_and_what_is_safe(new_page: NewPage) -> None:
    page = new_page(persona="alice")
    page.goto("/admin/invitations")
    addresses = page.locator("textarea").first
    addresses.fill("not an address")
    page.locator("main form").filter(has=addresses).get_by_role("button").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That request isn't valid")
    expect(page.get_by_role("main")).to_contain_text(
        "These are no email addresses: “not an address”. Nobody was invited."
    )


def test_hovering_opens_nothing(page: Page) -> None:
    page.goto("/")
    before = page.locator("body").inner_text()
    for place in ("#main .item a.title", "#main .item .labels", "#main .item .when", "nav[aria-label=Main] a"):
        box = page.locator(place).first.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert page.locator("body").inner_text() == before, place
        expect(page.get_by_role("tooltip")).to_have_count(0)
