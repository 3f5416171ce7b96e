"""Three tasks of a first visit, by pointer, by keyboard, on a phone, without scripts: in three steps, 10 s at most.

A step is a click or a tap, one choice, or one text that is typed and sent. Looking and scrolling are none.
"""

import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewPage

pytestmark = pytest.mark.browser

MOST_STEPS: Final = 3
MOST_S: Final = 10
MOST_TABS: Final = 30
TAB_S: Final = 0.2
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WAYS: dict[str, dict[str, Any]] = {
    "pointer": DESK,
    "keyboard": DESK,
    "phone": PHONE,
    "without scripts": DESK | {"java_script_enabled": False},
}


@dataclass(slots=True)
class Visit:
    """Somebody at a page, who does one thing after the other, each of which is counted."""

    page: Page
    way: str
    began: float = field(default_factory=time.monotonic)
    steps: int = 0

    def press(self, what: Locator) -> None:
        """Follow a link, press a button or choose a box."""
        self.steps += 1
        expect(what).to_be_visible()
        if self.way == "keyboard":
            self._tab_to(what)
            is_box = what.get_attribute("type") == "checkbox"
            self.page.keyboard.press("Space" if is_box else "Enter")
        elif self.way == "phone":
            what.tap()
        else:
            what.click()

    def send(self, button: Locator) -> None:
        """Press the button of a form; the Enter key does so from each of its boxes."""
        if self.way == "keyboard":
            self.steps += 1
            self.page.keyboard.press("Enter")
        else:
            self.press(button)

    def search(self, words: str) -> None:
        """Type words into the search field, and send them."""
        self.steps += 1
        if self.way == "keyboard":
            self.page.keyboard.press("/")
        else:
            self.page.get_by_role("searchbox").click()  # the same step: nobody types into a field without it
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")

    def read(self) -> None:
        """Say that the person has read what they came for."""
        assert self.steps <= MOST_STEPS
        assert time.monotonic() - self.began <= MOST_S

    def _tab_to(self, what: Locator) -> None:
        begun = time.monotonic()
        for presses in range(self._skip_to_content(what), MOST_TABS):
            if what.evaluate("one => one === document.activeElement"):
                # A busy machine takes longer to press a key than a person does.
                self.began += time.monotonic() - begun - presses * TAB_S
                return
            self.page.keyboard.press("Tab")
        raise AssertionError("too far away for the Tab key")

    def _skip_to_content(self, what: Locator) -> int:
        """Leave out what is the same on each page, as it offers first; return how many keys that took."""
        if not what.evaluate("one => document.activeElement === document.body && one.closest('main') !== null"):
            return 0
        self.page.keyboard.press("Tab")
        expect(self.page.locator("a.skip")).to_be_focused()
        self.page.keyboard.press("Enter")
        return 2


@pytest.fixture(params=WAYS)
def visit(request: pytest.FixtureRequest, new_page: NewPage) -> Generator[Visit]:
    page = new_page(**WAYS[request.param])
    page.goto("/")
    expect(items(page).first).to_be_visible()
    yield (visit := Visit(page, request.param))
    visit.read()


def items(page: Page) -> Locator:
    return page.locator("#main .item")


def test_narrow_to_my_unit_and_read_its_rank(visit: Visit) -> None:
    page = visit.page
    visit.press(page.get_by_role("link", name="Filter", exact=True))
    form = page.locator("form.filters")
    visit.press(form.get_by_role("checkbox", name="Sales and billing").first)
    visit.send(form.get_by_role("button", name="Show the items"))
    expect(page.get_by_role("link", name="Remove Team SAL")).to_be_visible()
    first = items(page).first
    expect(first).to_contain_text("New tax rate on all invoices from the first of the month")
    expect(first.locator(".c-rank")).to_have_text(re.compile(r"^\s*(Rank )?2\s*$"))
    expect(first.locator(".c-rank")).to_be_in_viewport()
    expect(items(page).filter(has_text="FLD-460")).to_have_count(0)


def test_see_what_is_new_since_the_last_meeting(visit: Visit) -> None:
    page = visit.page
    visit.press(page.get_by_role("navigation", name="Main").get_by_role("link", name="Changes"))
    visit.press(page.get_by_role("link", name="Since the last meeting"))
    sums = page.locator(".sums")
    counted = r"Since \d+ \w+:\s+\d+ new\s+\d+ done\s+\d+ canceled\s+\d+ slipped\s+\d+ moved"
    expect(sums).to_contain_text(re.compile(counted))
    new = sums.get_by_role("link", name=re.compile(r"^\d+ new$"))
    count = int(new.inner_text().split()[0])
    visit.press(new)
    expect(items(page)).to_have_count(count)
    expect(items(page).locator(".new")).to_have_count(count)
    expect(items(page).filter(has_text="Answer the tender of Saltmarch Water")).to_have_count(1)


def test_find_the_status_of_something_by_words(visit: Visit) -> None:
    page = visit.page
    visit.search("invoiced twice")
    first = items(page).first
    expect(first).to_contain_text("The same visit was invoiced twice at Eastquay")
    expect(first).to_contain_text("Planned")
    expect(first).to_be_in_viewport()
    visit.press(first.get_by_role("link", name="The same visit was invoiced twice at Eastquay"))
    expect(page.get_by_role("heading", level=1)).to_have_text("The same visit was invoiced twice at Eastquay")
    expect(page.locator("main")).to_contain_text("Planned")
    expect(page.locator("main")).to_contain_text("Cause found: the visit was moved after it was already signed.")
