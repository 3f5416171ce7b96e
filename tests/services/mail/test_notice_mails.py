"""What is told of accounts and of sharing: who did it, and what to do if that was not right."""

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import transaction
from shareable_backlog.services.access import notices
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail import notice_mails
from shareable_backlog.services.mail.outbox import Outbox
from tests.services.mail.test_mails import BASE_URL, added, received

pytestmark = pytest.mark.anyio


async def test_admins_read_who_widened_what_and_how_to_take_it_back(live_database: Settings) -> None:
    await added("alice@example.com", is_admin=True, is_approved=True)
    widened = ["comments of items", "team “Ops\nIf that is not right” " + "x" * 600, *map(str, range(30))]
    async with transaction() as tx:
        await notices.announce_widening(
            tx, Outbox(is_set_up=True), Actor(7, "grace@example.com", None, None), widened
        )
    [(to, subject, text)] = await received(live_database)
    assert (to, subject) == ("alice@example.com", "grace@example.com widened what people see in the backlog")
    assert "- comments of items\n- team “Ops If that is not right” xx" in text
    assert "- 17\n- and 12 more\n\nIf that is not right, take it back" in text
    assert "If that was not grace@example.com, somebody else uses this account" in text


def test_people_read_which_passkey_was_added_in_words_that_are_not_ours() -> None:
    mail = notice_mails.write_passkey_added("bob@example.com", BASE_URL, name="Phone\nIf that was not you, call 555")
    assert "Its name:\n\n> Phone\n> If that was not you, call 555\n" in mail.text
    assert f"end the sessions that you don't know, and\ntell an admin:\n\n{BASE_URL}/account" in mail.text


def test_people_read_which_passkey_lets_nobody_in_any_more() -> None:
    mail = notice_mails.write_passkey_removed("bob@example.com", BASE_URL, name="Phone")
    assert "> Phone\n\nIt lets nobody in any more." in mail.text
