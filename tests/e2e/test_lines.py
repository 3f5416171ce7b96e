"""What stands in a line is all there: labels, titles, names that turn text around, rings; and fields on phones."""

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import NewPage
from tests.support.browser.hostile import TURNING

pytestmark = pytest.mark.browser

ALL_COLUMNS = "/?columns=priority,id,state,labels,milestone,project,cycle,estimate,due,assignee,created,updated"
LINES = ("/", "/?group=state", "/?team=EVL", "/items/FLD-327", "/teams/FLD", "/cycles/FLD-32", ALL_COLUMNS)
_FIND_CUT = """() => new Promise(laidOut => requestAnimationFrame(() => requestAnimationFrame(laidOut))).then(() =>
  [...document.querySelectorAll('.item')].filter(line => line.checkVisibility()).flatMap(line => {
  const box = line.getBoundingClientRect(), title = line.querySelector('a.title');
  const labels = [...line.querySelectorAll('.labels .label')];
  const lost = labels.filter(one => {
    const its = one.getBoundingClientRect();
    return its.width < 24 || its.top < box.top || its.bottom > box.bottom || its.right > box.right
      || its.left < title.getBoundingClientRect().right;
  });
  const shown = [...line.children].filter(one => one.getBoundingClientRect().width > 0);
  const room = shown.slice(1).map((one, at) =>
    one.getBoundingClientRect().left - shown[at].getBoundingClientRect().right);
  const empty = shown.filter(one => one.matches(':empty')).map(one => one.getBoundingClientRect().width);
  const isCut = title.scrollWidth > title.clientWidth + 1;
  return [...lost.map(one => `${line.innerText}: ${one.innerText} is not to be seen`),
    ...(isCut && Math.max(0, ...room, ...empty) > 11 ? [`${line.innerText}: cut beside ${room} ${empty}`] : [])];
}))"""
_FIND_TURNING = """mark => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode()) if (texts.currentNode.data.includes(mark)) found.push(texts.currentNode.data);
  return found;
}"""
_FIND_CUT_RINGS = """() =>
  [...document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled).flatMap(one => {
    one.focus({ focusVisible: true });
    const its = getComputedStyle(one), box = one.getBoundingClientRect();
    if (!one.matches(':focus-visible') || its.outlineStyle === 'none' || !box.width) return [];
    const out = parseFloat(its.outlineOffset) + parseFloat(its.outlineWidth);
    for (let around = one.parentElement; around && around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      let edge = around.getBoundingClientRect();
      // What can be scrolled to is not cut.
      if (style.overflowX === 'auto') edge = new DOMRect(edge.x - around.scrollLeft, edge.y - around.scrollTop,
        Math.max(edge.width, around.scrollWidth), Math.max(edge.height, around.scrollHeight));
      if (style.display === 'inline' || style.position === 'static' && its.position === 'absolute') continue;
      const cuts = style.overflowX !== 'visible' || style.contentVisibility === 'auto';
      const isWithin = edge.left - 0.5 <= box.left - out && edge.top - 0.5 <= box.top - out
        && edge.right + 0.5 >= box.right + out && edge.bottom + 0.5 >= box.bottom + out;
      if (cuts && !isWithin) return [`${one.outerHTML.slice(0, 120)} in ${around.outerHTML.slice(0, 60)}`];
    }
    return [];
  })"""
_FIND_SMALL = """() => [...document.querySelectorAll('input, select, textarea')]
  .filter(one => !['checkbox', 'radio', 'hidden'].includes(one.type))
  .filter(one => parseFloat(getComputedStyle(one).fontSize) < 16)
  .map(one => one.outerHTML)"""
PAGES = (
    "/", "/?group=team&subgroup=state", "/board", "/timeline", "/filters", "/roadmap", "/changes?since=30d",
    "/trends", "/done", "/done?by=label", "/meeting", "/views", "/account", "/items/FLD-327", "/updates",
    "/projects/Inspect%20without%20signal",
)  # fmt: skip
ADMIN_PAGES = (
    "/admin/people", "/admin/people/1", "/admin/sync", "/admin/sharing", "/admin/labels", "/admin/settings",
    "/admin/invitations", "/admin/audit", "/admin/views/linear",
)  # fmt: skip


@pytest.mark.parametrize("width", [1440, 1200, 1024, 800])
def test_no_label_is_lost_and_no_title_is_cut_beside_empty_space(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 6000})  # what is out of sight is not laid out
    cut: list[str] = []
    for path in LINES:
        page.goto(path)
        cut += page.evaluate(_FIND_CUT)
    assert cut == []


@pytest.mark.parametrize(
    "path",
    ["/?team=EVL", "/board?team=EVL", "/?team=EVL&group=label", "/?team=EVL&group=assignee", "/items/EVL-3",
     "/filters", "/roadmap", "/roadmap?group=initiative"],
)  # fmt: skip
def test_a_name_that_turns_its_line_around_turns_only_itself(page: Page, path: str) -> None:
    page.goto(path)
    written = f"\u2068{TURNING.removeprefix(chr(0x2069))}"
    texts = page.evaluate(_FIND_TURNING, "turns the line")
    assert texts
    assert [text for text in texts if f"{written}\u2069\u202c\u2069" not in text] == []


def test_an_item_without_anything_to_see_in_its_title_can_be_opened(page: Page) -> None:
    page.goto("/?team=EVL")
    page.locator(".item", has_text="EVL-5").get_by_role("link", name="Untitled").click()
    page.wait_for_url("**/items/EVL-5?in=**")
    assert page.get_by_role("heading", level=1).inner_text() == "Untitled"


@pytest.mark.parametrize("width", [1440, 390])
def test_no_ring_around_what_has_the_focus_is_cut(new_page: NewPage, width: int) -> None:
    page = new_page(persona="alice", viewport={"width": width, "height": 900})
    cut: list[str] = []
    for path in (*PAGES, *ADMIN_PAGES):
        page.goto(path)
        cut += [f"{path}: {one}" for one in page.evaluate(_FIND_CUT_RINGS)]
    assert cut == []


def test_on_a_touch_screen_no_field_is_so_small_that_the_browser_zooms(new_page: NewPage) -> None:
    page = new_page(persona="alice", viewport={"width": 834, "height": 1112}, has_touch=True, is_mobile=True)
    small: list[str] = []
    for path in (*PAGES, *ADMIN_PAGES):
        page.goto(path)
        small += page.evaluate(_FIND_SMALL)
    assert small == []
