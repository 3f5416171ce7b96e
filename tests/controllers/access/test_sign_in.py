"""Signing in by a mailed link or its code: nobody but the person can use it, and nobody learns who is known."""

import hmac
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from httpx2 import Response
from structlog.testing import capture_logs

from tests.support import running_site
from tests.support.running_site import Site
from tests.support.signed_in import SECRET_KEY, let_in

CAROL, ALICE = "carol@example.com", "alice@example.com"


@pytest.fixture
def running(database: str) -> Generator[Site]:
    """Yield the program on loopback without mail, whose links stand in its log."""
    with running_site.run_site(database, {"ADMIN_EMAILS": ALICE}) as running:
        yield running


@dataclass
class Browser:
    """A browser that keeps what it is told and sends the forms it is shown."""

    site: Site
    cookies: dict[str, str]

    def keep(self, answer: Response) -> Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def get(self, path: str) -> Response:
        return self.keep(self.site.ask("GET", path, browser=self.cookies))

    def post(self, path: str, page: Response, **fields: str) -> Response:
        found = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert found, page.text
        data = {"csrf": found[1], **fields}
        return self.keep(self.site.ask("POST", path, browser=self.cookies, data=data, origin=self.site.base_url))

    def ask(self, email: str, **fields: str) -> tuple[str, str]:
        """Ask for a link and return its path and its code, as they stand in the log."""
        with capture_logs() as logged:
            answer = self.post("/sign-in", self.get("/sign-in"), email=email, **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code")
        [event] = [event for event in logged if event["event"] == "sign_in_link"]
        return event["address"].removeprefix(self.site.base_url), event["code"]


def browser(site: Site) -> Browser:
    return Browser(site, {})


def is_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def test_without_a_session_every_page_leads_to_the_sign_in_and_back(running: Site) -> None:
    answer = running.get("/items/ENG-1?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fitems%2FENG-1%3Fx%3D1")
    assert running.get("/items/ENG-1", accept="application/json").status_code == 401


def test_a_new_person_is_pending_and_waits(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL)
    answer = carol.post(path, carol.get(path))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert carol.get("/").headers["location"] == "/waiting"
    page = carol.get("/waiting")
    assert "An admin will decide" in page.text
    assert carol.post("/waiting", page, note="I build the roof").headers["location"] == "/waiting?notice=sent"
    assert running.query("SELECT email, is_approved, is_admin, access_note FROM users") == [
        (CAROL, False, False, "I build the roof")
    ]


def test_a_named_admin_is_one_from_the_first_sign_in(running: Site) -> None:
    alice = browser(running)
    path, _ = alice.ask(ALICE.upper())
    alice.post(path, alice.get(path))
    assert alice.get("/").status_code == 200
    assert running.query("SELECT email, is_approved, is_admin FROM users") == [(ALICE, True, True)]


def test_it_leads_to_the_page_that_was_wanted(running: Site) -> None:
    alice = browser(running)
    _, code = alice.ask(ALICE, next="/items/ENG-1")
    answer = alice.post("/sign-in/code", alice.get("/sign-in/code"), code=code)
    assert answer.headers["location"] == "/items/ENG-1"


@pytest.mark.parametrize("next_path", ["//evil.example.com", "/\\evil.example.com", "https://evil.example.com"])
def test_it_leads_to_no_other_site(running: Site, next_path: str) -> None:
    alice = browser(running)
    _, code = alice.ask(ALICE, next=next_path)
    answer = alice.post("/sign-in/code", alice.get("/sign-in/code"), code=code)
    assert answer.headers["location"] == "/"


def test_looking_at_a_link_uses_nothing_up(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL)
    for method in ("HEAD", "GET", "GET", "GET", "GET", "GET"):
        answer = running.ask(method, path)
        assert "session" not in str(answer.headers.get_list("set-cookie"))
    carol.post(path, carol.get(path))
    assert is_in(carol)


def test_a_link_works_once(running: Site) -> None:
    carol, again = browser(running), browser(running)
    path, code = carol.ask(CAROL)
    page = carol.get(path)
    impatient = Browser(running, dict(carol.cookies))
    carol.post(path, page)
    refused = impatient.post(path, page)
    assert (refused.status_code, "no longer valid" in refused.text) == (403, True)
    assert again.get(path).status_code == 403
    assert carol.post("/sign-in/code", carol.get("/sign-in/code"), code=code).status_code == 403


def test_fifty_at_once_make_one_session(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL)
    page = carol.get(path)
    with ThreadPoolExecutor(10) as threads:
        browsers = [Browser(running, dict(carol.cookies)) for _ in range(50)]
        answers = [answer.result() for answer in [threads.submit(one.post, path, page) for one in browsers]]
    assert sorted(answer.status_code for answer in answers) == [303] + [403] * 49
    assert running.query("SELECT count(*) FROM sessions") == [(1,)]


def test_another_browser_needs_the_code_besides_the_link(running: Site) -> None:
    carol, phone = browser(running), browser(running)
    path, code = carol.ask(CAROL)
    page = phone.get(path)
    assert "requested in another browser" in page.text
    assert phone.post(path, page).status_code == 403
    assert phone.post(path, page, code="000000" if code != "000000" else "111111").status_code == 403
    assert not is_in(phone)
    assert phone.post(path, page, code=f"{code[:3]} {code[3:]}").status_code == 303
    assert is_in(phone)


def test_a_code_belongs_to_the_browser_that_asked(running: Site) -> None:
    carol, mallory = browser(running), browser(running)
    _, code = carol.ask(CAROL)
    assert mallory.post("/sign-in/code", mallory.get("/sign-in/code"), code=code).status_code == 403


def test_after_five_wrong_codes_the_right_one_is_worthless(running: Site) -> None:
    carol = browser(running)
    path, code = carol.ask(CAROL)
    page = carol.get("/sign-in/code")
    wrong = "123456" if code != "123456" else "654321"
    assert {carol.post("/sign-in/code", page, code=wrong).status_code for _ in range(5)} == {403}
    assert carol.post("/sign-in/code", page, code=code).status_code == 403
    assert carol.get(path).status_code == 403


def test_only_the_newest_mail_is_good(running: Site) -> None:
    carol = browser(running)
    old_path, old_code = carol.ask(CAROL)
    path, code = carol.ask(CAROL)
    assert carol.get(old_path).status_code == 403
    if old_code != code:
        assert carol.post("/sign-in/code", carol.get("/sign-in/code"), code=old_code).status_code == 403
    assert carol.post(path, carol.get(path)).status_code == 303


def test_after_ten_minutes_it_is_too_late(running: Site) -> None:
    carol = browser(running)
    path, code = carol.ask(CAROL)
    running.query("UPDATE sign_in_links SET expires_at = now() - interval '1 second'")
    assert carol.get(path).status_code == 403
    assert carol.post("/sign-in/code", carol.get("/sign-in/code"), code=code).status_code == 403


def test_known_unknown_pending_disabled_and_declined_addresses_are_answered_alike(running: Site) -> None:
    let_in(running.conninfo, "alice", "bob", "carol", "dora", "edgar")
    answers: set[tuple[int, str, tuple[str, ...]]] = set()
    for name in ("alice", "bob", "carol", "dora", "edgar", "nobody"):
        asking = browser(running)
        answer = asking.post("/sign-in", asking.get("/sign-in"), email=f"{name}@example.com")
        answers.add((answer.status_code, answer.text, tuple(sorted(answer.headers))))
    assert len(answers) == 1


@pytest.mark.parametrize("persona", ["dora", "edgar"])
def test_whose_access_was_ended_gets_in_no_more(running: Site, persona: str) -> None:
    let_in(running.conninfo, persona)
    asking = browser(running)
    path, _ = asking.ask(f"{persona}@example.com")
    answer = asking.post(path, asking.get(path))
    assert (answer.status_code, "An admin has ended or declined" in answer.text) == (403, True)
    assert running.get("/account", persona).status_code == 303
    assert not is_in(asking)


def test_more_than_five_mails_to_an_address_are_not_sent_and_nobody_is_told(running: Site) -> None:
    asking = browser(running)
    for _ in range(5):
        asking.ask(CAROL)
    with capture_logs() as logged:
        answer = asking.post("/sign-in", asking.get("/sign-in"), email=CAROL)
    assert (answer.status_code, logged) == (303, [])


def test_asking_without_end_is_limited_by_the_real_address(running: Site) -> None:
    asking = browser(running)
    page = asking.get("/sign-in")
    codes = [
        running.ask(
            "POST", "/sign-in", browser=asking.cookies, origin=running.base_url,
            data={"csrf": re.findall(r'name="csrf" value="(\w+)"', page.text)[0], "email": f"p{number}@example.com"},
            **{"x-forwarded-for": f"127.0.1.{number}"},
        ).status_code
        for number in range(25)
    ]  # fmt: skip
    assert codes == [303] * 20 + [429] * 5


def test_codes_cannot_be_tried_without_end(running: Site) -> None:
    carol = browser(running)
    tried = 0
    for _ in range(5):
        _, code = carol.ask(CAROL)
        page = carol.get("/sign-in")  # as the page of the code has no field any more after ten
        for number in range(20):
            wrong = f"{(int(code or 0) + 1 + number) % 1_000_000:06}"
            tried += carol.post("/sign-in/code", page, code=wrong).status_code != 429
    assert tried == 60, "of which five for each mail counted"
    assert not is_in(carol)


@pytest.mark.parametrize(
    "email", ["", "nonsense", "a@b", "a b@example.com", "a@example.com\nb@example.com", "x" * 300 + "@example.com"]
)
def test_what_is_no_mail_address_is_said_so(running: Site, email: str) -> None:
    asking = browser(running)
    assert asking.post("/sign-in", asking.get("/sign-in"), email=email).status_code == 400


def test_fields_that_nobody_asked_for_change_nothing(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL, is_admin="true", is_approved="true", state="active")
    carol.post(path, carol.get(path), is_admin="1", user_id="1")
    assert running.query("SELECT is_admin, is_approved FROM users") == [(False, False)]


def test_signing_in_changes_the_session_and_ends_the_old_one(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL)
    carol.post(path, carol.get(path))
    old = dict(carol.cookies)
    path, _ = Browser(running, {"slb_browser": carol.cookies["slb_browser"]}).ask(CAROL)
    carol.post(path, carol.get(path))
    assert carol.cookies["slb_session"] != old["slb_session"]
    assert is_in(carol)
    assert not is_in(Browser(running, old))


@pytest.mark.parametrize("path", ["/", "/board", "/items/ENG-1", "/admin/people", "/account"])
def test_every_page_of_who_is_signed_in_has_the_way_out(running: Site, path: str) -> None:
    let_in(running.conninfo)
    page = running.get(path, "alice").text
    assert page.count('<form method="post" action="/sign-out">') == 1
    [form] = re.findall(r'<form method="post" action="/sign-out">.*?</form>', page, re.DOTALL)
    answer = running.post("/sign-out", "alice", csrf=re.findall(r'name="csrf" value="(\w+)"', form)[0])
    assert answer.headers["location"] == "/sign-in?notice=signed-out"


def test_a_copied_cookie_is_worthless_after_signing_out(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL)
    carol.post(path, carol.get(path))
    copy = dict(carol.cookies)
    answer = carol.post("/sign-out", carol.get("/account"))
    assert answer.headers["location"] == "/sign-in?notice=signed-out"
    assert not is_in(Browser(running, copy))


def test_behind_tls_the_cookie_is_tied_to_this_host(database: str) -> None:
    with running_site.run_site(database, base_url="https://backlog.example.com") as running:
        let_in(database, "bob")
        page = running.get("/sign-in")
        [cookie] = page.headers.get_list("set-cookie")
        assert re.fullmatch(r"__Host-slb_browser=[\w-]+; HttpOnly; Path=/; SameSite=lax; Secure", cookie)
        assert page.headers["strict-transport-security"]
        assert running.get("/", "bob").status_code == 200


def test_mail_leads_to_the_configured_address_whatever_the_request_says(running: Site) -> None:
    carol = browser(running)
    page = carol.get("/sign-in")
    headers = {"x-forwarded-host": "evil.example.com", "forwarded": "host=evil.example.com"}
    token = re.findall(r'name="csrf" value="(\w+)"', page.text)[0]
    with capture_logs() as logged:
        running.ask(
            "POST", "/sign-in", browser=carol.cookies, origin=running.base_url,
            data={"csrf": token, "email": CAROL}, **headers,
        )  # fmt: skip
    [event] = [event for event in logged if event["event"] == "sign_in_link"]
    assert event["address"].startswith("http://localhost:8000/sign-in/link/")


def test_everything_is_in_the_record(running: Site) -> None:
    carol = browser(running)
    path, _ = carol.ask(CAROL)
    page = carol.get(path)
    impatient = Browser(running, dict(carol.cookies))
    carol.post(path, page)
    impatient.post(path, page)
    actions = [action for (action,) in running.query("SELECT action FROM audit_logs ORDER BY id")]
    assert actions == ["sign_in.asked", "person.created", "sign_in.succeeded", "sign_in.refused"]
    [(address, token)] = running.query(
        "SELECT DISTINCT ip_address, position(%s IN details::text) FROM audit_logs", path.rpartition("/")[2]
    )
    assert (address, token) == ("127.0.0.1", 0)


def test_a_sign_in_by_a_browser_that_lacks_the_cookie_of_the_last_one_is_mailed_to_its_person(database: str) -> None:
    settings = {
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "backlog@example.com",
        "BASE_URL": running_site.ADDRESS,
    }
    with running_site.run_site(database, settings) as site:
        first, second = browser(site), browser(site)
        for one in (first, first, second, first):
            one.cookies.pop("slb_session", None)
            one.post("/sign-in", one.get("/sign-in"), email=CAROL)
            [(salt,)] = site.query("SELECT salt FROM sign_in_links")
            path = "/sign-in/link/" + hmac.digest(SECRET_KEY.encode(), b"sign-in link " + salt, "sha256").hex()
            assert one.post(path, one.get(path)).status_code == 303
        assert site.query("SELECT recipient, count(*) FROM outgoing_mails WHERE kind = 'browser_new' GROUP BY 1") == [
            (CAROL, 1)
        ]
