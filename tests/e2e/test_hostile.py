"""Whatever stands in Linear stays text on every page. What a page may never do fails these tests at their end."""

import pytest
from playwright.sync_api import Page, expect

from shareable_backlog.services.backlog.layouts import GROUPS
from tests.e2e.test_list import items, search
from tests.support.browser.hostile import MARKUP, SCRIPT, TITLES
from tests.support.signed_in import csrf

pytestmark = pytest.mark.browser

PATHS = (
    *(f"/?team=EVL&group={group}" for group in GROUPS),
    *(f"/board?team=EVL&group={group}" for group in GROUPS),
    "/?team=EVL&columns=priority,id,state,labels,milestone,project,cycle,estimate,due,assignee,created,updated",
    "/teams/EVL", "/?team=EVL&q=alert", "/board?team=EVL&q=script", "/?team=EVL&q=word", "/?team=EVL&q=unbroken",
    "/?q=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E", "/board?label=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E",
    "/filters?team=EVL", "/filters?state=%3C/script%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/roadmap", "/changes?since=7d", "/changes?since=7d&team=EVL", "/meeting?since=2020-01-01", "/views",
    "/projects/sample-project-evl", "/updates?project=sample-project-evl", "/updates/feed?project=sample-project-evl",
    "/feeds?team=EVL&q=%E2%80%A8%3C/script%3E",
)  # fmt: skip
ADDED = "main :is(img, script, style, iframe, object, embed), [style], [onerror], [onload], [onmouseover], [onclick]"
PROTOCOLS = "[...document.links].map(link => link.protocol).filter(one => !['http:', 'https:'].includes(one))"
NAME = "<script>alert(1)</script>\u2028\u202e"[:80]
DAMAGED = (
    "/static/..%2f..%2fapp.py", "/static/%2e%2e/app.py", "/static/%c0%ae%c0%ae/app.py", "/static/style.css%00",
    "/items/..%2f..%2fetc", "/items/%c0%ae", "/items/%ff", f"/items/{'a' * 20_000}", "/board?team=%c0%ae",
    "/board?q=%ff%fe", f"/board?q={'a' * 20_000}", "/filters?state=%ff", "/roadmap?team=%00", "/roadmap?from=%ff",
    "/changes?since=%00", "/changes?team=%c0%ae", "/feeds?q=%ff", "/export.csv?q=%ff", "/feed.atom?token=%ff",
    "/projects/%ff", "/projects/..%2f..%2fetc", f"/projects/{'a' * 20_000}", "/updates?project=%00",
    "/updates?after=%ff",
    "/meeting?since=%00", "/meeting/%ff", "/?closed=%00&group=state", "/?skip=-1&group=state", "/?after=%ff",
)  # fmt: skip


def test_hostile_texts_do_nothing_on_any_page_and_none_of_them_makes_it_wider(page: Page, site: str) -> None:
    form: dict[str, str | float | bool] = {"csrf": csrf("bob"), "name": NAME, "query": "team=EVL", "layout": "board"}
    page.request.post("/views", form=form, headers={"origin": site})
    page.set_viewport_size({"width": 390, "height": 844})
    faults: dict[str, object] = {}
    for path in PATHS:
        answer = page.goto(path)
        assert answer is not None
        wide = page.evaluate("document.documentElement.scrollWidth")
        found = (answer.status, page.locator(ADDED).count(), page.evaluate(PROTOCOLS), wide)
        if found != (200, 0, [], 390):
            faults[path] = found
    page.request.post("/views/delete", form=form | {"view": NAME}, headers={"origin": site})
    assert faults == {}


def test_hostile_texts_do_nothing_where_pages_are_swapped(page: Page) -> None:
    page.goto("/?team=EVL")
    page.evaluate("window.stays = 1")
    search(page).fill("alert")
    expect(page.locator("mark", has_text="alert").first).to_be_visible()
    page.get_by_role("link", name="Remove contains alert").click()
    expect(items(page)).to_have_count(len(TITLES))
    page.get_by_role("link", name="Board").click()
    expect(page.locator(".card")).to_have_count(len(TITLES))
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Filter")
    dialog.locator("summary", has_text="Label").click()
    dialog.get_by_role("checkbox", name=MARKUP).first.check()
    dialog.get_by_role("button", name="Show the items").click()
    expect(page.get_by_role("link", name="Remove Label")).to_contain_text(MARKUP)
    expect(page.locator(".card .title", has_text=SCRIPT)).to_be_visible()
    assert page.evaluate("window.stays === 1")


def test_hostile_projects_and_changes_are_on_their_pages(page: Page) -> None:
    page.goto("/roadmap")
    expect(page.get_by_role("heading", name=MARKUP, exact=True)).to_be_visible()
    page.goto("/changes?since=7d&team=EVL")
    expect(page.locator(".change .title").filter(has_text=SCRIPT)).to_be_visible()


def test_damaged_addresses_get_an_answer_in_words(page: Page) -> None:
    statuses = {path: page.request.get(path, max_redirects=0).status for path in DAMAGED}
    assert {path: status for path, status in statuses.items() if status not in {200, 303, 400, 401, 404, 414}} == {}
    assert {path: status for path, status in statuses.items() if path.startswith("/static") and status < 400} == {}
