"""What holds for every page: it can be used by anyone, on any screen, and asks nobody else."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage, Visit
from tests.support.browser.accessible import too_wide, violations

pytestmark = pytest.mark.browser

ADDRESSES = {
    "list": "/",
    "second page": "/?team=FLD&type=completed",
    "filtered list": "/?team=PLN&type=started&q=the",
    "all columns": "/?columns=priority,id,state,labels,milestone,project,cycle,estimate,due,assignee,created,updated",
    "groups": "/?group=state&closed=Done",
    "groups within groups": "/?group=team&subgroup=state",
    "hostile groups within groups": "/?group=label&subgroup=project&team=EVL",
    "board": "/board?group=project",
    "hostile board": "/board?team=EVL&group=label",
    "filters": "/filters?label=Bug&-type=started",
    "matrix": "/matrix",
    "compared matrix": "/matrix?since=2020-01-01",
    "hostile matrix": "/matrix?team=EVL&group=label",
    "timeline": "/timeline?from=2026-09",
    "compared timeline": "/timeline?since=meeting",
    "hostile timeline": "/timeline?team=EVL&group=label&months=24",
    "trends": "/trends",
    "hostile trends": "/trends?team=EVL&weeks=52",
    "roadmap": "/roadmap",
    "roadmap by initiative": "/roadmap?group=initiative",
    "roadmap with items": "/roadmap?open=sample-project-offline",
    "slides of a list": "/present/list?slide=2",
    "hostile slides of a board": "/present/board?team=EVL&group=label",
    "slides of a matrix": "/present/matrix",
    "hostile slides of a timeline": "/present/timeline?team=EVL&group=label&months=24",
    "slides of the roadmap": "/present/roadmap",
    "slides of the agenda": "/present/meeting",
    "changes": "/changes?since=30d",
    "done": "/done",
    "hostile done": "/done?by=label&team=EVL",
    "updates": "/updates",
    "project": "/projects/Inspect%20without%20signal",
    "hostile project": "/projects/sample-project-evl",
    "meeting": "/meeting?since=2026-10-01",
    "initiative": "/initiatives/No%20wasted%20drive",
    "cycle": "/cycles/FLD-32",
    "cycle that is over": "/cycles/FLD-31?all=slipped",
    "team": "/teams/FLD",
    "hostile team": "/teams/EVL",
    "label": "/labels/Bug",
    "person": "/people/Maren%20Solvik",
    "feed": "/feeds?label=Bug",
    "account": "/account",
    "hostile list": "/?team=EVL",
    "nothing found": "/?q=xylophone-nobody-wrote",
    "item": "/items/FLD-327",
    "item with folded section": "/items/OPS-317",
    "sub-item": "/items/FLD-330",
    "hostile item": "/items/EVL-1",
    "item of one endless word": "/items/EVL-4",
    "views": "/views",
    "not found": "/items/FLD-99999",
    "damaged address": "/?after=x",
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_axe_finds_nothing_in_light_and_dark_and_no_screen_is_too_narrow(visit: Visit, address: str) -> None:
    page = visit(address, "bob", 1440, 900)
    assert (violations(page), too_wide(page)) == ([], {})


@pytest.mark.parametrize("width", [1440, 1280, 1100, 820])
@pytest.mark.parametrize(
    "address",
    [
        *("/", "/?since=2026-11-10", "/?team=OPS", "/board?team=FLD&since=2026-11-10&moved=slipped"),
        "/?team=OPS&label=Bug&priority=high&due=2026-12-01..2026-12-31",
        "/timeline?team=OPS&since=2026-11-10",
    ],
)
def test_the_bar_of_a_view_has_two_rows_at_most_and_cuts_no_filter(visit: Visit, address: str, width: int) -> None:
    page = visit(address, "bob", width, 900)
    height = page.locator(".toolbar").evaluate("bar => bar.getBoundingClientRect().height")
    cut = page.locator(".chip b").evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
    assert (height <= 76, cut, page.evaluate("document.documentElement.scrollWidth <= innerWidth")) == (True, 0, True)


def test_axe_finds_nothing_while_the_database_is_away(new_page: NewPage, site_without_database: str) -> None:
    page = new_page(base_url=site_without_database)
    page.goto("/")
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/", "/items/FLD-327"])
def test_while_the_database_is_away_a_page_says_so_and_offers_another_try(
    new_page: NewPage, site_without_database: str, path: str
) -> None:
    page = new_page(base_url=site_without_database)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    expect(page.get_by_role("heading", level=1)).to_have_text("The backlog can't be read right now")
    expect(page.locator("body")).not_to_contain_text("127.0.0.1")
    expect(page.locator("body")).not_to_contain_text("alice")
    page.get_by_role("link", name="Try again").click()
    expect(page).to_have_url(f"{site_without_database}{path}")


@pytest.mark.parametrize("address", ["/", "/items/FLD-327", "/items/FLD-99999"])
def test_the_first_tab_offers_to_skip_to_the_content(page: Page, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("address", ["/?q=certificates", "/items/OPS-317"])
def test_whatever_has_the_focus_shows_it(page: Page, address: str) -> None:
    page.goto(address)
    for _ in range(100):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.outerHTML.slice(0, 100)")
        if focused.startswith("<body"):
            return
        # The search field hands its ring to the frame around it.
        shows = page.evaluate("""[document.activeElement, document.activeElement.parentElement]
          .some(element => getComputedStyle(element).outlineStyle !== 'none')""")
        assert shows, focused
    raise AssertionError("the focus never left the page")


def test_targets_on_a_phone_are_large_enough(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/")
    boxes = page.locator("header a, header input, header select, nav a").filter(visible=True)
    small = "all => all.filter(one => one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
    assert boxes.evaluate_all(small) == []


def test_on_paper_the_tools_are_gone(page: Page) -> None:
    page.goto("/items/FLD-327")
    page.emulate_media(media="print")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("address", ["/", "/?group=team", "/board?group=team"])
def test_on_paper_it_says_that_there_is_more(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".print-only").first).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".print-only").first).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()


@pytest.mark.parametrize("width", [740, 1046])
def test_on_paper_the_roadmap_is_as_on_screen_and_begins_on_the_first_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/roadmap")
    page.emulate_media(media="print")
    expect(page.locator(".plan-bar .remaining").first).to_be_visible()
    expect(page.locator(".milestone-mark").first).to_be_visible()
    beside = """plan => plan.querySelector('.track').getBoundingClientRect().left
      - plan.querySelector('.plan-about').getBoundingClientRect().right"""
    assert page.locator(".plan:has(.track)").first.evaluate(beside) == 0
    names = "['.roadmap', 'header.top', 'body'].map(one => getComputedStyle(document.querySelector(one)).page)"
    assert page.evaluate(names) == ["auto", "auto", "roadmap"]  # that of the body, for all of it


@pytest.mark.parametrize("path", ["/roadmap", "/changes?since=30d"])
def test_what_is_chosen_above_a_page_is_shown_at_once_and_by_a_button_without_scripts(
    new_page: NewPage, path: str
) -> None:
    page = new_page()
    page.goto(path)
    expect(page.locator(".toolbar-form").get_by_role("button", name="Show")).to_be_hidden()
    page.get_by_label("Team").select_option("FLD")
    page.wait_for_url("**team=FLD**")
    plain = new_page(java_script_enabled=False)
    plain.goto(path)
    plain.get_by_label("Team").select_option("FLD")
    plain.locator(".toolbar-form").get_by_role("button", name="Show").click()
    plain.wait_for_url("**team=FLD**")
