"""Adding and removing passkeys is one act with one record, whoever does it."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import InvalidInput, NotFound
from shareable_backlog.services.access.proofs.ceremonies import RelyingParty
from shareable_backlog.services.access.sign_in import SignInConfig
from shareable_backlog.services.account import passkeys
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.fakes.authenticator import Authenticator
from tests.support.signed_in import SECRET_KEY, let_in, read_page_user

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

PARTY = RelyingParty("backlog.example.com", "https://backlog.example.com")
CONFIG = SignInConfig(SECRET_KEY.encode(), PARTY.origin, frozenset(), Outbox(is_set_up=True), is_open_in_log=False)
ALICE = Actor(None, "alice@example.com", None, None)


async def add(name: str) -> Authenticator:
    """Add a passkey of bob's."""
    bob = (await read_page_user("bob")).user
    challenge, options = await passkeys.begin_passkey(CONFIG, PARTY, bob, name)
    passkey = Authenticator(PARTY.origin, PARTY.id)
    await passkeys.add_passkey(
        CONFIG,
        PARTY,
        bob.user_id,
        name=name,
        cookie=challenge.cookie,
        answer=passkey.create(options),
        actor=Actor(bob.user_id, bob.email, None, None),
    )
    return passkey


async def test_all_passkeys_of_a_person_have_the_same_handle_which_says_nothing_of_them(database: str) -> None:
    bob = let_in(database)["bob"]
    first, second = await add("Phone"), await add("Key")
    assert first.user_handle == second.user_handle
    assert len(first.user_handle or b"") == 32
    assert [one.name for one in await passkeys.list_passkeys(bob)] == ["Key", "Phone"]


async def test_who_has_none_left_is_told_so_and_nothing_is_recorded(database: str) -> None:
    ids = let_in(database)
    await add("Phone")
    await passkeys.remove_passkeys(CONFIG.outbox, ALICE, ids["bob"])
    for user_id, passkey_id in ((ids["bob"], None), (ids["alice"], 1), (99_999, None)):
        with pytest.raises(NotFound):
            await passkeys.remove_passkeys(CONFIG.outbox, ALICE, user_id, passkey_id)
    assert await query("SELECT count(*) FROM audit_logs WHERE action = 'passkey.removed'") == [(1,)]


@pytest.mark.parametrize("cookie", [None, "", "invented"])
async def test_without_the_challenge_of_this_browser_nothing_is_added(database: str, cookie: str | None) -> None:
    bob = let_in(database)["bob"]
    with pytest.raises(InvalidInput, match="Begin again"):
        await passkeys.add_passkey(CONFIG, PARTY, bob, name="Phone", cookie=cookie, answer="{}", actor=ALICE)
