"""The way in, in a browser: ask, wait, be approved, see, be disabled; with and without a script, for everyone."""

import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.conftest import as_url, create_database
from tests.e2e.conftest import NewPage
from tests.fakes import oidc
from tests.support.browser.accessible import violations
from tests.support.browser.serving import read_log, serve_pages, wait_until_ready
from tests.support.signed_in import let_in

pytestmark = pytest.mark.browser

ADMIN_PAGES = (
    "/admin",
    "/admin/people",
    "/admin/sync",
    "/admin/sharing",
    "/admin/labels",
    "/admin/settings",
    "/admin/invitations",
    "/admin/audit",
    "/account",
    "/about",
)
PHONE: dict[str, ViewportSize] = {"viewport": {"width": 390, "height": 844}}


@dataclass(frozen=True, slots=True)
class Program:
    """A program whose links stand in its log, as it has no mail server."""

    address: str
    log: Path

    def code(self, asking: Page) -> tuple[str, str]:
        """Return the link and code that this page was asked for, once it wants the code."""
        expect(asking.get_by_label("Six-digit code")).to_be_visible()
        found = re.findall(r"address=(\S+) code=(\d{6})", read_log(self.address, self.log))
        return found[-1][0], found[-1][1]


@pytest.fixture(scope="module")
def program(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program]:
    folder = tmp_path_factory.mktemp("access")
    with create_database(server, template) as conninfo, oidc.run_provider() as provider:
        let_in(conninfo, "alice", "bob", "carol", "dora")
        settings = {
            "DATABASE_URL": as_url(conninfo), "LOG_FORMAT": "console", "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": provider.client_id, "OIDC_CLIENT_SECRET": provider.client_secret,
            "BASE_URL": "http://127.0.0.1:8000", "OIDC_NAME": "Example ID",
        }  # fmt: skip
        with serve_pages(folder, **settings) as address:
            wait_until_ready(address)
            yield Program(address, folder / "serve.log")


@pytest.mark.parametrize("has_script", [True, False], ids=["with a script", "without"])
def test_a_new_person_asks_waits_and_is_let_in(program: Program, new_page: NewPage, *, has_script: bool) -> None:
    email = f"frank-{has_script}@example.com".lower()
    frank = new_page(program.address, None, java_script_enabled=has_script)
    frank.goto("/items/ENG-1")
    frank.get_by_label("Your email address").fill(email)
    frank.get_by_role("button", name="Send me a link").click()
    expect(frank.get_by_role("heading", level=1)).to_have_text("Check the log")
    frank.get_by_label("Six-digit code").fill(program.code(frank)[1])
    frank.get_by_role("button", name="Sign in").click()
    expect(frank.get_by_role("heading", level=1)).to_have_text("Almost there")
    frank.get_by_label("A note to the admins").fill("I lay the cables")
    frank.get_by_role("button", name="Send the note").click()
    expect(frank.locator(".notice")).to_have_text("Your note was sent to the admins.")

    alice = new_page(program.address, "alice", java_script_enabled=has_script)
    alice.goto("/admin/people")
    waiting = alice.get_by_role("region", name="Waiting for an answer")
    expect(waiting).to_contain_text("I lay the cables")
    waiting.get_by_label(email).check()
    waiting.get_by_role("button", name="Approve").click()
    expect(alice.locator(".notice")).to_contain_text("approved")

    frank.goto("/waiting")
    expect(frank).to_have_url(f"{program.address}/")
    alice.goto(f"/admin/people?q={email}")
    alice.get_by_role("region", name="Everybody").get_by_role("link", name=email).click()
    alice.get_by_role("button", name="Disable and end every session").click()
    expect(alice.locator(".notice")).to_contain_text("Disabled")
    frank.goto("/")
    expect(frank.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_looking_at_a_link_with_a_script_signs_nobody_in(program: Program, new_page: NewPage) -> None:
    asking = new_page(program.address, None)
    asking.goto("/sign-in")
    asking.get_by_label("Your email address").fill("grace@example.com")
    asking.get_by_role("button", name="Send me a link").click()
    link, code = program.code(asking)
    path = link.removeprefix("http://127.0.0.1:8000")
    scanner = new_page(program.address, None)
    scanner.goto(path)
    scanner.wait_for_load_state("networkidle")
    assert not [cookie for cookie in scanner.context.cookies() if "session" in str(cookie.get("name"))]
    expect(scanner.get_by_label("Six-digit code")).to_be_visible()
    asking.goto(path)
    asking.get_by_role("button", name="Sign in").click()
    expect(asking.get_by_role("heading", level=1)).to_have_text("Almost there")
    assert code


def test_the_button_of_an_identity_provider_leads_to_it(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address, None)
    page.goto("/sign-in")
    expect(page.get_by_role("link", name="Continue with Example ID")).to_have_attribute(
        "href", re.compile(r"^/sign-in/oidc\?next=(/|%2F)$")
    )


def look(page: Page, path: str) -> None:
    page.goto(path)
    check_size(page)


def check_size(page: Page) -> None:
    assert violations(page) == [], page.viewport_size
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"nothing is wider than the screen: {page.viewport_size}"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-in/link/none"])
def test_axe_finds_nothing_on_the_way_in(program: Program, new_page: NewPage, path: str) -> None:
    look(new_page(program.address, None, **PHONE), path)


def test_axe_finds_nothing_in_the_waiting_room(program: Program, new_page: NewPage) -> None:
    look(new_page(program.address, "carol", **PHONE), "/waiting")


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_axe_finds_nothing_on_admins_pages(program: Program, new_page: NewPage, path: str) -> None:
    page = new_page(program.address, "alice", viewport={"width": 1440, "height": 900})
    look(page, path)
    page.set_viewport_size(PHONE["viewport"])
    check_size(page)


def test_axe_finds_nothing_on_a_persons_page(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address, "alice", **PHONE)
    page.goto("/admin/people?q=bob")
    page.get_by_role("region", name="Everybody").get_by_role("link", name="bob@example.com").click()
    page.wait_for_url("**/admin/people/*")
    look(page, page.url)
