"""Slides in a meeting room: turned by keys, clickers, pointers and links; large, and all of it in sight."""

from collections.abc import Generator
from time import monotonic

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.support.browser.accessible import violations

pytestmark = pytest.mark.browser

KINDS = {
    "list": "/present/list?team=FLD&team=OPS&team=PLN",
    "grouped list": "/present/list?team=FLD&team=OPS&team=PLN&group=project",
    "compared list": "/present/list?team=FLD&team=OPS&team=PLN&since=2026-11-01",
    "board": "/present/board?team=FLD&team=OPS&team=PLN",
    "board of projects": "/present/board?team=FLD&team=OPS&team=PLN&group=project",
    "matrix": "/present/matrix?team=FLD&team=OPS&team=PLN",
    "timeline": "/present/timeline?team=FLD&team=OPS&team=PLN",
    "agenda": "/present/meeting",
    "roadmap": "/present/roadmap?team=FLD",
    "roadmap by initiative": "/present/roadmap?team=PLN&group=initiative",
    "nothing": "/present/list?q=xylophone-nobody-wrote",
}
HOSTILE = ("/present/list", "/present/list?group=label", "/present/board?group=label", "/present/matrix?group=label")
SCREENS = ((1920, 1080), (1280, 720))
SMALLEST_PX = 28
_FIND_SMALL = """smallest => [...document.querySelectorAll('.slides *')]
  .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .filter(one => one.checkVisibility() && !one.closest('.visually-hidden'))
  .filter(one => parseFloat(getComputedStyle(one).fontSize) < smallest)
  .map(one => one.outerHTML.slice(0, 100))"""
_MEASURE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"


def number(page: Page) -> str:
    return page.locator(".slide-facts > :last-child").inner_text()


def walk(page: Page, address: str, count: int = 12) -> Generator[str]:
    """Go to each slide from `address` on, as far as `count`, and yield its address."""
    following = address
    for _ in range(count):
        page.goto(following)
        yield following
        following = page.evaluate("document.querySelector('a[rel=next]')?.getAttribute('href')")
        if following is None:
            return


@pytest.mark.parametrize("address", KINDS.values(), ids=KINDS.keys())
def test_all_of_each_slide_is_in_sight_and_large(page: Page, address: str) -> None:
    too_large: list[str] = []
    for one in walk(page, address):
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate(_MEASURE) != [width, height]:
                too_large.append(f"{one} at {width}: {page.evaluate(_MEASURE)}")
            assert page.evaluate(_FIND_SMALL, SMALLEST_PX * width / 1920 - 0.1) == [], one
    assert too_large == []


@pytest.mark.parametrize("address", KINDS.values(), ids=KINDS.keys())
def test_axe_finds_nothing_and_a_phone_is_wide_enough(page: Page, address: str) -> None:
    for one in walk(page, address, 3):
        assert violations(page) == [], one
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == 390, one
        page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("address", HOSTILE)
@pytest.mark.parametrize("width", [1920, 1280, 390])
def test_hostile_texts_make_no_slide_wider_than_its_screen(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1080})
    for one in walk(page, f"{address}{'&' if '?' in address else '?'}team=EVL"):
        assert page.evaluate("document.documentElement.scrollWidth") == width, one


def test_keys_and_clickers_turn_slides(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/present/list")
    where = page.locator(".slide-facts > :last-child")
    last = int(where.inner_text().split()[-1])
    for key, at in (
        *(("PageDown", 2), ("ArrowRight", 3), (" ", 4), ("ArrowDown", 5)),
        *(("PageUp", 4), ("ArrowLeft", 3), ("Shift+ ", 2), ("ArrowUp", 1)),
        *(("End", last), ("Backspace", last - 1), ("Home", 1)),
    ):
        page.keyboard.press(key)
        expect(where).to_contain_text(f"Slide {at} of")


def test_beyond_the_ends_nothing_happens(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/present/board?slide=9")
    before = number(page)
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".slide-facts > :last-child")).not_to_have_text(before)
    page.keyboard.press("Home")
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 1 of")
    page.keyboard.press("PageUp")
    page.keyboard.press("PageDown")
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 2 of")


