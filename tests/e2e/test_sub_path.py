"""Below a path of its host, in a browser: sign in, filter in place, go by keys, save a view, sign out."""

import re
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import as_url, create_database, filled_name
from tests.e2e.conftest import NewPage
from tests.e2e.test_views import save
from tests.support.browser.serving import serve_pages, wait_until_ready

pytestmark = pytest.mark.browser

BELOW = "/backlog"
PLACE = "http://127.0.0.1:8000/backlog"


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "serve.log"


@pytest.fixture
def page(server: str, template: str, site: str, new_page: NewPage, log_path: Path) -> Generator[Page]:
    """Yield a page of nobody's, of a program below a path; all that it asks for has to be below it too."""
    del site  # which fills what is cloned here
    asked: list[str] = []
    with create_database(server, filled_name(template)) as conninfo:
        settings = {"DATABASE_URL": as_url(conninfo), "BASE_URL": PLACE, "LOG_FORMAT": "console"}
        with serve_pages(log_path.parent, **settings) as address:
            wait_until_ready(address)
            page = new_page(address, None, viewport={"width": 1440, "height": 900})
            page.on("request", lambda request: asked.append(urlsplit(request.url).path))
            yield page
    assert asked
    assert [path for path in asked if not path.startswith(f"{BELOW}/")] == []


def go_by_key(page: Page, key: str) -> None:
    page.wait_for_load_state()  # no key is heard before the script has come
    page.keyboard.press("g")
    page.keyboard.press(key)


def test_a_day_below_a_path(page: Page, log_path: Path) -> None:
    page.goto(f"{BELOW}/board?team=FLD")
    page.get_by_label("Your email address").fill("alice@example.com")
    page.get_by_role("button", name="Send me a link").click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/sign-in/code$"))
    [(link, code)] = re.findall(r"address=(\S+) code=(\d{6})", log_path.read_text(encoding="utf-8"))
    assert link.startswith(f"{PLACE}/sign-in/link/")
    page.get_by_label("Six-digit code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/board\?team=FLD$"))
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px", "the style sheet has come"

    page.wait_for_load_state()
    page.evaluate("window.stays = 1")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Filter")
    dialog.locator("summary", has_text="Label").click()
    dialog.get_by_role("checkbox", name="Bug").first.check()
    dialog.get_by_role("button", name="Show the items").click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/board\?team=FLD&label=Bug$"))
    page.get_by_role("link", name="List", exact=True).click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/\?team=FLD&label=Bug$"))
    page.get_by_role("link", name="Remove Label Bug").click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/\?team=FLD$"))
    page.get_by_role("link", name=re.compile("^Remove Team")).click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/\?all$"))
    page.keyboard.press("/")
    page.keyboard.type("certific")
    expect(page).to_have_url(re.compile(rf"{BELOW}/\?q=certific$"))
    expect(page.locator("mark").first).to_have_text(re.compile("certific", re.IGNORECASE))
    page.get_by_role("searchbox").fill("")
    expect(page).to_have_url(re.compile(rf"{BELOW}/\?all$"))
    assert page.evaluate("window.stays") == 1, "the page was swapped in place"

    save(page, "Certificates")
    expect(page.get_by_role("navigation", name="Saved views").get_by_text("Certificates")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    for key, path in {"r": "roadmap", "c": "changes", "v": "views", "b": "", "o": "board", "a": "account"}.items():
        go_by_key(page, key)
        expect(page).to_have_url(re.compile(rf"{BELOW}/{path}$"))
    paths = {str(cookie.get("name")): cookie.get("path") for cookie in page.context.cookies()}
    assert paths["slb_session"] == BELOW
    assert paths.get("zone", f"{BELOW}/") == f"{BELOW}/"
    page.goto(f"{BELOW}/admin/sync")
    expect(page.locator(".live")).to_contain_text("last", ignore_case=True)
    page.goto(f"{BELOW}/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(rf"{BELOW}/sign-in$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
