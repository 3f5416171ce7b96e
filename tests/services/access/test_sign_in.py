"""Letting people in, way by way: what a link, a provider or a proxy proves, and what is kept and recorded of it.

What all of it looks like in a browser is stated in tests/controllers/access.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from shareable_backlog.database import query
from shareable_backlog.database.access import rate_limits
from shareable_backlog.errors import DatabaseFailed, SignInFailed
from shareable_backlog.services.access import open_links, page_users, sign_in
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.access.sign_in import ProxyUser, SignInConfig
from shareable_backlog.services.audit import strangers
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import Outbox
from shareable_backlog.tasks import end_tasks
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

BASE_URL = "https://backlog.example.com"
ENTRANCE = SignInConfig(SECRET_KEY.encode(), BASE_URL, frozenset(), Outbox(is_set_up=True), is_open_in_log=False)
CAROL, BROWSER = "carol@example.com", "browser-of-carol"
NOBODY = Actor(None, None, "192.0.2.7", "Firefox")
LIMITS = SessionLimits(idle_hours=1, max_days=1)
COUNT: LiteralString = "(SELECT count(*) FROM"
WRONG = "That isn't the code from the latest email. After five wrong tries it stops working."
NO_GOOD = "This link or code is no longer valid. Ask for a new one and use it within ten minutes."
ENDED = "An admin has ended or declined access for this address. Ask an admin if you think that's a mistake."


async def ask(email: str = CAROL, actor: Actor = NOBODY) -> tuple[str, str]:
    """Ask for a link and return its token and its code, as the mail says them."""
    await sign_in.send_link(ENTRANCE, email, BROWSER, "/items/ENG-1", actor)
    [(link_id,)] = await query("SELECT max(id) FROM sign_in_links")
    written = await sign_in.find_url_and_code(ENTRANCE, {"link_id": link_id})
    assert written
    return written[0].rpartition("/")[2], written[1]


async def people() -> list[tuple[str, bool, bool]]:
    """Return everybody's mail address, and whether they are admins and approved."""
    return [tuple(row) for row in await query("SELECT email, is_admin, is_approved FROM users ORDER BY id")]


async def records(action: str) -> list[tuple[str | None, dict[str, Any]]]:
    """Return who did this, and the details."""
    found = await query(
        "SELECT actor_email, details FROM audit_logs WHERE action = %(action)s ORDER BY id", {"action": action}
    )
    return [(email, details) for email, details in found]


async def test_a_mail_is_of_use_for_as_long_as_its_link() -> None:
    await ask()
    [(mail_s, link_s)] = await query(
        "SELECT extract(epoch FROM m.expires_at - now())::float, extract(epoch FROM l.expires_at - now())::float"
        " FROM outgoing_mails m, sign_in_links l"
    )
    assert mail_s == pytest.approx(link_s, abs=5)
    assert 500 < link_s <= sign_in.LINK_LIVES_S == 600


async def test_a_link_is_written_anew_each_time_from_what_alone_lets_nobody_in() -> None:
    token, code = await ask()
    assert await ask(email="bob@example.com") != (token, code)
    [(link_id,)] = await query("SELECT id FROM sign_in_links WHERE email = %(email)s", {"email": CAROL})
    letter = await sign_in.find_url_and_code(ENTRANCE, {"link_id": link_id})
    assert letter == (f"{BASE_URL}/sign-in/link/{token}", code)
    [(stored,)] = await query("SELECT string_agg(to_jsonb(l)::text, '') FROM sign_in_links l")
    assert (token in stored, f'"{code}"' in stored) == (False, False)
    stolen = await sign_in.find_url_and_code(replace(ENTRANCE, secret_key=b"guessed" * 5), {"link_id": link_id})
    assert stolen
    with pytest.raises(SignInFailed):
        await open_links.read_link(stolen[0].rpartition("/")[2], BROWSER)


@pytest.mark.parametrize("gone", ["used_at = now()", "expires_at = now()", "tries_left = 0"])
async def test_for_a_link_that_is_good_no_more_no_letter_is_written(gone: LiteralString) -> None:
    await ask()
    [(link_id,)] = await query(f"UPDATE sign_in_links SET {gone} RETURNING id")
    assert await sign_in.find_url_and_code(ENTRANCE, {"link_id": link_id}) is None
    assert await sign_in.find_url_and_code(ENTRANCE, {"link_id": link_id + 1}) is None


@pytest.mark.parametrize("is_open_in_log", [True, False])
async def test_a_link_stands_in_the_log_only_where_the_log_is_the_way_to_hand_it_over(
    *, is_open_in_log: bool
) -> None:
    with capture_logs() as logged:
        entrance = replace(ENTRANCE, is_open_in_log=is_open_in_log)
        await sign_in.send_link(entrance, CAROL, BROWSER, "/", NOBODY)
    assert [event["event"] for event in logged] == (["sign_in_link"] if is_open_in_log else [])


