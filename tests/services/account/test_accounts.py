"""What is a person's own: their account, and a note to the admins while they wait."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.errors import DatabaseFailed, NotFound, TooMany
from shareable_backlog.services.account import accounts
from shareable_backlog.services.audit.audit_actions import Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

WITH_MAIL, WITHOUT_MAIL = Outbox(is_set_up=True), Outbox(is_set_up=False)


@pytest.fixture
def ids(database: str) -> dict[str, int]:
    return let_in(database, "alice", "bob", "carol", "dora")


async def ask(user_id: int, note: str = "I build the roof.", outbox: Outbox = WITH_MAIL) -> None:
    actor = Actor(user_id, "carol@example.com", "192.0.2.7", "Firefox")
    await accounts.ask_for_access(outbox, user_id, note, actor)


async def mails() -> list[tuple[str, object]]:
    return [(to, params) for to, params in await query("SELECT recipient, params FROM outgoing_mails ORDER BY id")]


async def test_an_account_is_that_of_the_person(ids: dict[str, int]) -> None:
    found = await accounts.read_account(ids["carol"])
    assert (found.id, found.email, found.state, found.is_admin) == (
        ids["carol"],
        "carol@example.com",
        "pending",
        False,
    )


async def test_an_account_that_was_deleted_a_moment_ago_is_not_there(ids: dict[str, int]) -> None:
    await query("DELETE FROM users WHERE id = %(carol)s", ids)
    with pytest.raises(NotFound, match="no longer exists"):
        await accounts.read_account(ids["carol"])


async def test_a_note_is_kept_recorded_and_mailed_to_each_admin_who_can_act_on_it(ids: dict[str, int]) -> None:
    await query("UPDATE users SET is_admin = true WHERE id IN (%(bob)s, %(dora)s)", ids)
    await ask(ids["carol"])
    assert (await accounts.read_account(ids["carol"])).access_note == "I build the roof."
    assert await query("SELECT action, resource_id, details FROM audit_logs") == [
        ("access.asked", str(ids["carol"]), {"note": "I build the roof."})
    ]
    params = {"email": "carol@example.com", "note": "I build the roof."}
    assert await mails() == [("alice@example.com", params), ("bob@example.com", params)], "dora is disabled"


async def test_without_a_mail_server_the_note_waits_for_whoever_looks(ids: dict[str, int]) -> None:
    await ask(ids["carol"], outbox=WITHOUT_MAIL)
    assert (await accounts.read_account(ids["carol"])).access_note == "I build the roof."
    assert await mails() == []


async def test_a_newer_note_takes_the_place_of_the_older_one_and_an_empty_one_leaves_none(
    ids: dict[str, int],
) -> None:
    for note, kept in (("First.", "First."), ("Second.", "Second."), ("", None)):
        await ask(ids["carol"], note)
        assert (await accounts.read_account(ids["carol"])).access_note == kept


async def test_a_long_note_is_kept_as_far_as_there_is_room(ids: dict[str, int]) -> None:
    await ask(ids["carol"], "ü" * 501)
    assert (await accounts.read_account(ids["carol"])).access_note == "ü" * 500
    [(_, params)] = await mails()
    assert params == {"email": "carol@example.com", "note": "ü" * 500}


async def test_after_five_notes_within_an_hour_a_sixth_changes_nothing_and_others_may_write(
    ids: dict[str, int],
) -> None:
    for number in range(5):
        await ask(ids["carol"], f"Note {number}.", WITHOUT_MAIL)
    with pytest.raises(TooMany, match="five times in the last hour"):
        await ask(ids["carol"], "One more.")
    assert (await accounts.read_account(ids["carol"])).access_note == "Note 4."
    assert await mails() == []
    await ask(ids["bob"], "Hello.")


@pytest.mark.owner
async def test_a_note_that_can_not_be_recorded_is_neither_kept_nor_mailed(ids: dict[str, int]) -> None:
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'access.asked')")
    with pytest.raises(DatabaseFailed):
        await ask(ids["carol"])
    assert (await accounts.read_account(ids["carol"])).access_note is None
    assert await mails() == []
