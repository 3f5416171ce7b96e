"""The mails that wait: taken by one process at a time, tried again later, given up, and forgotten after a week."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.mail import outgoing_mails
from shareable_backlog.database.mail.outgoing_mails import OutboxState, OutgoingMail

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

LATER = datetime.now(UTC) + timedelta(hours=1)
BOB = "bob@example.com"


async def add(recipient: str = BOB, *, kind: str = "notice", expires_at: datetime = LATER) -> None:
    async with transaction() as tx:
        await outgoing_mails.add_mail(tx, kind, recipient, {"say": "Hello", "link_id": 7}, expires_at)


async def take(*kinds: str, limit: int = 10, claimed_s: float = 60) -> list[OutgoingMail]:
    return await outgoing_mails.take_mails(kinds or ("notice",), limit, claimed_s)


async def take_one() -> OutgoingMail:
    [mail] = await take()
    return mail


async def make_due() -> None:
    """Let the time of the next try come for all that wait."""
    await query("UPDATE outgoing_mails SET next_try_at = now()")


async def alter(recipient: str, changes: LiteralString) -> None:
    await query("UPDATE outgoing_mails SET " + changes + " WHERE recipient = %(to)s", {"to": recipient})


async def list_recipients() -> list[str]:
    return [to for (to,) in await query("SELECT recipient FROM outgoing_mails ORDER BY id")]


async def test_a_new_mail_can_be_taken_at_once_as_it_was_stored() -> None:
    await add()
    mail = await take_one()
    assert mail == OutgoingMail(mail.id, "notice", BOB, {"say": "Hello", "link_id": 7}, LATER, 1, None)


async def test_a_mail_that_was_taken_is_kept_from_others_as_long_as_was_said() -> None:
    await add()
    [mail] = await take(claimed_s=60)
    assert await take() == []
    assert await query("SELECT next_try_at > now() + interval '50 seconds' FROM outgoing_mails") == [(True,)]
    await make_due()
    assert (await take_one()).tries == mail.tries + 1


async def test_only_the_kinds_that_are_asked_for_are_taken() -> None:
    await add()
    await add(kind="sign_in")
    assert [mail.kind for mail in await take("sign_in", "unheard_of")] == ["sign_in"]


async def test_of_more_than_the_limit_those_are_taken_that_expire_first() -> None:
    for number, hours in enumerate((3, 1, 2, 1)):
        await add(f"{number}@example.com", expires_at=LATER + timedelta(hours=hours))
    assert {mail.recipient for mail in await take(limit=2)} == {"1@example.com", "3@example.com"}
    assert {mail.recipient for mail in await take(limit=1)} == {"2@example.com"}


async def test_a_mail_that_another_process_is_taking_is_left_to_it(database: str) -> None:
    await add("1@example.com")
    await add("2@example.com")
    with psycopg.connect(database) as other:
        other.execute("SELECT 1 FROM outgoing_mails WHERE recipient = '1@example.com' FOR UPDATE")
        assert [mail.recipient for mail in await take()] == ["2@example.com"]


async def test_a_mail_that_was_sent_is_gone() -> None:
    await add()
    await add("alice@example.com")
    await outgoing_mails.delete_mail(next(mail for mail in await take() if mail.recipient == BOB))
    assert await list_recipients() == ["alice@example.com"]


async def test_a_mail_that_was_put_off_waits_and_knows_its_last_fault() -> None:
    await add()
    await outgoing_mails.postpone_mail(await take_one(), 600, "The mail server can't be reached.")
    assert await take() == []
    [(wait_s,)] = await query("SELECT extract(epoch FROM next_try_at - now())::float FROM outgoing_mails")
    assert 590 < wait_s <= 600
    await make_due()
    assert (await take_one()).last_error == "The mail server can't be reached."


async def test_a_mail_that_was_given_up_is_not_tried_again_and_says_nothing_any_more() -> None:
    await add()
    await outgoing_mails.mark_given_up(await take_one(), "No such recipient.")
    await make_due()
    assert await take() == []
    assert await query("SELECT params, last_error FROM outgoing_mails") == [({}, "No such recipient.")]


async def test_who_was_too_slow_neither_puts_off_nor_gives_up_what_another_process_has_taken() -> None:
    await add()
    slow = await take_one()
    await make_due()
    await take_one()
    await outgoing_mails.postpone_mail(slow, 0, "Late.")
    await outgoing_mails.mark_given_up(slow, "Later.")
    assert await take() == []
    assert await outgoing_mails.read_state() == OutboxState(1, 0, None, None)


async def test_an_empty_outbox_has_nothing_to_tell() -> None:
    assert await outgoing_mails.read_state() == OutboxState(0, 0, None, None)


async def test_the_outbox_tells_how_many_wait_how_many_were_given_up_and_the_newest_fault() -> None:
    for name in ("waiting", "tried", "dead", "dead-long-ago"):
        await add(f"{name}@example.com")
    await alter("tried@example.com", "last_error = 'Newer.', last_error_at = now()")
    older = "last_error = 'Older.', last_error_at = now() - interval '1 hour'"
    await alter("dead@example.com", older + ", given_up_at = now() - interval '6 days'")
    await alter("dead-long-ago@example.com", older + ", given_up_at = now() - interval '8 days'")
    state = await outgoing_mails.read_state()
    assert (state.waiting, state.given_up, state.last_error) == (2, 1, "Newer.")
    assert [(state.last_error_at,)] == await query("SELECT max(last_error_at) FROM outgoing_mails")


async def test_what_was_given_up_or_has_been_no_use_for_a_week_is_forgotten() -> None:
    for name in ("a", "b", "c", "d", "e"):
        await add(f"{name}@example.com")
    await alter("a@example.com", "given_up_at = now() - interval '8 days'")
    await alter("b@example.com", "given_up_at = now() - interval '6 days'")
    await alter("c@example.com", "expires_at = now() - interval '8 days'")
    await alter("d@example.com", "expires_at = now() - interval '6 days'")
    await outgoing_mails.delete_old_mails()
    assert await list_recipients() == ["b@example.com", "d@example.com", "e@example.com"]
