"""Whoever's code is guessed at is told by mail, once a day, and so are the admins; nobody else is mailed."""

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.services.access.code_notices import announce_closed_codes
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

MALLORY = Actor(None, None, "192.0.2.7", "Firefox")


async def announce(email: str) -> list[tuple[str, str]]:
    async with transaction() as tx:
        await announce_closed_codes(tx, Outbox(is_set_up=True), email, MALLORY)
    return [(kind, to) for kind, to in await query("SELECT kind, recipient FROM outgoing_mails ORDER BY id")]


async def test_a_person_and_the_admins_are_told_and_it_is_on_record_as_theirs(database: str) -> None:
    bob = let_in(database)["bob"]
    assert await announce("bob@example.com") == [
        ("codes_closed", "bob@example.com"),
        ("codes_closed_admin", "alice@example.com"),
    ]
    assert await query("SELECT action, resource_id, ip_address, outcome FROM audit_logs") == [
        ("codes.closed", str(bob), "192.0.2.7", "refused")
    ]


async def test_an_admin_is_told_once_of_their_own(database: str) -> None:
    let_in(database)
    assert await announce("alice@example.com") == [("codes_closed", "alice@example.com")]


@pytest.mark.parametrize("name", ["nobody", "dora", "edgar"])
async def test_who_can_not_sign_in_anyway_gets_no_mail_and_is_on_record(database: str, name: str) -> None:
    let_in(database, "alice", "dora", "edgar")
    assert await announce(f"{name}@example.com") == []
    assert await query("SELECT details ->> 'email' FROM audit_logs") == [(f"{name}@example.com",)]
