"""Who may see the backlog: each decision is whole, recorded and told, and an admin is always left."""

import asyncio
from datetime import UTC, datetime
from functools import partial

import psycopg
import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn
from shareable_backlog.services.access import approvals, sign_in
from shareable_backlog.services.access.approvals import Grant
from shareable_backlog.services.access.sign_in import ProxyUser, SignInConfig
from shareable_backlog.services.account import tokens
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

OUTBOX = Outbox(is_set_up=True)
SEEING = Grant(EVERYTHING)

_WAITING = """
    SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND locktype = 'transactionid' AND datname = current_database()
"""  # other tests wait in other databases


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    del live_database
    return let_in(database, "alice", "bob", "carol", "dora", "edgar")


def alice(ids: dict[str, int]) -> Actor:
    return Actor(ids["alice"], "alice@example.com", "192.0.2.1", "Firefox")


async def flags(user_id: int) -> tuple[bool, bool, bool]:
    [found] = await query("SELECT is_admin, is_approved, is_disabled FROM users WHERE id = %(id)s", {"id": user_id})
    return found[0], found[1], found[2]


async def records() -> list[tuple[str, str]]:
    return [(action, id_) for action, id_ in await query("SELECT action, resource_id FROM audit_logs ORDER BY id")]


async def mails() -> list[tuple[str, str]]:
    return [(kind, to) for kind, to in await query("SELECT kind, recipient FROM outgoing_mails ORDER BY id")]


async def test_an_approved_person_is_recorded_and_told(ids: dict[str, int]) -> None:
    decided = await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["carol"]], "approve", grant=SEEING)
    assert decided.done == ["carol@example.com"]
    assert await flags(ids["carol"]) == (False, True, False)
    assert await records() == [("person.approved", str(ids["carol"]))]
    assert await mails() == [("access_approved", "carol@example.com"), ("sharing_widened", "alice@example.com")]
    [(by, at)] = await query("SELECT approved_by, approved_at FROM users WHERE id = %(id)s", {"id": ids["carol"]})
    assert (by, at is not None) == (ids["alice"], True)


async def test_the_record_says_what_was_before_and_after_and_why(ids: dict[str, int]) -> None:
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["carol"]], "decline", " not ours ")
    [(details, is_admin_action)] = await query("SELECT details, is_admin_action FROM audit_logs")
    assert (details["before"]["state"], details["after"]["state"]) == ("pending", "declined")
    assert (details["reason"], is_admin_action) == ("not ours", True)


async def test_many_are_decided_at_once_and_who_has_moved_on_is_told(ids: dict[str, int]) -> None:
    decided = await approvals.carry_out_decision(
        OUTBOX, alice(ids), [ids["carol"], ids["bob"], 99_999], "approve", grant=SEEING
    )
    assert decided.done == ["carol@example.com"]
    assert decided.left == ["bob@example.com", "somebody who has been deleted"]
    assert len(await records()) == 1


@pytest.mark.parametrize(("persona", "state"), [("dora", (False, True, False)), ("edgar", (False, False, False))])
async def test_restoring_gives_the_earlier_state_back(
    ids: dict[str, int], persona: str, state: tuple[bool, bool, bool]
) -> None:
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids[persona]], "restore")
    assert await flags(ids[persona]) == state


async def test_an_approval_may_come_with_a_group_and_an_end(ids: dict[str, int]) -> None:
    await query("INSERT INTO viewer_groups (name) VALUES ('Partners')")
    [(group,)] = await query("SELECT id FROM viewer_groups")
    end = datetime(2099, 1, 1, tzinfo=UTC)
    await approvals.carry_out_decision(
        OUTBOX, alice(ids), [ids["carol"]], "approve", grant=Grant(Scope((group,)), end)
    )
    assert await query(
        "SELECT access_until, sees_everything, viewer_group_id FROM users JOIN viewer_group_members ON user_id = id"
    ) == [(end, False, group)]
    [(details,)] = await query("SELECT details FROM audit_logs")
    assert (details["before"]["sees"], details["after"]["sees"]) == ("nothing", ["Partners"])


