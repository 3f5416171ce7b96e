"""The sync page, as an admin finds it: live with a script, complete without one."""

from collections.abc import Generator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import as_url, create_database
from tests.e2e.conftest import NewPage
from tests.fakes.linear import FakeLinear, World, run_linear
from tests.support.browser.serving import serve_pages, wait_until_ready
from tests.support.signed_in import let_in

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Mirror:
    """A program that mirrors a small workspace."""

    address: str
    linear: FakeLinear


@pytest.fixture(scope="module")
def mirror(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Mirror]:
    world = World()
    world.add_issue(title="Mend the roof")
    with create_database(server, template) as conninfo, run_linear(world) as linear:
        let_in(conninfo)
        folder = tmp_path_factory.mktemp("mirror")
        settings = {"DATABASE_URL": as_url(conninfo), "LINEAR_API_KEY": linear.key, "LINEAR_API_URL": linear.url}
        with serve_pages(folder, **settings) as address:
            wait_until_ready(address)
            yield Mirror(address, linear)


def runs(page: Page) -> Locator:
    return page.get_by_role("region", name="Runs").locator("tbody tr")


def test_a_run_is_asked_for_watched_and_listed_without_loading_the_page_anew(
    mirror: Mirror, new_page: NewPage
) -> None:
    page = new_page(mirror.address, "alice")
    page.goto("/admin/sync")
    expect(runs(page)).to_have_count(1, timeout=20_000)
    expect(page.get_by_text("No sync is running.")).to_be_visible()
    mirror.linear.delay_s = 1.5
    page.get_by_role("button", name="Full sync").click()
    expect(page.get_by_role("status").filter(has_text="A sync was requested.")).to_be_visible()
    page.evaluate("document.body.dataset.same = 'page'")
    expect(page.get_by_role("heading", name="A full sync is running")).to_be_visible()
    expect(page.locator("#said")).to_contain_text("Linear")
    mirror.linear.delay_s = 0
    expect(page.get_by_text("No sync is running.")).to_be_visible(timeout=20_000)
    expect(runs(page)).to_have_count(2)
    expect(runs(page).first).to_contain_text("Manual, full")
    expect(runs(page).first).to_contain_text("Succeeded")
    assert page.evaluate("document.body.dataset.same") == "page"
    runs(page).first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Run ")).to_be_visible()
    expect(page.get_by_text("alice@example.com").first).to_be_visible()


def test_without_a_script_the_page_is_whole_and_says_how_to_see_more(mirror: Mirror, new_page: NewPage) -> None:
    page = new_page(mirror.address, "alice", java_script_enabled=False)
    page.goto("/admin/sync")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("status").filter(has_text="A sync was requested.")).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(page).to_have_url(f"{mirror.address}/admin/sync")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()


def test_a_failed_run_shows_on_open_pages_and_an_admin_tries_again(mirror: Mirror, new_page: NewPage) -> None:
    reader, admin = new_page(mirror.address, "bob"), new_page(mirror.address, "alice")
    for page in (reader, admin):
        page.goto("/?all")
        expect(page.get_by_role("contentinfo")).to_contain_text("As of", timeout=20_000)
    key, mirror.linear.key = mirror.linear.key, "lin_api_another"
    admin.goto("/admin/sync")
    admin.get_by_role("button", name="Sync now").click()
    delayed = reader.get_by_role("contentinfo").get_by_text("Updates are delayed since")
    expect(delayed).to_be_visible(timeout=20_000)
    expect(reader.get_by_role("contentinfo")).to_contain_text("it will catch up by itself")
    admin.goto("/?all")
    expect(admin.get_by_role("contentinfo")).to_contain_text("LINEAR_AUTHENTICATION_FAILED")
    mirror.linear.key = key
    admin.get_by_role("button", name="Try again").click()
    expect(admin.get_by_role("status").filter(has_text="A sync was requested.")).to_be_visible()
    expect(delayed).to_be_hidden(timeout=20_000)
