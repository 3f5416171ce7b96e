"""Browsers are known again by their cookie, and people are mailed of a sign-in in another one."""

from time import time

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Secret, Settings
from shareable_backlog.database import query
from shareable_backlog.services.access.proofs import known_browsers
from shareable_backlog.services.access.proofs.known_browsers import BrowserMarks, add_mark, is_marked, welcome_browser
from shareable_backlog.services.access.sign_in import NewSession, SignInConfig
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail import mails, outbox
from shareable_backlog.services.mail.outbox import Outbox
from tests.fakes import smtp
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = pytest.mark.anyio

KEY = SECRET_KEY.encode()
ENTRANCE = SignInConfig(KEY, "https://backlog.example.com", frozenset(), Outbox(is_set_up=True), is_open_in_log=False)
SOMEWHERE = Actor(None, None, "192.0.2.9", "Mozilla/5.0")
BOB, ALICE = 2, 1


async def greet(cookie: str | None, *, is_first: bool = False, was: int | None = None, user_id: int = BOB) -> str:
    """Sign bob in, in a browser with this cookie in which `was` is signed in, and return its cookie from then on."""
    session = NewSession(token="", next_path="/", user_id=user_id, email="bob@example.com", is_first=is_first)
    return await welcome_browser(ENTRANCE, session, BrowserMarks(cookie, "Firefox on Windows", was), SOMEWHERE)


async def count_mails() -> int:
    [(count,)] = await query("SELECT count(*) FROM outgoing_mails WHERE kind = 'browser_new'")
    return count


async def test_a_new_browser_is_mailed_to_its_person_with_what_to_do(live_database: Settings) -> None:
    await greet(None)
    settings = replace(live_database, mail_from="backlog@example.com")
    async with smtp.run_mail_server() as server:
        settings = replace(settings, smtp_url=Secret(f"smtp://127.0.0.1:{server.port}"))
        await outbox.send_waiting(settings, mails.build_renderers(ENTRANCE))
    [mail] = server.received
    assert (mail["To"], mail["Subject"]) == ("bob@example.com", "A new browser signed in to the backlog as you")
    assert "\nFirefox on Windows, from 192.0.2.9, 20" in mail.get_content()
    assert "end that session here, and\ntell an admin:\n\nhttps://backlog.example.com/account" in mail.get_content()


@pytest.mark.usefixtures("live_database")
async def test_a_browser_that_has_its_cookie_is_not_mailed_of_again() -> None:
    cookie = await greet(None)
    again = await greet(cookie)
    assert await count_mails() == 1
    await greet(again)
    assert await count_mails() == 1


@pytest.mark.usefixtures("live_database")
async def test_the_first_sign_in_of_all_is_not_mailed_of_and_the_next_elsewhere_is() -> None:
    cookie = await greet(None, is_first=True)
    assert await count_mails() == 0
    assert is_marked(KEY, cookie, BOB)
    await greet(None)
    assert await count_mails() == 1


@pytest.mark.usefixtures("live_database")
async def test_where_the_person_is_signed_in_already_nothing_is_new() -> None:
    await greet(None, was=BOB)
    assert await count_mails() == 0
    await greet(None, was=ALICE)
    assert await count_mails() == 1


@pytest.mark.usefixtures("live_database")
async def test_nobody_gets_more_than_five_mails_a_day(database: str) -> None:
    let_in(database)
    for _ in range(7):
        await greet(None)
    assert await count_mails() == 5
    await greet(None, user_id=ALICE)
    assert await count_mails() == 6


async def test_one_browser_is_known_to_several_people_of_whom_the_last_five_stay() -> None:
    cookie = None
    for user_id in (1, 2, 3, 1, 4, 5, 6):
        cookie = add_mark(KEY, cookie, user_id)
    assert [is_marked(KEY, cookie, user_id) for user_id in range(1, 8)] == [True, False, *[True] * 4, False]
    assert len(cookie or "") < 500


@pytest.mark.parametrize("cookie", ["", ".", "-", "x-y", "zz-" + "0" * 64, "a" * 1999, "…"])
async def test_what_is_no_cookie_of_ours_marks_nobody_and_is_replaced(cookie: str) -> None:
    assert not is_marked(KEY, cookie, BOB)
    replaced = add_mark(KEY, cookie, BOB)
    assert is_marked(KEY, replaced, BOB)
    assert len(replaced) < 500


async def test_a_mark_of_another_person_or_key_or_of_long_ago_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = add_mark(KEY, None, ALICE)
    assert not is_marked(KEY, cookie, BOB)
    assert not is_marked(b"another key", cookie, ALICE)
    monkeypatch.setattr(known_browsers, "time", lambda: time() + known_browsers.LIVES_S + 1)
    assert not is_marked(KEY, cookie, ALICE)