@pytest.mark.parametrize("grant", [Grant(NOTHING, datetime(2020, 1, 1, tzinfo=UTC)), Grant(Scope((7,))), None])
async def test_an_approval_without_a_choice_or_with_what_cannot_be_changes_nothing(
    ids: dict[str, int], grant: Grant | None
) -> None:
    with pytest.raises(InvalidInput, match="Nothing was changed"):
        await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["carol"]], "approve", grant=grant)
    assert await flags(ids["carol"]) == (False, False, False)


async def test_disabling_ends_sessions_links_and_tokens_for_good(ids: dict[str, int]) -> None:
    token = await tokens.create_token(OUTBOX, alice(ids), ids["bob"], "script", ["items"], None)
    await query(
        "INSERT INTO sign_in_links (email, salt, token_hash, expires_at)"
        " VALUES ('Bob@example.com', 'x', 'x', now() + interval '1 hour')"
    )
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"]], "disable", "left the company")
    assert await query("SELECT 1 FROM sessions WHERE user_id = %(id)s", {"id": ids["bob"]}) == []
    assert await query("SELECT 1 FROM sign_in_links") == []
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"]], "restore")
    with pytest.raises(NotSignedIn):
        await tokens.authenticate(f"Bearer {token}")


async def test_no_sign_in_under_way_outlives_that_a_person_is_disabled(ids: dict[str, int]) -> None:
    entrance = SignInConfig(b"x" * 32, "http://localhost:8000", (), OUTBOX, is_open_in_log=False)
    nobody = Actor(None, None, "192.0.2.7", None)
    ways_in = [sign_in.accept_proxy_user(entrance, ProxyUser("bob@example.com"), nobody) for _ in range(5)]
    disabling = approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"]], "disable")
    await asyncio.gather(*ways_in[:3], disabling, *ways_in[3:], return_exceptions=True)
    assert await flags(ids["bob"]) == (False, True, True)
    assert await query("SELECT 1 FROM sessions WHERE user_id = %(id)s", {"id": ids["bob"]}) == []


@pytest.mark.parametrize("decision", ["disable", "demote"])
async def test_the_last_active_admin_stays_one(ids: dict[str, int], decision: approvals.Decision) -> None:
    with pytest.raises(Conflict, match="last active admin"):
        await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"], ids["alice"]], decision)
    assert await flags(ids["alice"]) == (True, True, False)
    assert await flags(ids["bob"]) == (False, True, False), "and nobody else was touched"
    assert await records() == []


async def test_the_last_active_admin_is_not_deleted(ids: dict[str, int]) -> None:
    with pytest.raises(Conflict, match="last active admin"):
        await approvals.delete_person(alice(ids), ids["alice"], "alice@example.com")


async def test_an_admin_made_while_another_decision_waits_is_not_the_last_to_go(
    ids: dict[str, int], database: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("UPDATE users SET last_access_at = now() WHERE id = %s", [ids["alice"]])
        disabling = asyncio.create_task(approvals.carry_out_decision(OUTBOX, OPERATOR, [ids["bob"]], "disable"))
        while not await query(_WAITING):  # noqa: ASYNC110 (nobody tells who waits)
            await asyncio.sleep(0.01)
        await other.execute("UPDATE users SET is_admin = id = %s", [ids["bob"]])
    with pytest.raises(Conflict, match="last active admin"):
        await disabling
    assert await flags(ids["bob"]) == (True, True, False)


async def test_who_has_just_ceased_to_be_an_admin_decides_nothing(ids: dict[str, int]) -> None:
    for act in (
        approvals.carry_out_decision(
            OUTBOX, Actor(ids["bob"], "bob@example.com", None, None), [ids["carol"]], "approve", grant=SEEING
        ),
        approvals.delete_person(Actor(ids["bob"], "bob@example.com", None, None), ids["carol"], "carol@example.com"),
    ):
        with pytest.raises(NotAllowed):
            await act
    assert await flags(ids["carol"]) == (False, False, False)


async def test_an_admin_who_deletes_themselves_stays_in_the_record(ids: dict[str, int]) -> None:
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"]], "promote")
    await approvals.delete_person(alice(ids), ids["alice"], "alice@example.com")
    assert await query("SELECT user_id, actor_email FROM audit_logs ORDER BY id") == [(None, "alice@example.com")] * 2


async def test_with_another_admin_an_admin_may_step_down(ids: dict[str, int]) -> None:
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"]], "promote")
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["alice"]], "demote")
    assert await flags(ids["alice"]) == (False, True, False)


