"""What is read goes on being there: in a narrow window, with wider spaces, turned, and as one's own system says."""

import pytest
from playwright.sync_api import Page

from tests.e2e.accessible.pages import EVERY_PAGE
from tests.e2e.conftest import NewPage, Visit

pytestmark = pytest.mark.browser

# Those that WCAG 1.4.12 names.
_SPACING = """* {
  line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""
# Text that its own box cuts, where nothing says that there is more: no ellipsis, no scrolling, no other place for it.
_FIND_CUT = """() => [...document.querySelectorAll('body *')].filter(one => {
  // What is for screen readers alone has one pixel.
  const isOther = one.matches('select, input, textarea, svg, svg *, .visually-hidden, .skip');
  if (isOther || !one.checkVisibility()) return false;
  if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) return false;
  const style = getComputedStyle(one);
  const isCut = style.overflowY === 'hidden' || style.overflowY === 'clip';
  const isShort = style.webkitLineClamp.match(/[0-9]/);  // with an ellipsis
  return isCut && !isShort && one.clientHeight > 1 && one.scrollHeight > one.clientHeight + 2;
}).map(one => `${one.outerHTML.slice(0, 160)}: ${one.scrollHeight} in ${one.clientHeight}`)"""
# What makes the page wider than the window; pictures, tables and boards need two dimensions and scroll by themselves.
_FIND_WIDE = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth + 1) return [];
  return [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > clientWidth + 1 && !one.closest('.nav, .tabs, .scroll'))
    .map(one => one.outerHTML.slice(0, 120)).concat(`${scrollWidth} pixels`);
}"""


@pytest.mark.parametrize(("path", "persona"), EVERY_PAGE, scope="session")
def test_wider_spaces_cut_no_text_and_a_narrow_window_scrolls_one_way(
    visit: Visit, path: str, persona: str | None
) -> None:
    page = visit(path, persona, 1280, 1024)
    _space(page)
    assert page.evaluate(_FIND_CUT) == []
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate(_FIND_WIDE) == []


def _space(page: Page) -> None:
    """Let the page have wide spaces as a reader's own style sheet does, which its policy leaves alone."""
    page.evaluate(
        """style => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(style);
          document.adoptedStyleSheets = [sheet];
        }""",
        _SPACING,
    )


@pytest.mark.parametrize("size", [(844, 390), (390, 844)], ids=["across", "upright"])
def test_a_turned_phone_shows_the_same(new_page: NewPage, size: tuple[int, int]) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]}, has_touch=True)
    page.goto("/")
    assert page.locator("#main .item").count() == 50
    assert page.locator("#main .item a.title").first.is_visible()


def test_text_of_double_size_fits_the_window(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 640, "height": 512})  # 1280 pixels at 200 %
    for path in ("/", "/board", "/items/FLD-327", "/roadmap", "/account"):
        page.goto(path)
        assert page.evaluate(_FIND_WIDE) == [], path


def test_nothing_is_said_by_pictures_of_text(page: Page) -> None:
    for path in ("/", "/matrix", "/timeline", "/trends", "/roadmap"):
        page.goto(path)
        assert page.locator("main img, main canvas").count() == 0
