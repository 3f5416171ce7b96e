"""Closed by default: whichever way somebody comes, they see nothing until somebody has chosen what."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from msgspec.structs import replace

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import users
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.access import approvals, identities, sign_in, user_scopes, viewer_groups
from shareable_backlog.services.access.approvals import Decision, Grant
from shareable_backlog.services.access.identities import ProvidedIdentity
from shareable_backlog.services.access.sign_in import ProxyUser
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.services.mail.outbox import Outbox
from tests.services.access.test_sign_in import ENTRANCE, NOBODY, ask
from tests.support.listing import identifiers
from tests.support.mirrored import item, store
from tests.support.signed_in import let_in, read_page_user

pytestmark = pytest.mark.anyio

OUTBOX = Outbox(is_set_up=False)
NEW = "new@example.com"
Way: TypeAlias = Callable[[], Awaitable[object]]


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of everybody; dora is disabled, edgar declined, and both were never given anything."""
    del live_database
    return let_in(database, "alice", "bob", "carol", "dora", "edgar", "erin")


async def find_id(email: str) -> int:
    [(user_id,)] = await query("SELECT id FROM users WHERE email = %(email)s", {"email": email})
    return user_id


async def decide(user_id: int, decision: Decision) -> None:
    grant = Grant(NOTHING) if decision == "approve" else None
    decided = await approvals.carry_out_decision(OUTBOX, OPERATOR, [user_id], decision, grant=grant)
    assert decided.done, decision


async def come_by_mail() -> None:
    _, code = await ask(NEW)
    await sign_in.redeem_code(ENTRANCE, "browser-of-carol", code, NOBODY)
    await decide(await find_id(NEW), "approve")


async def come_by_proxy() -> None:
    await sign_in.accept_proxy_user(ENTRANCE, ProxyUser(NEW), NOBODY)
    await decide(await find_id(NEW), "approve")


async def come_by_provider(**fields: Any) -> None:
    identity = ProvidedIdentity(
        issuer="https://id.example.com", subject="new-1", email=NEW, is_email_verified=True, name=None
    )
    await identities.accept_identity(ENTRANCE, identity, next_path="/", actor=NOBODY, **{"is_admin": None} | fields)


async def come_by_provider_and_wait() -> None:
    await come_by_provider()
    await decide(await find_id(NEW), "approve")


async def leave_the_providers_admin_group() -> None:
    await come_by_provider(is_admin=True)
    await come_by_provider(is_admin=False)


async def be_named_an_admin_and_demoted() -> None:
    await sign_in.accept_proxy_user(replace(ENTRANCE, admin_emails={NEW}), ProxyUser(NEW), NOBODY)
    await decide(await find_id(NEW), "demote")


async def be_added() -> None:
    await approvals.create_person(OPERATOR, NEW, scope=NOTHING)


async def be_added_as_an_admin_and_demoted() -> None:
    user_id = await approvals.create_person(OPERATOR, NEW, scope=None, is_admin=True)
    await decide(user_id, "demote")


async def be_declined_restored_and_approved() -> None:
    await sign_in.accept_proxy_user(ENTRANCE, ProxyUser(NEW), NOBODY)
    for decision in ("decline", "restore", "approve"):
        await decide(await find_id(NEW), decision)


async def be_disabled_and_restored() -> None:
    await be_added()
    for decision in ("disable", "restore"):
        await decide(await find_id(NEW), decision)


async def be_promoted_and_demoted() -> None:
    await be_added()
    for decision in ("promote", "demote"):
        await decide(await find_id(NEW), decision)


WAYS: list[Way] = [
    come_by_mail,
    come_by_proxy,
    come_by_provider_and_wait,
    leave_the_providers_admin_group,
    be_named_an_admin_and_demoted,
    be_added,
    be_added_as_an_admin_and_demoted,
    be_declined_restored_and_approved,
    be_disabled_and_restored,
    be_promoted_and_demoted,
]


@pytest.mark.parametrize("come", WAYS)
async def test_whoever_comes_sees_nothing_that_nobody_chose(ids: dict[str, int], come: Way) -> None:
    await store(item(1))
    await come()
    session = await sign_in.accept_proxy_user(ENTRANCE, ProxyUser(NEW), NOBODY)
    assert session.token
    async with transaction() as tx:
        new = await users.find_by_email(tx, NEW)
    assert new
    assert (new.state, new.is_admin, new.scope) == ("active", False, NOTHING)
    assert await identifiers("", new.scope) == []
    assert await identifiers("", (await read_page_user("bob")).user.scope) == ["ENG-1"], "as bob was given everything"
    assert ids