async def test_an_admins_access_has_no_end(ids: dict[str, int]) -> None:
    end = datetime(2099, 1, 1, tzinfo=UTC)
    with pytest.raises(Conflict, match="can't have a last day"):
        await approvals.update_person(alice(ids), ids["alice"], display_name=None, access_until=end, scope=None)
    await approvals.update_person(alice(ids), ids["bob"], display_name="Bob", access_until=end, scope=None)
    decided = await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["bob"]], "promote")
    assert decided.left == ["bob@example.com"]


async def test_a_change_is_recorded_once_and_no_change_never(ids: dict[str, int]) -> None:
    for _ in range(2):
        await approvals.update_person(alice(ids), ids["bob"], display_name="Bob", access_until=None, scope=None)
    assert await records() == [("person.changed", str(ids["bob"]))]


async def test_a_group_that_is_gone_is_refused(ids: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="group no longer exists"):
        await approvals.update_person(alice(ids), ids["bob"], display_name=None, access_until=None, scope=Scope((7,)))


async def test_a_person_is_deleted_by_typing_the_address_and_stays_in_the_record(ids: dict[str, int]) -> None:
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["carol"]], "approve", grant=SEEING)
    with pytest.raises(InvalidInput, match="Type the person's email address"):
        await approvals.delete_person(alice(ids), ids["carol"], "bob@example.com")
    await approvals.delete_person(alice(ids), ids["carol"], " Carol@Example.com ")
    assert await query("SELECT 1 FROM users WHERE email = 'carol@example.com'") == []
    assert [action for action, _ in await records()] == ["person.approved", "person.deleted"]
    with pytest.raises(NotFound):
        await approvals.delete_person(alice(ids), ids["carol"], "carol@example.com")


async def test_a_created_person_is_approved_at_once(ids: dict[str, int]) -> None:
    user_id = await approvals.create_person(alice(ids), "frank@example.com", "Frank", scope=None, is_admin=True)
    assert await flags(user_id) == (True, True, False)
    with pytest.raises(Conflict, match="already"):
        await approvals.create_person(alice(ids), "FRANK@example.com", scope=NOTHING)


@pytest.mark.owner
async def test_what_cannot_be_recorded_is_not_done(ids: dict[str, int]) -> None:
    await query("ALTER TABLE audit_logs ADD CONSTRAINT nothing_more CHECK (action <> 'person.approved')")
    with pytest.raises(Exception, match=r"."):
        await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["carol"]], "approve", grant=SEEING)
    assert await flags(ids["carol"]) == (False, False, False)
    assert await mails() == []


async def test_who_is_let_in_with_nothing_is_told_so_in_the_mail(ids: dict[str, int]) -> None:
    await approvals.carry_out_decision(OUTBOX, alice(ids), [ids["carol"]], "approve", grant=Grant(NOTHING))
    assert await query("SELECT params ->> 'sees_nothing' FROM outgoing_mails") == [("true",)]


async def test_nobody_is_added_without_a_choice_but_an_admin(ids: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="Choose what they see"):
        await approvals.create_person(alice(ids), "frank@example.com", scope=None)
    assert await query("SELECT 1 FROM users WHERE email = 'frank@example.com'") == []
    user_id = await approvals.create_person(alice(ids), "frank@example.com", scope=None, is_admin=True)
    await approvals.carry_out_decision(OUTBOX, alice(ids), [user_id], "demote")
    [(details,)] = await query("SELECT details FROM audit_logs WHERE action = 'person.demoted'")
    assert details["after"]["sees"] == "nothing"


async def test_a_form_that_is_no_longer_true_gives_nobody_more(ids: dict[str, int]) -> None:
    await approvals.update_person(alice(ids), ids["bob"], display_name=None, access_until=None, scope=NOTHING)
    change = partial(approvals.update_person, alice(ids), ids["bob"], access_until=None, was=EVERYTHING)
    await change(display_name="Bob", scope=EVERYTHING)
    assert await query("SELECT display_name, sees_everything FROM users WHERE email = 'bob@example.com'") == [
        ("Bob", False)
    ]
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Partners') RETURNING id")
    with pytest.raises(Conflict, match="Somebody else changed what this person sees"):
        await change(display_name="Robert", scope=Scope((group,)))
    assert await query("SELECT display_name FROM users WHERE email = 'bob@example.com'") == [("Bob",)]