@pytest.mark.owner
async def test_an_asking_that_can_not_be_recorded_sends_nothing() -> None:
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'sign_in.asked')")
    with pytest.raises(DatabaseFailed):
        await ask()
    assert await query(f"SELECT {COUNT} sign_in_links), {COUNT} outgoing_mails)") == [(0, 0)]


@pytest.mark.parametrize("token", ["", "0" * 64, "\ud800"])
async def test_a_link_that_nobody_was_sent_is_good_for_nothing(token: str) -> None:
    await ask()
    with pytest.raises(SignInFailed, match="no longer valid"):
        await open_links.read_link(token, BROWSER)
    with pytest.raises(SignInFailed, match="no longer valid"):
        await sign_in.redeem_link(ENTRANCE, token, BROWSER, "", NOBODY)


async def test_wrong_codes_count_together_whichever_way_they_come() -> None:
    token, code = await ask()
    wrong = "111111" if code != "111111" else "222222"
    for _ in range(3):
        with pytest.raises(SignInFailed, match="isn't the code from the latest email"):
            await sign_in.redeem_code(ENTRANCE, BROWSER, wrong, NOBODY)
    for _ in range(2):
        with pytest.raises(SignInFailed, match="isn't the code from the latest email"):
            await sign_in.redeem_link(ENTRANCE, token, "another", wrong, NOBODY)
    with pytest.raises(SignInFailed, match="no longer valid"):
        await sign_in.redeem_link(ENTRANCE, token, BROWSER, "", NOBODY)
    await strangers.write_sums(datetime.now(UTC))
    recorded = [
        (details["reason"] if "reason" in details else details["count"])
        for _, details in await records("sign_in.refused")
    ]
    assert recorded == [WRONG, NO_GOOD, 4], "and each is on record, the first of its kind by itself"


@pytest.mark.parametrize("browser", [None, "", "another"])
async def test_a_code_is_worth_nothing_without_the_browser_that_asked(browser: str | None) -> None:
    _, code = await ask()
    with pytest.raises(SignInFailed, match="no longer valid"):
        await sign_in.redeem_code(ENTRANCE, browser, code, NOBODY)


async def test_how_somebody_came_in_is_recorded_as_theirs() -> None:
    token, code = await ask()
    signed_in = await sign_in.redeem_link(ENTRANCE, token, "another", code, NOBODY)
    found = await page_users.find_page_user(signed_in.token, LIMITS)
    assert found
    assert (found.user.email, found.user.method, found.user.state) == (CAROL, "code", "pending")
    assert await records("sign_in.succeeded") == [(CAROL, {"method": "code"})]
    assert [email for email, _ in await records("person.created")] == [CAROL]


async def test_the_operators_link_is_good_for_an_hour_in_any_browser_without_a_code() -> None:
    await ask()
    url = await sign_in.create_link(ENTRANCE.secret_key, BASE_URL, CAROL)
    [(lives_s,)] = await query("SELECT extract(epoch FROM expires_at - now())::float FROM sign_in_links")
    assert 3500 < lives_s <= 3600, "and earlier links of the address are worthless"
    token = url.removeprefix(f"{BASE_URL}/sign-in/link/")
    assert not (await open_links.read_link(token, None)).needs_code
    assert (await sign_in.redeem_link(ENTRANCE, token, None, "", NOBODY)).next_path == "/"
    assert (await records("sign_in.asked"))[-1] == ("operator", {"email": CAROL, "sent": False})


async def test_a_mail_address_is_its_persons_in_whatever_letters_they_are_known() -> None:
    await query("INSERT INTO users (email, is_approved) VALUES ('Carol@Example.com', true)")
    token, _ = await ask()
    await sign_in.redeem_link(ENTRANCE, token, BROWSER, "", NOBODY)
    assert await people() == [("Carol@Example.com", False, True)]
    assert await records("person.created") == []


async def test_nobody_whose_access_was_ended_comes_in_by_another_spelling(database: str) -> None:
    let_in(database, "dora")
    await query("INSERT INTO users (email, is_approved) VALUES ('Dora@example.com', true)")
    with pytest.raises(SignInFailed, match="ended or declined"):
        await sign_in.accept_proxy_user(ENTRANCE, ProxyUser("Dora@example.com"), NOBODY)


async def test_a_new_person_who_comes_twice_at_once_is_one_person_and_created_once() -> None:
    both = await asyncio.gather(*(sign_in.accept_proxy_user(ENTRANCE, ProxyUser(CAROL), NOBODY) for _ in range(2)))
    assert both[0].token == both[1].token, "and has one session"
    assert await query("SELECT count(*) FROM sessions") == [(1,)]
    assert await people() == [(CAROL, False, False)]
    assert len(await records("person.created")) == 1


