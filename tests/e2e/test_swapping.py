"""With JavaScript the pages of the backlog are swapped in place, and the reader never loses their place in them."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.test_list import items, search, titles

pytestmark = pytest.mark.browser

MARK = "window.stays = 1"
STAYS = "window.stays === 1"
SCROLL = """at => new Promise(done => {
  addEventListener('scrollend', () => setTimeout(done), {once: true});
  scrollTo(0, at);
})"""


def first_page(page: Page) -> None:
    expect(page.get_by_role("link", name="First page")).to_have_count(0)


def second_page(page: Page) -> None:
    expect(page.get_by_role("link", name="First page")).to_be_visible()


def test_back_and_forward_lead_to_where_the_reader_was_on_the_page(page: Page) -> None:
    page.goto("/")
    page.evaluate(MARK)
    page.get_by_role("link", name="Next page").scroll_into_view_if_needed()
    on_first = page.evaluate("scrollY")
    assert on_first > 0
    page.get_by_role("link", name="Next page").click()
    second_page(page)
    assert page.evaluate("scrollY") == 0
    page.evaluate(SCROLL, 200)
    page.go_back()
    first_page(page)
    expect(page.locator("html")).to_have_js_property("scrollTop", on_first)
    page.go_forward()
    second_page(page)
    expect(page.locator("html")).to_have_js_property("scrollTop", 200)
    assert page.evaluate(STAYS)


def test_what_is_typed_is_one_step_of_the_history(page: Page) -> None:
    page.goto("/")
    page.evaluate(MARK)
    page.keyboard.press("/")
    for words in ("c", "ce", "cert"):
        search(page).fill(words)
        expect(page).to_have_url(re.compile(f"q={words}$"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Remove contains cert")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("/$"))
    expect(items(page)).to_have_count(50)
    expect(search(page)).to_have_value("")
    page.go_forward()
    expect(page.locator("mark").first).to_be_visible()
    expect(search(page)).to_have_value("cert")
    assert page.evaluate(STAYS)


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(page: Page) -> None:
    held: list[Route] = []
    page.route("**/?q=c", lambda route: held.append(route))  # noqa: PLW0108 (Playwright looks into it)
    page.goto("/")
    search(page).fill("c")
    expect(page.get_by_role("main")).to_have_attribute("aria-busy", "true")
    search(page).fill("certificates")
    expect(page.get_by_role("link", name="Remove contains certificates")).to_be_visible()
    with page.expect_response("**/?q=c"):
        held[0].continue_()
    expect(page).to_have_url(re.compile("q=certificates$"))
    expect(search(page)).to_have_value("certificates")


def test_a_group_is_closed_and_opened_by_the_keyboard_where_it_stands(page: Page) -> None:
    page.goto("/?group=team")
    fold = page.get_by_role("link", name="Close Planning")
    fold.focus()
    page.evaluate(SCROLL, 300)
    at = page.evaluate("scrollY")
    page.keyboard.press("Enter")
    opening = page.get_by_role("link", name="Open Planning")
    expect(opening).to_be_focused()
    assert page.evaluate("scrollY") == pytest.approx(at, abs=2)
    page.keyboard.press("Enter")
    expect(fold).to_be_focused()
    assert page.evaluate("scrollY") == pytest.approx(at, abs=2)


def test_the_focus_is_on_the_filters_after_one_was_chosen_or_taken_away(page: Page) -> None:
    page.goto("/?label=Bug&team=FLD")
    adds = page.get_by_role("link", name="Filter", exact=True)
    page.get_by_role("link", name="Remove Label Bug").press("Enter")
    expect(page.get_by_role("link", name="Remove Label Bug")).to_have_count(0)
    expect(adds).to_be_focused()
    page.keyboard.press("f")
    page.get_by_role("dialog", name="Filter").get_by_role("button", name="Show the items").press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(adds).to_be_focused()
    page.keyboard.press("f")
    page.get_by_role("dialog", name="Filter").get_by_role("link", name="Clear filters").press("Enter")
    expect(page.get_by_role("link", name="Remove Team FLD")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(adds).to_be_focused()


def test_escape_closes_what_is_open_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("f")
    expect(page.get_by_role("dialog", name="Filter").locator("summary").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    display = page.locator("summary", has_text="Display")
    display.press("Enter")
    page.get_by_label("Order by").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Order by")).to_be_hidden()
    expect(display).to_be_focused()


def test_the_panel_stays_open_at_the_field_that_was_changed(page: Page) -> None:
    page.goto("/")
    page.locator("summary", has_text="Display").click()
    page.get_by_role("checkbox", name="Estimate").press("Space")
    expect(page).to_have_url(re.compile("columns=.*estimate"))
    expect(page.get_by_role("checkbox", name="Estimate")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Estimate")).to_be_focused()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/items/FLD-327"])
def test_going_to_a_part_of_the_page_asks_for_nothing(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    of_itself = {"other", "eventsource"}  # a stream that was cut off begins again whenever it can
    page.on("request", lambda one: asked.append(one.url) if one.resource_type not in of_itself else None)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.go_back()
    page.wait_for_load_state("networkidle")
    assert asked == []


def test_the_next_page_begins_at_its_top_and_says_how_much_it_shows(page: Page) -> None:
    page.goto("/?team=FLD")
    page.get_by_role("link", name="Next page").press("Enter")
    second_page(page)
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="shown")).to_have_text("8 items shown")
    search(page).fill("xylophone-nobody-wrote")
    expect(page.get_by_role("status").filter(has_text="Nothing")).to_have_text("Nothing matches")


def test_filters_of_a_session_that_has_ended_lead_to_the_sign_in(page: Page) -> None:
    page.goto("/board?team=FLD")
    page.context.clear_cookies()
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/sign-in.next="))


def test_an_item_is_found_and_narrowed_down_to_by_the_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("photo")
    expect(page.locator("mark").first).to_be_visible()
    found = items(page).count()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(page.get_by_role("dialog", name="Filter").locator("summary").first).to_be_focused()
    for key in ("Tab", "Tab", "Space", "Enter"):  # in the few choices that stand open
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Remove Team")).to_be_visible()
    assert 0 < items(page).count() < found
    page.keyboard.press("k")
    expect(titles(page).last).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expected = titles(page).nth(-2 if items(page).count() > 1 else 0).get_attribute("href")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{re.escape(expected or '')}$"))
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page).to_have_url(re.compile("/$"))


def test_what_was_done_is_said_once(page: Page) -> None:
    page.goto("/account?notice=preferences#preferences")
    expect(page.locator(".notice")).to_contain_text("Saved.")
    expect(page).to_have_url(re.compile("/account#preferences$"))