def test_escape_leads_back_to_just_the_page_it_came_from_and_so_does_the_browser(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    address = "/board?team=FLD&group=state"
    page.goto(address)
    page.get_by_role("link", name="Present").click()
    page.wait_for_url("**/present/board?team=FLD&group=state")
    page.keyboard.press("PageDown")
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 2 of")
    page.go_back()
    page.wait_for_url(f"**{address}")
    page.get_by_role("link", name="Present").click()
    page.wait_for_url("**/present/board?**")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**{address}")


def test_a_turn_is_an_address_that_can_be_passed_on(page: Page, new_page: NewPage) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/present/list?team=FLD")
    page.keyboard.press("PageDown")
    page.wait_for_url("**/present/list?team=FLD&slide=2")
    title = page.locator(".slide-title").first.inner_text()
    other = new_page()
    other.goto(page.url)
    expect(other.locator(".slide-title").first).to_have_text(title)
    assert other.title() == page.title()


def test_a_clicker_may_darken_the_room_and_begin_with_the_whole_screen(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/present/list")
    page.keyboard.press(".")
    expect(page.locator(".slide-title").first).to_be_hidden()
    page.keyboard.press(".")
    expect(page.locator(".slide-title").first).to_be_visible()
    page.keyboard.press("F5")
    expect(page.locator(":fullscreen")).to_have_count(1)
    page.keyboard.press("PageDown")
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 2 of")
    assert page.evaluate("document.fullscreenElement !== null")


def test_the_focus_stays_on_what_turns(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/present/list")
    following = page.get_by_role("link", name="Next")
    following.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 2 of")
    expect(following).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 3 of")


def until(page: Page, expression: str) -> None:
    """Wait for what the page is to do, by asking again and again: its policy lets it evaluate no text itself."""
    deadline = monotonic() + 5
    while not page.evaluate(expression):
        assert monotonic() < deadline, expression
        page.wait_for_timeout(20)


def test_what_does_not_fit_is_scrolled_through_before_the_next_slide(page: Page) -> None:
    page.set_viewport_size({"width": 900, "height": 500})
    page.goto("/present/list")
    page.keyboard.press("PageDown")
    until(page, "scrollY > 0")
    assert page.url.endswith("/present/list")
    for _ in range(3):
        page.keyboard.press("PageDown")
    page.wait_for_url("**/present/list?slide=*")


@pytest.mark.parametrize("has_touch", [False, True])
def test_a_pointer_turns_slides(new_page: NewPage, has_touch: bool) -> None:  # noqa: FBT001 (of a parameter)
    page = new_page(viewport={"width": 1280, "height": 800}, has_touch=has_touch)
    page.goto("/present/list")
    for name, at in (("Next", 2), ("Next", 3), ("Previous", 2)):
        link = page.get_by_role("link", name=name)
        if has_touch:
            link.tap()
        else:
            link.click()
        expect(page.locator(".slide-facts > :last-child")).to_contain_text(f"Slide {at} of")
    sizes = page.locator(".slide-turn").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(sizes) >= 32


def test_without_scripts_links_do_all_of_it(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/?team=FLD&order=due")
    page.get_by_role("link", name="Present").click()
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/present/list?team=FLD&order=due&slide=2")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 1 of")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url("**/?team=FLD&order=due")


@pytest.mark.parametrize("path", ["/", "/board", "/matrix", "/timeline", "/roadmap"])
def test_each_of_these_pages_offers_it_and_back_leads_there(page: Page, path: str) -> None:
    page.goto(f"{path}?all" if path == "/" else path)
    page.get_by_role("link", name="Present").click()
    page.wait_for_url("**/present/**")
    page.get_by_role("link", name="Back").click()
    page.wait_for_url(f"**{path}?all" if path == "/" else f"**{path}")


def test_on_paper_there_is_the_slide_and_no_links(page: Page) -> None:
    page.goto("/present/list")
    page.emulate_media(media="print")
    expect(page.locator(".slide-title").first).to_be_visible()
    expect(page.get_by_role("navigation", name="Slides")).to_be_hidden()
