"""ADMIN_EMAILS makes somebody an admin once, and overrules no admin."""

from collections.abc import Collection

import pytest
from structlog.testing import capture_logs

from shareable_backlog.database import query
from shareable_backlog.services.access import approvals, sign_in
from shareable_backlog.services.access.people import read_user_id
from shareable_backlog.services.access.sign_in import ProxyUser, SignInConfig
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import SECRET_KEY, let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

CAROL = "carol@example.com"
OUTBOX = Outbox(is_set_up=True)


async def come(admin_emails: Collection[str] = (CAROL,)) -> None:
    """Let carol sign in while ADMIN_EMAILS names these."""
    config = SignInConfig(
        SECRET_KEY.encode(), "https://backlog.example.com", frozenset(admin_emails), OUTBOX, is_open_in_log=False
    )
    await sign_in.accept_proxy_user(config, ProxyUser(CAROL), Actor(None, None, "192.0.2.7", "Firefox"))


async def carol() -> tuple[bool, bool]:
    """Return whether carol is an admin, and approved."""
    [(is_admin, is_approved)] = await query(
        "SELECT is_admin, is_approved FROM users WHERE lower(email) = %(email)s", {"email": CAROL}
    )
    return is_admin, is_approved


@pytest.mark.parametrize("has_signed_in", [True, False])
async def test_a_named_admin_whom_an_admin_demoted_stays_a_reader(database: str, *, has_signed_in: bool) -> None:
    let_in(database, "alice")
    if has_signed_in:
        await come()
    else:
        await approvals.create_person(OPERATOR, "Carol@example.com", scope=None, is_admin=True)
    user_id = await read_user_id(CAROL)
    await approvals.carry_out_decision(OUTBOX, OPERATOR, [user_id], "demote")
    with capture_logs() as logged:
        for _ in range(2):
            await come()
    assert await carol() == (False, True)
    assert [(event["event"], event["user_id"]) for event in logged] == [("admin_emails_not_followed", user_id)] * 2


async def test_a_named_admin_whom_an_admin_deleted_comes_back_as_anybody_does(database: str) -> None:
    let_in(database, "alice", "bob")
    await come()
    await approvals.delete_person(OPERATOR, await read_user_id(CAROL), CAROL)
    for _ in range(2):
        await come()
    assert await carol() == (False, False)


async def test_a_reader_who_is_named_after_the_first_sign_in_stays_one() -> None:
    await come(())
    await query("UPDATE users SET is_approved = true")
    await come()
    assert await carol() == (False, True)


async def test_who_still_waits_is_an_admin_once_named() -> None:
    """As of an operator who signs in first and reads about ADMIN_EMAILS then."""
    await come(())
    await come()
    assert await carol() == (True, True)
