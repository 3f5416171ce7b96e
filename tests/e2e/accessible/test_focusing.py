"""Whoever goes by keys sees where they are, is never stuck, and finds no key that does more than they want."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.e2e.accessible.pages import EVERY_PAGE
from tests.e2e.conftest import NewPage, Visit

pytestmark = pytest.mark.browser

_MOST_TABS = 400
PRESSED: Final = ("/", "/filters", "/items/FLD-327")
# Whether all of what has the focus lies under something that stays in its place, as a header or a footer.
_IS_HIDDEN = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  if (one === document.body || !box.width) return null;
  const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const xs = [0.1, 0.5, 0.9].map(part => left + (right - left) * part);
  const ys = [0.1, 0.5, 0.9].map(part => top + (bottom - top) * part);
  const isSeen = xs.some(x => ys.some(y => {
    const hit = document.elementFromPoint(x, y);
    return hit && (one.contains(hit) || hit.contains(one) && !hit.matches('header, footer')
      || hit.closest('label, li, .item, .card, .plan')?.contains(one));
  }));
  return isSeen ? null : one.outerHTML.slice(0, 160);
}"""
# Whatever can take the focus takes it in turn; what was not laid out before has a frame for it.
_FIND_HIDDEN = f"""async () => {{
  const isHidden = {_IS_HIDDEN};
  const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const scrolls = one => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === 'auto';
  const kinds = 'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex^="-"])';
  const found = [];
  let count = 0;
  for (const one of document.querySelectorAll('body *')) {{
    if (!one.matches(kinds) && !scrolls(one) || one.tabIndex < 0 && one.matches('[tabindex]')) continue;
    one.focus({{ focusVisible: true }});
    if (document.activeElement !== one) continue;
    count += 1;
    if (isHidden() && (await frame(), isHidden())) found.push(isHidden());
  }}
  return [found, count];
}}"""
_CONTRAST = """([front, back]) => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const light = color => {
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(one => one / 255)
      .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}"""
_FIND_FAINT = f"""() => {{
  const contrast = {_CONTRAST};
  const page = getComputedStyle(document.body).backgroundColor;
  return [...document.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea')]
    .filter(one => one.checkVisibility() && !one.disabled).flatMap(one => {{
      const framed = one.closest('.search-field') ?? one, style = getComputedStyle(framed);
      const found = style.borderTopWidth === '0px' ? 0 : contrast([style.borderTopColor, page]);
      return found >= 3 ? [] : [`${{found.toFixed(2)}}: ${{one.outerHTML.slice(0, 120)}}`];
    }});
}}"""


@pytest.mark.parametrize(("path", "persona"), EVERY_PAGE, scope="session")
def test_nothing_that_stays_in_its_place_covers_what_has_the_focus(
    visit: Visit, path: str, persona: str | None
) -> None:
    hidden, count = visit(path, persona, 1280, 600).evaluate(_FIND_HIDDEN)
    assert hidden == []
    assert count


@pytest.mark.parametrize("path", PRESSED)
def test_going_from_one_to_the_next_by_keys_nothing_is_covered_and_the_end_is_reached(
    new_page: NewPage, path: str
) -> None:
    """Press the key itself on a list, a form and a text; what it does is the same on every page."""
    page = new_page(viewport={"width": 1280, "height": 600})
    page.goto(path)
    hidden: list[str] = []
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        if found := page.evaluate(_IS_HIDDEN):
            hidden.append(found)
    else:
        raise AssertionError("the focus never left the page")
    assert hidden == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/filters", "/roadmap", "/changes?since=30d", "/account", "/matrix"])
def test_fields_and_rings_stand_out_from_the_page(new_page: NewPage, path: str, scheme: str) -> None:
    page = new_page(persona="alice", color_scheme=scheme)
    page.goto(path)
    assert page.evaluate(_FIND_FAINT) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    ring = page.evaluate(
        "[getComputedStyle(document.activeElement).outlineColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert page.evaluate(_CONTRAST, ring) >= 3


def test_single_keys_do_nothing_for_who_has_switched_them_off(new_page: NewPage) -> None:
    page = new_page(persona="alice")
    page.goto("/account")
    page.get_by_label("Single keys").select_option("off")
    page.locator("form.preferences").get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    page.goto("/")
    page.keyboard.press("f")
    page.keyboard.press("?")
    page.keyboard.press("/")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto("/present/list")
    for key in ("b", " ", "PageDown"):
        page.keyboard.press(key)
    expect(page.locator(".slide-facts > :last-child")).to_contain_text("Slide 2 of")
    page.keyboard.press(".")
    assert not page.evaluate("document.body.classList.contains('is-dark')")
    page.goto("/account")
    page.get_by_label("Single keys").select_option("")
    page.locator("form.preferences").get_by_role("button", name="Save").click()
    expect(page.locator("html[data-keys]")).to_have_count(0)


def test_esc_leaves_what_opens_and_the_focus_goes_back(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 1280, "height": 800})
    page.goto("/")
    display = page.locator("summary", has_text="Display")
    display.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(display).to_be_focused()
    expect(display.locator("..")).not_to_have_attribute("open", "")
    page.locator("[data-filter]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Filter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-filter]")).to_be_focused()
