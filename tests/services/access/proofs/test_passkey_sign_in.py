"""A passkey leads to the same gate as every other way, whichever process and however many at once."""

import asyncio
from typing import LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import passkeys
from shareable_backlog.errors import SignInFailed
from shareable_backlog.services.access import sign_in
from shareable_backlog.services.access.proofs import ceremonies, challenges
from shareable_backlog.services.access.proofs.ceremonies import RelyingParty
from shareable_backlog.services.access.proofs.passkey_sign_in import PasskeyAnswer, accept_passkey
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.access.sign_in import NewSession, ProxyUser, SignInConfig
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import NO_MAILS
from tests.fakes.authenticator import Authenticator
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

KEY = SECRET_KEY.encode()
PARTY = RelyingParty("backlog.example.com", "https://backlog.example.com")
CONFIG = SignInConfig(KEY, PARTY.origin, frozenset({"bob@example.com"}), NO_MAILS, is_open_in_log=False)
LIMITS = SessionLimits(idle_hours=24, max_days=30)
SOMEBODY = Actor(None, None, "192.0.2.9", "a browser")


async def add_passkey(user_id: int) -> Authenticator:
    passkey = Authenticator(PARTY.origin, PARTY.id)
    options = ceremonies.build_creation_options(
        PARTY, bytes(32), user_handle=b"handle", email="bob@example.com", known_ids=()
    )
    new = ceremonies.verify_registration(PARTY, bytes(32), passkey.create(options))
    async with transaction() as tx:
        await passkeys.add_passkey(
            tx,
            user_id=user_id,
            credential_id=new.credential_id,
            credential=new.credential,
            user_handle=b"handle",
            sign_count=0,
            name="Phone",
        )
    return passkey


async def test_of_ten_times_the_same_answer_at_once_one_gets_in(database: str) -> None:
    passkey = await add_passkey(let_in(database)["bob"])
    challenge = challenges.make_challenge(KEY, challenges.SIGN_IN)
    answer = passkey.get(ceremonies.build_request_options(PARTY, challenge.value))
    given = PasskeyAnswer(answer=answer, cookie=challenge.cookie, next_path="/")
    tries = (accept_passkey(CONFIG, PARTY, LIMITS, given, SOMEBODY) for _ in range(10))
    ends = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == [NewSession.__name__] + [SignInFailed.__name__] * 9
    assert await query("SELECT count(*) FROM sessions WHERE method = 'passkey'") == [(1,)]


async def test_a_device_that_names_nobody_is_known_by_its_passkey(database: str) -> None:
    bob = let_in(database)["bob"]
    passkey = await add_passkey(bob)
    passkey.user_handle = None
    session = await use(passkey, "/board")
    assert (session.user_id, session.next_path) == (bob, "/board")


async def use(passkey: Authenticator, next_path: str = "/") -> NewSession:
    challenge = challenges.make_challenge(KEY, challenges.SIGN_IN)
    answer = passkey.get(ceremonies.build_request_options(PARTY, challenge.value))
    given = PasskeyAnswer(answer=answer, cookie=challenge.cookie, next_path=next_path)
    return await accept_passkey(CONFIG, PARTY, LIMITS, given, SOMEBODY)


@pytest.mark.parametrize("vouched_at", ["NULL", "now() - interval '30 days 1 second'"])
async def test_who_came_in_no_other_way_for_as_long_as_a_session_lives_may_have_left(
    database: str, vouched_at: LiteralString
) -> None:
    passkey = await add_passkey(let_in(database)["bob"])
    await query(f"UPDATE users SET vouched_at = {vouched_at}")
    with pytest.raises(SignInFailed, match="that way once"):
        await use(passkey)
    assert await query("SELECT count(*) FROM sessions WHERE method = 'passkey'") == [(0,)]
    await sign_in.accept_proxy_user(CONFIG, ProxyUser("bob@example.com"), SOMEBODY)
    await use(passkey)


async def test_a_passkey_does_not_vouch_for_its_person_itself(database: str) -> None:
    passkey = await add_passkey(let_in(database)["bob"])
    await query("UPDATE users SET vouched_at = now() - interval '29 days'")
    await use(passkey)
    assert await query("SELECT count(*) FROM users WHERE vouched_at > now() - interval '1 day'") == [(0,)]
