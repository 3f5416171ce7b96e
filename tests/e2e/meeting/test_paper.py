"""What is printed: black on white, whole, as wide as the sheet, without anything to press."""

import pytest

from tests.e2e.conftest import NewPage

pytestmark = pytest.mark.browser

PAGES = {
    "list": ("/", 703),
    "compared": ("/?since=meeting", 703),
    "groups": ("/?group=team", 703),
    "board": ("/board", 703),
    "item": ("/items/FLD-327", 703),
    "changes": ("/changes?since=30d", 703),
    "updates": ("/updates?team=FLD", 703),
    "project": ("/projects/Inspect%20without%20signal", 703),
    "matrix": ("/matrix", 1032),
    "timeline": ("/timeline", 1032),
    "trends": ("/trends", 703),
    "roadmap": ("/roadmap", 1032),
}
"""Pages with the width that a sheet of A4, or one that lies, has within its margins, in pixels."""
_FIND_PRESSED = """() => [...document.querySelectorAll(
  'button, select, input, summary, nav a, .chip svg, .fold > svg, .steps a, .pages a, .copy, [data-filter]')]
  .filter(one => one.checkVisibility() && !one.closest('.prose, .visually-hidden'))
  .map(one => one.outerHTML.slice(0, 120))"""
_FIND_CUT = """() => [...document.querySelectorAll(
  'main .title, main .moves, main .word, .matrix li a, .due-items a')]
  .filter(one => one.checkVisibility())
  .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline'
    || one.scrollHeight > one.clientHeight + 2 && getComputedStyle(one).overflowY === 'hidden')
  .map(one => one.outerHTML.slice(0, 120))"""
_FIND_BEYOND = """() => [...document.querySelectorAll('main *')].filter(one => one.checkVisibility())
  .filter(one => !one.closest('.visually-hidden, svg, pre, .track'))
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(("path", "width"), PAGES.values(), ids=PAGES.keys())
def test_a_sheet_is_black_on_white_and_whole_without_anything_to_press(
    new_page: NewPage, path: str, width: int
) -> None:
    page = new_page(viewport={"width": width, "height": 1000}, color_scheme="dark")
    page.goto(path)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(_FIND_PRESSED) == []
    assert page.evaluate(_FIND_CUT) == []
    assert page.evaluate(_FIND_BEYOND) == []
    style = "(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))"
    assert page.evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    heading = page.get_by_role("heading", level=1)
    assert heading.is_visible()
    assert heading.evaluate("one => getComputedStyle(one).breakAfter") == "avoid"


@pytest.mark.parametrize("path", ["/?columns=created&columns=updated", "/?columns=updated&group=team"])
@pytest.mark.parametrize("width", [703, 1032])
def test_when_something_was_is_printed_as_the_exact_time(new_page: NewPage, path: str, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 1000})
    page.goto(path)
    page.emulate_media(media="print")
    shown = page.evaluate("""[...document.querySelectorAll('.item .when time')]
      .filter(one => one.checkVisibility())
      .map(one => [one.title, getComputedStyle(one).fontSize, getComputedStyle(one, '::after').content])""")
    assert shown
    assert all([size, printed] == ["0px", f'"{title}"'] for title, size, printed in shown)
    assert page.evaluate(_FIND_BEYOND) == []