async def test_a_refusal_is_recorded_with_its_words_and_leaves_no_session(database: str) -> None:
    let_in(database, "edgar")
    await query("DELETE FROM sessions")
    with pytest.raises(SignInFailed, match="ended or declined"):
        await sign_in.accept_proxy_user(ENTRANCE, ProxyUser("edgar@example.com"), NOBODY)
    assert await records("sign_in.refused") == [(None, {"reason": ENDED})]
    assert await query("SELECT outcome FROM audit_logs WHERE action = 'sign_in.refused'") == [("refused",)]
    assert await query("SELECT 1 FROM sessions") == []


async def test_a_named_admin_is_made_one_once_on_record_and_for_good() -> None:
    entrance = replace(ENTRANCE, admin_emails=frozenset({CAROL}))
    await query("INSERT INTO users (email, is_approved, access_until) VALUES ('Carol@example.com', true, now())")
    for _ in range(2):
        await sign_in.accept_proxy_user(entrance, ProxyUser(CAROL), NOBODY)
    assert await people() == [("Carol@example.com", True, True)]
    assert await query("SELECT access_until FROM users") == [(None,)]
    assert await records("person.promoted") == [("Carol@example.com", {"by": "ADMIN_EMAILS"})]


async def test_a_named_admin_who_was_disabled_stays_out(database: str) -> None:
    let_in(database, "dora")
    entrance = replace(ENTRANCE, admin_emails=frozenset({"dora@example.com"}))
    with pytest.raises(SignInFailed, match="ended or declined"):
        await sign_in.accept_proxy_user(entrance, ProxyUser("dora@example.com"), NOBODY)
    assert await people() == [("dora@example.com", False, True)]


async def test_the_samples_link_is_for_an_admin_who_has_no_address_and_works_again_at_the_next_start() -> None:
    for _ in range(2):
        url = await sign_in.create_sample_link(ENTRANCE)
        assert url
        await sign_in.redeem_link(ENTRANCE, url.rpartition("/")[2], None, "", NOBODY)
    assert await people() == [("admin@sample.invalid", True, True)]
    assert len(await records("person.promoted")) == 1


async def test_nobody_is_let_in_as_a_reader_of_the_sample() -> None:
    await query("INSERT INTO users (email, is_approved) VALUES ('anna@sample.invalid', true)")
    url = await sign_in.create_link(ENTRANCE.secret_key, BASE_URL, "anna@sample.invalid")
    with pytest.raises(SignInFailed, match="made-up"):
        await sign_in.redeem_link(ENTRANCE, url.rpartition("/")[2], None, "", NOBODY)
    with pytest.raises(SignInFailed, match="made-up"):
        await sign_in.accept_proxy_user(ENTRANCE, ProxyUser("Anna@Sample.invalid"), NOBODY)


async def test_where_there_is_an_admin_the_sample_makes_none(database: str) -> None:
    let_in(database, "alice")
    assert await sign_in.create_sample_link(ENTRANCE) is None
    assert await people() == [("alice@example.com", True, True)]


@pytest.mark.owner
async def test_what_is_too_old_to_be_of_use_is_deleted_again_and_again_after_a_failure_too(
    monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.setattr(sign_in, "_CLEANED_EVERY_S", 0)
    let_in(database, "alice", "bob")
    await ask()
    await ask("bob@example.com")
    await query("UPDATE sign_in_links SET expires_at = now() - interval '2 days' WHERE email = 'bob@example.com'")
    await query(
        "UPDATE sessions SET created_at = now() - interval '2 days' WHERE id = (SELECT max(id) FROM sessions)"
    )
    await rate_limits.allow_try("once", 1, 60)
    await query("UPDATE rate_limits SET window_starts_at = now() - interval '2 days' WHERE count = 2")
    await query("ALTER TABLE sign_in_links RENAME TO links_of_yore")
    with capture_logs() as logged:
        cleaning = asyncio.create_task(sign_in.keep_deleting_old(LIMITS))
        async with asyncio.timeout(20):
            while not logged:  # noqa: ASYNC110 (the log tells nobody)
                await asyncio.sleep(0)
            await query("ALTER TABLE links_of_yore RENAME TO sign_in_links")
            while await kept() != [(1, 1, 1)]:
                assert not cleaning.done()
    await end_tasks(cleaning)


async def kept() -> list[tuple[int, ...]]:
    """Count the links, the sessions and the windows of tries."""
    return [
        tuple(row) for row in await query(f"SELECT {COUNT} sign_in_links), {COUNT} sessions), {COUNT} rate_limits)")
    ]