async def test_many_who_are_approved_at_once_see_what_was_chosen_for_all(ids: dict[str, int]) -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await sign_in.accept_proxy_user(ENTRANCE, ProxyUser(NEW), NOBODY)
    waiting = [ids["carol"], await find_id(NEW)]
    with pytest.raises(InvalidInput, match="Choose what they see"):
        await approvals.carry_out_decision(OUTBOX, OPERATOR, waiting, "approve")
    grant = Grant(Scope((group_id,)))
    await approvals.carry_out_decision(OUTBOX, OPERATOR, waiting, "approve", grant=grant)
    async with transaction() as tx:
        found = [await users.find_by_id(tx, id_) for id_ in waiting]
    assert [one and (one.state, one.scope) for one in found] == [("active", grant.scope)] * 2


async def test_out_of_the_last_group_is_nothing_and_never_everything(ids: dict[str, int]) -> None:
    await store(item(1))
    assert (await read_page_user("erin")).user.scope != NOTHING
    [group] = await viewer_groups.list_groups()
    await viewer_groups.remove_member(OPERATOR, group.id, ids["erin"])
    erin = (await read_page_user("erin")).user
    assert erin.scope == NOTHING
    assert await identifiers("", erin.scope) == []


async def test_an_admin_sees_everything_and_looks_with_anothers_eyes_at_nothing(ids: dict[str, int]) -> None:
    await query("UPDATE users SET sees_everything = false")
    assert (await read_page_user("alice")).user.scope == EVERYTHING
    await query("UPDATE sessions SET viewing_as_user_id = %(bob)s WHERE user_id = %(alice)s", ids)
    assert (await read_page_user("alice")).user.scope == NOTHING


async def test_what_newcomers_are_given_is_chosen_on_record(ids: dict[str, int]) -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    for version, scope in ((1, Scope((group_id,))), (2, Scope((group_id,))), (2, EVERYTHING)):
        await user_scopes.save_newcomer_scope(OPERATOR, version, scope)
    await sign_in.accept_proxy_user(ENTRANCE, ProxyUser(NEW), NOBODY)
    async with transaction() as tx:
        new = await users.find_by_email(tx, NEW)
        carol = await users.find_by_id(tx, ids["carol"])
    assert new
    assert carol
    assert (new.state, new.scope, carol.scope) == ("pending", EVERYTHING, NOTHING)
    rows = await query("SELECT details FROM audit_logs WHERE action = 'sharing.changed' ORDER BY id")
    assert [details for (details,) in rows] == [
        {"before": {"newcomers": "nothing"}, "after": {"newcomers": ["Suppliers"]}},
        {"before": {"newcomers": ["Suppliers"]}, "after": {"newcomers": "everything"}},
    ]


@pytest.mark.parametrize(
    ("version", "scope", "error", "words"),
    [
        (1, None, InvalidInput, "Choose what they see"),
        (1, Scope((7,)), InvalidInput, "no longer exists"),
        (7, NOTHING, Conflict, "Somebody else changed"),
    ],
)
async def test_what_newcomers_can_not_be_given_changes_nothing(
    ids: dict[str, int], version: int, scope: Scope | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await user_scopes.save_newcomer_scope(OPERATOR, version, scope)
    assert (await user_scopes.read_newcomer_scope(), len(ids)) == (NOTHING, 6)


async def test_groups_are_found_by_name_and_an_unknown_one_is_said_with_those_there_are(ids: dict[str, int]) -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    assert await user_scopes.find_scope(["Suppliers", "Suppliers"]) == Scope((group_id,))
    with pytest.raises(InvalidInput, match=r"no group “Roofers”\. Groups that there are: “Nobody's”, “Suppliers”"):
        await user_scopes.find_scope(["Suppliers", "Roofers"])
    assert ids


async def test_what_many_see_is_changed_at_once_on_record_or_for_nobody(ids: dict[str, int]) -> None:
    people = [ids["bob"], ids["erin"]]
    with pytest.raises(NotFound, match="Nothing was changed"):
        await user_scopes.save_scope(OPERATOR, [*people, 99_999], NOTHING)
    assert (await read_page_user("bob")).user.scope == EVERYTHING
    for _ in range(2):
        await user_scopes.save_scope(OPERATOR, people, NOTHING)
    assert [(await read_page_user(name)).user.scope for name in ("bob", "erin")] == [NOTHING] * 2
    rows = await query("SELECT details FROM audit_logs ORDER BY id")
    assert [(told["before"]["sees"], told["after"]["sees"]) for (told,) in rows] == [
        ("everything", "nothing"),
        (["Nobody's"], "nothing"),
    ]
