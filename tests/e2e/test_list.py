"""The list, as a reader finds it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from shareable_backlog.services.backlog.layouts import COLUMNS
from tests.e2e.conftest import NewPage
from tests.support.browser.hostile import TITLES

pytestmark = pytest.mark.browser


def items(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("listitem").filter(has=page.locator("a[href^='/items/']"))


def titles(page: Page) -> Locator:
    return items(page).locator("a[href^='/items/']")


def identifiers(page: Page) -> list[str]:
    # A click returns when the next page begins to arrive.
    page.wait_for_load_state()
    addresses = titles(page).evaluate_all("links => links.map(link => link.getAttribute('href'))")
    return [address.removeprefix("/items/").partition("?")[0] for address in addresses]


def search(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search the backlog")


def test_the_list_shows_fifty_items_by_rank(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_title("Backlog")
    expect(items(page)).to_have_count(50)
    expect(page.locator(".c-rank")).to_have_text([f"Rank {number}" for number in range(1, 51)])


def test_an_order_is_turned_round_by_one_click(page: Page) -> None:
    page.goto("/?order=updated")
    page.get_by_role("link", name="Last updated, newest first").click()
    expect(page.get_by_role("link", name="Last updated, oldest first")).to_be_visible()
    times = items(page).locator("time").evaluate_all("times => times.map(time => time.dateTime)")
    assert times == sorted(times)


def test_a_line_tells_priority_state_title_and_who_has_it(page: Page) -> None:
    page.goto("/?q=FLD-327")
    line = items(page).filter(has=page.get_by_role("link", name="Inspect a site with no signal"))
    expect(line).to_contain_text("FLD-327")
    expect(line.get_by_role("img", name=re.compile("priority|Urgent|High|Medium|Low"))).to_be_visible()
    expect(line.locator(".c-state .word")).to_have_text("In Progress")
    expect(line).to_contain_text("Maren Solvik")
    expect(line.locator("time")).to_be_visible()


@pytest.mark.parametrize("address", ["/", "/?group=state", "/?columns=priority,id,state,project,assignee,updated"])
def test_on_a_phone_a_title_has_two_lines_and_state_and_project_stand_below_it(
    new_page: NewPage, address: str
) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    line = items(page).filter(has=page.get_by_role("link", name="Inspect a site with no signal"))
    expect(line.locator(".c-state .word")).to_have_text("In Progress")
    boxes = [line.locator(one).bounding_box() for one in (".title", ".c-state", ".c-project")]
    title, state, project = [box for box in boxes if box]
    assert title["height"] == 40
    assert state["y"] >= title["y"] + title["height"]
    assert (project["y"], project["width"] > 64) == (state["y"], True)


def test_on_a_phone_the_first_item_begins_within_96_pixels_below_one_row_of_named_navigation(
    new_page: NewPage,
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/")
    box = items(page).first.bounding_box()
    assert box
    assert box["y"] <= 96
    names = "all => all.filter(one => one.checkVisibility() && !one.innerText.trim()).map(one => one.outerHTML)"
    tools = page.locator(":is(.nav, .layouts, .chips) a, .menu > summary")
    assert tools.evaluate_all(names) == []
    assert len(set(tools.evaluate_all("all => all.map(one => getComputedStyle(one).fontSize !== '0px')"))) == 1
    rows = page.locator(".nav a").evaluate_all("all => [...new Set(all.map(one => one.getBoundingClientRect().top))]")
    assert len(rows) == 1


def test_on_a_phone_whoever_searches_has_the_whole_line_and_every_tool_is_within_reach(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/")
    search(page).focus()
    box = search(page).bounding_box()
    assert box
    assert box["width"] > 250
    search(page).press("Escape")
    page.get_by_text("Display", exact=True).click()
    page.get_by_label("Group by").select_option("team")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()


def test_a_line_may_say_how_its_description_begins(page: Page) -> None:
    page.goto("/?columns=id,summary")
    line = items(page).filter(has=page.get_by_role("link", name="Inspect a site with no signal"))
    expect(line.locator(".excerpt")).to_contain_text("A third of all visits are in basements")


def test_the_next_page_follows_and_back_returns(page: Page) -> None:
    page.goto("/")
    first = identifiers(page)
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    second = identifiers(page)
    assert len(second) == 50
    assert not set(first) & set(second)
    page.go_back()
    expect(page.get_by_role("link", name="First page")).to_have_count(0)
    assert identifiers(page) == first
    page.go_forward()
    page.get_by_role("link", name="First page").click()
    expect(page.get_by_role("link", name="First page")).to_have_count(0)
    assert identifiers(page) == first


def test_the_pages_together_show_every_item_once(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/?team=FLD")
    seen = identifiers(page)
    while (following := page.get_by_role("link", name="Next page")).count():
        following.click()
        seen += identifiers(page)
    assert len(seen) == len(set(seen)) == 58
    assert all(identifier.startswith("FLD-") for identifier in seen)


def test_archived_items_are_not_in_the_list(page: Page) -> None:
    page.goto("/?q=FLD-118")
    assert "FLD-118" not in identifiers(page)


def test_filters_and_words_narrow_together_and_a_chip_takes_one_away(page: Page) -> None:
    page.goto("/?team=FLD&type=started&q=signal")
    narrow = identifiers(page)
    assert narrow
    assert all(identifier.startswith("FLD-") for identifier in narrow)
    page.get_by_role("link", name="Remove contains signal").click()
    expect(page).to_have_url(re.compile(r"/\?team=FLD&type=started$"))
    expect(page.get_by_role("link", name="Remove contains signal")).to_have_count(0)
    expect(search(page)).to_have_value("")
    assert set(narrow) < set(identifiers(page))


def test_a_search_keeps_the_filters(page: Page) -> None:
    page.goto("/?team=FLD&type=started")
    search(page).fill("signal")
    search(page).press("Enter")
    expect(page).to_have_url(re.compile(r"(?=.*team=FLD)(?=.*type=started)(?=.*q=signal)"))


def test_a_word_finds_the_items_that_hold_it(page: Page) -> None:
    page.goto("/")
    search(page).fill("certificates")
    search(page).press("Enter")
    expect(titles(page).filter(has_text="Certificates expire in five weeks")).to_be_visible()
    expect(search(page)).to_have_value("certificates")


@pytest.mark.parametrize("address", ["/?q=photo", "/?q=photo&group=team"])
def test_an_item_that_is_found_by_its_text_shows_where(page: Page, address: str) -> None:
    page.goto(address)
    line = items(page).filter(has_text="Order parts from the tablet at any supplier")
    expect(line.locator(".excerpt")).to_contain_text("the site and the photo attached")
    expect(line.locator("mark")).to_have_text(["photo"])
    expect(items(page).filter(has_text="Upload photos in the background").locator(".excerpt")).to_have_count(0)


@pytest.mark.parametrize("words", ["FLD-327", "fld-327", "fld327", "  fld-327 "])
def test_an_identifier_finds_its_item(page: Page, words: str) -> None:
    page.goto("/")
    search(page).fill(words)
    search(page).press("Enter")
    expect(titles(page).filter(has_text="Inspect a site with no signal")).to_be_visible()


def test_finding_nothing_says_so_and_leads_back(page: Page) -> None:
    page.goto("/?q=xylophone-nobody-wrote")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(items(page)).to_have_count(0)
    page.get_by_role("link", name="show all items").click()
    expect(items(page)).to_have_count(50)


@pytest.mark.parametrize(
    "query", ["q=%00", "q='", "q=%22", "q=\\", "q=!", "q=:*", "q=%F0", "q=" + "a" * 300, "team=%00", "state=none"]
)
def test_any_words_get_a_list(page: Page, query: str) -> None:
    answer = page.goto(f"/?{query}")
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize("position", ["x", "%00", "AAAA", "2026-01-01", "a" * 5000])
def test_a_broken_position_is_said_in_words(page: Page, position: str) -> None:
    answer = page.goto(f"/?after={position}")
    assert answer is not None
    assert answer.status == 400
    expect(page.get_by_role("link", name="Go to the backlog")).to_be_visible()


def test_a_click_opens_an_item(page: Page) -> None:
    page.goto("/?q=certificates")
    titles(page).filter(has_text="Certificates expire").click()
    expect(page).to_have_url(re.compile(r"/items/OPS-317\?in="))
    expect(page.get_by_role("heading", level=1)).to_have_text("Certificates expire in five weeks")


def test_the_keyboard_goes_through_the_list_and_opens_an_item(page: Page) -> None:
    page.goto("/")
    first, second = identifiers(page)[:2]
    page.keyboard.press("j")
    expect(titles(page).nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(titles(page).nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(titles(page).nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(titles(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/items/{second}\?in="))
    assert first != second


def test_the_keyboard_goes_on_from_the_item_that_was_read(page: Page) -> None:
    page.goto("/")
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/items/"))
    page.go_back()
    expect(items(page)).to_have_count(50)
    page.keyboard.press("j")
    expect(titles(page).nth(3)).to_be_focused()


def test_the_keyboard_goes_through_what_changed(page: Page) -> None:
    page.goto("/changes?since=30d")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".change a.title").nth(1)).to_be_focused()


@pytest.mark.parametrize("part", [".when time", ".initials"])
def test_any_part_of_a_line_opens_the_item(page: Page, part: str) -> None:
    page.goto("/?q=photo")
    items(page).locator(part).first.click()
    expect(page).to_have_url(re.compile("/items/"))


@pytest.mark.parametrize("width", [1440, 1100, 820])
def test_titles_keep_room_beside_all_columns(new_page: NewPage, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 900})
    page.goto("/?" + "&".join(f"columns={name}" for name in COLUMNS))
    widths = titles(page).evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert min(widths) >= 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_the_due_day_and_the_last_update_are_shown_where_they_are_chosen(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    page.goto("/?columns=id&columns=due&columns=created&columns=updated&order=due")
    line = items(page).first
    expect(line.locator(".c-due")).to_be_visible()
    expect(line.get_by_text("Created")).to_be_hidden()
    expect(line.get_by_text("Updated")).to_be_attached()


def test_a_slash_goes_to_the_search_and_letters_typed_there_are_only_letters(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(search(page)).to_be_focused()
    page.keyboard.type("jk/")
    expect(search(page)).to_have_value("jk/")
    expect(search(page)).to_be_focused()


@pytest.mark.parametrize("path", ["/items/FLD-327", "/roadmap", "/changes", "/account"])
def test_a_slash_leads_to_a_search_from_every_page(page: Page, path: str) -> None:
    page.goto(path)
    page.keyboard.press("/")
    expect(search(page)).to_be_focused()


def test_every_page_says_how_fresh_it_is(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("contentinfo")).to_contain_text("This is a sample backlog")


def test_hostile_titles_labels_and_people_are_only_text(page: Page) -> None:
    page.goto("/?team=EVL")
    expect(items(page)).to_have_count(len(TITLES))
    expect(titles(page).filter(has_text="<script>alert(1)</script><img src=x onerror=alert(2)>")).to_be_visible()
    expect(page.get_by_role("link", name="Untitled")).to_be_visible()
    expect(page.get_by_role("link", name="{{ 7 * 7 }} ${7*7}")).to_be_visible()
    assert page.locator("main img, main script, main style, main iframe").count() == 0
    page.get_by_role("link", name="Untitled").click()
    expect(page).to_have_url(re.compile(r"/items/EVL-5\?in="))
