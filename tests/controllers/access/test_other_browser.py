"""A link or a code in another browser than the one that asked: each page offers what works there, and says so."""

import re
from collections.abc import Generator

import pytest

from tests.controllers.access.test_sign_in import Browser
from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import let_in

CAROL = "carol@example.com"
CLOSED = "UPDATE sign_in_links SET codes_closed_until = now() + interval '1 day'"


@pytest.fixture
def site(database: str) -> Generator[Site]:
    """Yield the program on loopback without mail, whose links stand in its log."""
    with running_site.run_site(database) as running:
        let_in(database, "carol")
        yield running


@pytest.fixture
def desk(site: Site) -> Browser:
    return Browser(site, {})


@pytest.fixture
def phone(site: Site) -> Browser:
    return Browser(site, {})


def describe_page(text: str) -> tuple[bool, list[str]]:
    """Return whether there is a field for a code, and the words of the buttons that show without a script."""
    text = re.sub(r"<form [^>]* hidden>.*?</form>", "", text, flags=re.DOTALL)
    return 'name="code"' in text, re.findall(r'type="submit">([^<]*)<', text)


def test_the_browser_that_asked_has_one_button(desk: Browser) -> None:
    path, _ = desk.ask(CAROL)
    assert describe_page(desk.get(path).text) == (False, ["Sign in"])


def test_another_browser_takes_the_code_or_sends_a_new_link_to_itself(desk: Browser, phone: Browser) -> None:
    path, code = desk.ask(CAROL)
    page = phone.get(path)
    assert "type the code from the same email" in page.text
    assert describe_page(page.text) == (True, ["Sign in", f"Send a new link to {CAROL}"])
    assert phone.post(path, page, code=code).status_code == 303


def test_a_link_that_is_sent_to_another_browser_works_there(desk: Browser, phone: Browser) -> None:
    path, _ = desk.ask(CAROL)
    page = phone.get(path)
    email = re.findall(r'name="email" value="([^"]*)"', page.text)
    assert email == [CAROL]
    new_path, _ = phone.ask(email[0])
    assert describe_page(phone.get(new_path).text) == (False, ["Sign in"])
    assert phone.post(new_path, phone.get(new_path)).status_code == 303


def test_a_mistyped_code_is_typed_again_on_the_same_page(desk: Browser, phone: Browser) -> None:
    path, code = desk.ask(CAROL)
    page = phone.post(path, phone.get(path), code="000000" if code != "000000" else "111111")
    assert (page.status_code, "isn&#39;t the code" in page.text) == (403, True)
    assert describe_page(page.text)[0]
    assert phone.post(path, page, code=code).status_code == 303


def test_after_the_last_try_the_page_offers_a_new_link(desk: Browser, phone: Browser) -> None:
    path, code = desk.ask(CAROL)
    page = phone.get(path)
    for _ in range(5):
        page = phone.post(path, page, code="000000" if code != "000000" else "111111")
    assert describe_page(page.text) == (False, ["Send me a link"])


def test_where_no_code_is_taken_another_browser_offers_a_new_link_alone(desk: Browser, phone: Browser) -> None:
    path, _ = desk.ask(CAROL)
    desk.site.query(CLOSED)
    page = phone.get(path)
    assert "too many wrong codes were typed" in page.text
    assert describe_page(page.text) == (False, [f"Send a new link to {CAROL}"])
    assert describe_page(desk.get(path).text) == (False, ["Sign in"])


def test_the_page_of_the_code_has_a_field_only_while_one_is_taken(desk: Browser) -> None:
    desk.ask(CAROL)
    assert "a link and a code" in desk.get("/sign-in/code").text
    desk.site.query(CLOSED)
    page = desk.get("/sign-in/code")
    assert "There is no code this time" in page.text
    assert describe_page(page.text) == (False, [])


def test_a_code_in_a_browser_that_asked_for_none_says_where_it_works(desk: Browser, phone: Browser) -> None:
    _, code = desk.ask(CAROL)
    page = phone.post("/sign-in/code", phone.get("/sign-in/code"), code=code)
    assert page.status_code == 403
    assert "Open the link in the email here and type the code there" in page.text
    assert (describe_page(page.text), "are in the server log" in page.text) == ((False, []), False)
    assert '<a class="primary" href="/sign-in">Ask for a new code</a>' in page.text


def test_what_is_said_of_a_code_before_is_the_same_whether_or_not_one_was_sent(desk: Browser, phone: Browser) -> None:
    desk.ask(CAROL)
    pages = [re.sub(r'value="\w+"', "", browser.get("/sign-in/code").text) for browser in (desk, phone)]
    assert pages[0] == pages[1]


def test_a_link_that_was_used_up_says_so_and_offers_another(desk: Browser, phone: Browser) -> None:
    path, _ = desk.ask(CAROL)
    desk.post(path, desk.get(path))
    page = phone.get(path)
    assert (page.status_code, "no longer valid" in page.text) == (403, True)
    assert describe_page(page.text) == (False, ["Send me a link"])
