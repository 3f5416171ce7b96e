"""Passkeys in a browser with an authenticator of its own, and signing in again before what matters, for everyone."""

import contextlib
import re
import socket
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect
from psycopg import sql

from tests.conftest import as_url, create_database
from tests.e2e.conftest import NewPage
from tests.support.browser.accessible import too_wide, violations
from tests.support.browser.serving import read_log, serve_pages, wait_until_ready
from tests.support.signed_in import cookies, let_in

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Program:
    """A program at a name that browsers have passkeys for; its links stand in its log."""

    address: str
    conninfo: str
    log: Path

    def begin_anew(self) -> None:
        """Let the personas have signed in just now, and nobody have a passkey or have added anybody."""
        with psycopg.connect(self.conninfo) as connection:
            for table in ("passkeys", "held_forms", "rate_limits", "sessions"):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            connection.execute("DELETE FROM users WHERE email = 'frank@example.com'")
        let_in(self.conninfo, "alice", "bob")

    def age_sessions(self) -> None:
        """Let everybody have signed in eleven minutes ago."""
        with psycopg.connect(self.conninfo) as connection:
            connection.execute("UPDATE sessions SET created_at = now() - interval '11 minutes'")

    def read_code(self, asking: Page) -> str:
        """Return the code that this page was asked for, once it wants it."""
        expect(asking.get_by_label("Six-digit code")).to_be_visible()
        return re.findall(r"code=(\d{6})", read_log(self.address, self.log))[-1]


@contextlib.contextmanager
def run_program(server: str, template: str, folder: Path, sub_path: str = "") -> Generator[Program]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    with create_database(server, template) as conninfo:
        let_in(conninfo, "alice", "bob")
        settings = {"DATABASE_URL": as_url(conninfo), "LOG_FORMAT": "console", "BASE_URL": address + sub_path}
        with serve_pages(folder, "--port", str(port), **settings):
            wait_until_ready(address)
            yield Program(address, conninfo, folder / "serve.log")


@pytest.fixture(scope="module")
def running(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program]:
    with run_program(server, template, tmp_path_factory.mktemp("passkeys")) as program:
        yield program


@pytest.fixture
def program(running: Program) -> Program:
    running.begin_anew()
    return running


def plug_in(page: Page, *, verifies: bool = True) -> None:
    """Give the browser an authenticator that is touched and unlocked as soon as it is asked."""
    session: Any = page.context.new_cdp_session(page)  # Playwright leaves types of it open
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def name_passkey(page: Page, name: str, sub_path: str = "") -> None:
    page.goto(f"{sub_path}/account")
    section = page.locator("section", has=page.get_by_role("heading", name="Passkeys"))
    section.get_by_label("Name").fill(name)
    section.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new passkey")


def add_passkey(page: Page, sub_path: str = "") -> None:
    name_passkey(page, "Phone", sub_path)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("status").filter(has_text="That passkey is added")).to_be_visible()
    expect(page.get_by_role("cell", name="Phone", exact=True)).to_be_visible()


def test_a_passkey_is_added_signs_in_and_is_removed(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address)
    plug_in(page)
    add_passkey(page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{program.address}/")
    page.goto("/account")
    expect(page.locator("main")).to_contain_text("You are signed in as bob@example.com")
    page.locator("summary", has_text="Remove Phone").click()
    page.get_by_role("button", name="Remove Phone").click()
    expect(page.get_by_role("status").filter(has_text="That passkey is removed")).to_be_visible()


def test_below_a_path_a_passkey_signs_in_too(server: str, template: str, tmp_path: Path, new_page: NewPage) -> None:
    with run_program(server, template, tmp_path, "/backlog") as program:
        page = new_page(program.address, None)
        [(name, value)] = cookies("bob").items()
        page.context.add_cookies([{"name": name, "value": value, "domain": "localhost", "path": "/backlog"}])
        plug_in(page)
        add_passkey(page, "/backlog")
        page.get_by_role("button", name="Sign out").first.click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{program.address}/backlog/")


def test_the_same_device_makes_no_second_one(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address)
    plug_in(page)
    add_passkey(page)
    name_passkey(page, "Again")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey for your account already.")
    expect(page.get_by_role("button", name="Make the passkey")).to_be_enabled()


def test_a_device_that_is_not_unlocked_signs_nobody_in(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address, None)
    plug_in(page, verifies=False)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()


def test_without_a_script_no_passkey_is_offered_and_the_other_ways_are(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address, None, java_script_enabled=False)
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Send me a link")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_an_admin_proves_who_they_are_by_a_passkey_and_then_adds_somebody(
    program: Program, new_page: NewPage
) -> None:
    page = new_page(program.address, "alice")
    plug_in(page)
    add_passkey(page)
    program.age_sessions()
    begin_to_add(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    finish_adding(page)


@pytest.mark.parametrize("has_script", [True, False], ids=["with a script", "without"])
def test_an_admin_proves_who_they_are_by_a_code_and_then_adds_somebody(
    program: Program, new_page: NewPage, *, has_script: bool
) -> None:
    page = new_page(program.address, "alice", java_script_enabled=has_script)
    program.age_sessions()
    begin_to_add(page)
    page.get_by_role("button", name="Write a code to the log").click()
    page.get_by_label("Six-digit code").fill(program.read_code(page))
    page.get_by_role("button", name="Sign in").click()
    finish_adding(page)


def begin_to_add(page: Page) -> None:
    """Fill in the form of a new person, and come to be asked to sign in again."""
    page.goto("/admin/people")
    page.get_by_label("Email address").fill("frank@example.com")
    page.get_by_role("button", name="Add and approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in again to go on")
    expect(page.locator("main")).to_contain_text("frank@example.com")


def finish_adding(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    expect(page.locator("main")).to_contain_text("frank@example.com")
    page.get_by_role("button", name="Yes, add a person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("frank@example.com")


def test_the_pages_are_for_everyone_and_fit_every_screen(program: Program, new_page: NewPage) -> None:
    page = new_page(program.address, "alice")
    plug_in(page)
    add_passkey(page)
    assert look_at(page) == ([], {}), "account"
    name_passkey(page, "Another")
    assert look_at(page) == ([], {}), "a new passkey"
    program.age_sessions()
    begin_to_add(page)
    assert look_at(page) == ([], {}), "sign in again"
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("button", name="Yes, add a person")).to_be_visible()
    assert look_at(page) == ([], {}), "one more step"
    stranger = new_page(program.address, None)
    stranger.goto("/sign-in")
    assert look_at(stranger) == ([], {}), "sign in"


def look_at(page: Page) -> tuple[list[str], dict[int, int]]:
    return violations(page), too_wide(page)
