"""Nobody can have mails sent, or guess, without end; who has a right link isn't held up by those who try."""

import contextlib

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.errors import SignInFailed, TooMany
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.access.sign_in import SignInConfig
from shareable_backlog.services.access.sign_in_limits import SignInLimits
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

BASE_URL = "https://backlog.example.com"
ENTRANCE = SignInConfig(SECRET_KEY.encode(), BASE_URL, frozenset(), Outbox(is_set_up=True), is_open_in_log=False)
CAROL, BROWSER = "carol@example.com", "browser-of-carol"
NOBODY = Actor(None, None, "192.0.2.7", "Firefox")


async def ask(email: str = CAROL, actor: Actor = NOBODY, entrance: SignInConfig = ENTRANCE) -> tuple[str, str]:
    """Ask for a link and return its token and its code, as the mail says them."""
    await sign_in.send_link(entrance, email, BROWSER, "/items/ENG-1", actor)
    [(link_id,)] = await query("SELECT max(id) FROM sign_in_links")
    written = await sign_in.find_url_and_code(ENTRANCE, {"link_id": link_id})
    assert written
    return written[0].rpartition("/")[2], written[1]


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        (None, None, True),
        (None, "unix", True),
    ],
)
async def test_a_household_is_limited_as_one_and_its_neighbours_are_not(
    first: str | None, second: str | None, *, is_one: bool
) -> None:
    entrance = replace(ENTRANCE, limits=SignInLimits(mails_per_network=1))
    await ask(actor=replace(NOBODY, ip_address=first), entrance=entrance)
    if is_one:
        with pytest.raises(TooMany, match="Wait 15 minutes"):
            await ask(actor=replace(NOBODY, ip_address=second), entrance=entrance)
    else:
        await ask(actor=replace(NOBODY, ip_address=second), entrance=entrance)


async def test_beyond_the_limit_of_a_mail_address_the_last_link_stays_good_wherever_others_ask_from() -> None:
    entrance = replace(ENTRANCE, limits=SignInLimits(mails_per_person=1))
    token, _ = await ask()
    await sign_in.send_link(entrance, CAROL, "browser-of-mallory", "/", replace(NOBODY, ip_address="203.0.113.9"))
    sent = await query("SELECT details ->> 'sent' FROM audit_logs WHERE action = 'sign_in.asked' ORDER BY id")
    assert sent == [("true",), ("false",)]
    assert await query("SELECT count(*) FROM outgoing_mails") == [(1,)]
    assert (await sign_in.redeem_link(ENTRANCE, token, BROWSER, "", NOBODY)).next_path == "/items/ENG-1"


async def test_right_links_work_however_often_others_guess_from_the_same_network(database: str) -> None:
    let_in(database, "bob")
    entrance = replace(ENTRANCE, limits=SignInLimits(tries_per_network=1))
    made = await sign_in.create_link(SECRET_KEY.encode(), BASE_URL, "bob@example.com")
    token, code = await ask()
    for wait in (contextlib.nullcontext(), pytest.raises(TooMany)):
        with wait, pytest.raises(SignInFailed):
            await sign_in.redeem_link(entrance, "guessed", BROWSER, "", NOBODY)
    with pytest.raises(TooMany):
        await sign_in.redeem_link(entrance, token, "another browser", code, NOBODY)
    await sign_in.redeem_link(entrance, made.rpartition("/")[2], None, "", NOBODY)
    await sign_in.redeem_link(entrance, token, BROWSER, "", NOBODY)
    with pytest.raises(TooMany):
        await sign_in.redeem_link(entrance, token, BROWSER, "", NOBODY)


async def test_nobody_who_asks_for_a_mail_ends_the_operators_link(database: str) -> None:
    let_in(database, "bob")
    first, made = [await sign_in.create_link(SECRET_KEY.encode(), BASE_URL, "bob@example.com") for _ in range(2)]
    await ask("bob@example.com")
    await sign_in.redeem_link(ENTRANCE, made.rpartition("/")[2], None, "", NOBODY)
    with pytest.raises(SignInFailed):
        await sign_in.redeem_link(ENTRANCE, first.rpartition("/")[2], None, "", NOBODY)
