"""Random decisions of admins who act at the same time, held against what the states allow."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shareable_backlog import database as program_database
from shareable_backlog.config import parse_settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import users
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING
from shareable_backlog.errors import BacklogError, Conflict, NotAllowed, NotFound
from shareable_backlog.services.access import approvals
from shareable_backlog.services.access.approvals import Decision, Grant
from shareable_backlog.services.audit.audit_actions import OPERATOR, Actor
from shareable_backlog.services.mail.outbox import Outbox
from tests.conftest import as_url
from tests.support.signed_in import SECRET_KEY, let_in

PEOPLE = ("alice", "bob", "carol", "dora", "edgar")
ENDED = datetime(2020, 1, 1, tzinfo=UTC)
EDGES = {
    "approved": {("pending", "active"), ("pending", "expired")},
    "declined": {("pending", "declined")},
    "disabled": {("active", "disabled"), ("expired", "disabled")},
    "restored": {("disabled", "active"), ("disabled", "expired"), ("declined", "pending")},
    "promoted": {("active", "active")},
    "demoted": {("active", "active")},
    "joined_team": {("active", "active"), ("expired", "expired")},
    "left_team": {("active", "active"), ("expired", "expired")},
    "changed": {(one, one) for one in get_args(users.UserState)} | {("active", "expired"), ("expired", "active")},
}


@dataclass(frozen=True)
class Act:
    """One act of `by` (None: the operator): a decision of several persons, or what is done to the first alone."""

    by: str | None
    kind: str
    persons: tuple[str, ...]


ACTS = st.builds(
    Act,
    st.sampled_from((None, "alice", "bob")),
    st.sampled_from((*get_args(Decision), "promote", "end", "go on", "show all", "show nothing", "delete")),
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True).map(tuple),
)


def carried_out(ids: dict[str, int], one: Act) -> Coroutine[Any, Any, object]:
    actor = Actor(ids[one.by], f"{one.by}@example.com", None, None) if one.by else OPERATOR
    first = one.persons[0]
    if one.kind == "delete":
        return approvals.delete_person(actor, ids[first], f"{first}@example.com")
    if one.kind in ("end", "go on"):
        until = ENDED if one.kind == "end" else None
        return approvals.update_person(OPERATOR, ids[first], display_name=None, access_until=until, scope=None)
    if one.kind.startswith("show"):
        scope = EVERYTHING if one.kind == "show all" else NOTHING
        return approvals.update_person(OPERATOR, ids[first], display_name=None, access_until=None, scope=scope)
    [decision] = [known for known in get_args(Decision) if known == one.kind]
    people = [ids[name] for name in one.persons]
    grant = Grant(EVERYTHING) if decision == "approve" else None
    return approvals.carry_out_decision(Outbox(is_set_up=False), actor, people, decision, grant=grant)


async def act(ids: dict[str, int], one: Act) -> None:
    """Carry out one act; that it is refused is an answer too."""
    try:
        await carried_out(ids, one)
    except (Conflict, NotAllowed, NotFound):
        pass
    except BacklogError as error:
        pytest.fail(f"{one}: {error}")


async def standing(user_id: int) -> dict[str, object] | None:
    """Return how a person stands, in the words of the record; None for one who is deleted."""
    async with transaction() as tx:
        user = await users.find_by_id(tx, user_id)
    return user and {
        "state": user.state,
        "admin": user.is_admin,
        "team_member": user.is_team_member,
        "name": user.display_name,
        "access_until": user.access_until and user.access_until.isoformat(),
        "sees": "everything" if user.sees_everything else user.groups or "nothing",
    }


async def play(ids: dict[str, int], rounds: list[tuple[Act, Act]]) -> None:
    [(before,)] = await query("SELECT coalesce(max(id), 0) FROM audit_logs")  # another history's
    stood = {str(id_): await standing(id_) for id_ in ids.values()}
    for both in rounds:
        await asyncio.gather(*(act(ids, one) for one in both))
        async with transaction() as tx:
            assert await users.list_admin_emails(tx), both
    rows = await query(
        "SELECT action, resource_id, details FROM audit_logs WHERE id > %(id)s ORDER BY id", {"id": before}
    )
    for action, person, told in rows:
        assert told["before"] == stood[person], "nothing has changed since the last row"
        stood[person] = told.get("after")
        if action != "person.deleted":
            assert told["before"] != told["after"], "no row without a change"
            assert (told["before"]["state"], told["after"]["state"]) in EDGES[action.removeprefix("person.")]
    assert stood == {str(id_): await standing(id_) for id_ in ids.values()}, "no change without a row"


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Who approved carol is locked while she is approved again, and her change looks at that row again.
@example(
    rounds=[
        (Act(None, "approve", ("alice",)), Act("alice", "approve", ("carol",))),
        (Act(None, "approve", ("carol",)), Act(None, "show all", ("carol",))),
    ]
)
@given(rounds=st.lists(st.tuples(ACTS, ACTS), min_size=1, max_size=8))
def test_two_admins_at_once_keep_to_the_states_the_record_and_an_admin(
    database: str, rounds: list[tuple[Act, Act]]
) -> None:
    async def played() -> None:
        given = parse_settings({"DATABASE_URL": as_url(database), "SECRET_KEY": SECRET_KEY})
        async with program_database.open_database(given):
            await query("DELETE FROM users")
            await play(let_in(database, *PEOPLE), rounds)

    asyncio.run(played())
