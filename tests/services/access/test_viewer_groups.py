"""Groups of viewers: who is in them, what they see, and that nobody sees more by a group's end."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access import user_scopes
from shareable_backlog.database.access.sharing import SharingChoice
from shareable_backlog.errors import Conflict, InvalidInput, NotFound
from shareable_backlog.services.access import viewer_groups
from shareable_backlog.services.audit.audit_actions import OPERATOR
from tests.support.mirrored import item, label, project, store, team
from tests.support.signed_in import let_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

UNKNOWN = 99
OPS, APOLLO = (
    SharingChoice("team", "team-OPS", is_shown=True),
    SharingChoice("project", "project-Apollo", is_shown=True),
)
NO_OPS, VIP = SharingChoice("team", "team-OPS", is_shown=False), SharingChoice("label", "label-vip", is_shown=True)


async def recorded(action: str) -> list[dict[str, Any]]:
    found = await query("SELECT details FROM audit_logs WHERE action = %(action)s ORDER BY id", {"action": action})
    return [details for (details,) in found]


async def groups_of(person: str) -> list[int] | None:
    """Return the groups of a person; None for who sees everything."""
    [(group_ids,)] = await query(
        f"SELECT {user_scopes.render_scope('u')} FROM users u WHERE email = %(email)s",
        {"email": f"{person}@example.com"},
    )
    return group_ids


async def test_a_group_begins_empty_and_sees_nothing() -> None:
    await store(item(1))
    group = await viewer_groups.read_group(await viewer_groups.create_group(OPERATOR, "Suppliers"))
    assert (group.name, group.members, group.rules, group.seen, group.items) == ("Suppliers", [], set(), [], 0)


async def test_groups_are_listed_by_name_in_any_case_with_their_people_and_rules(database: str) -> None:
    let_in(database, "alice", "bob")
    roofers, _, partners = [
        await viewer_groups.create_group(OPERATOR, name) for name in ("roofers", "Suppliers", "Partners")
    ]
    for person in ("alice", "bob"):
        await viewer_groups.add_member(OPERATOR, roofers, f"{person}@example.com")
    await viewer_groups.update_rules(OPERATOR, partners, [OPS, APOLLO, VIP])
    found = [(one.name, one.people, one.rules) for one in await viewer_groups.list_groups()]
    assert found == [("Partners", 0, 3), ("roofers", 2, 0), ("Suppliers", 0, 0)]


async def test_a_group_names_what_it_sees_and_counts_what_of_it_is_shown(database: str) -> None:
    await store(
        team("OPS", name="Operations"), project("Apollo"), label("vip"), item(1, team="OPS"), item(2, team="OPS")
    )
    await store(item(3, project_id="project-Apollo", trashed=True), item(4, label_ids=["label-vip"]), item(5))
    let_in(database, "bob")
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, [VIP, APOLLO, OPS])
    await viewer_groups.add_member(OPERATOR, group_id, "bob@example.com")
    group = await viewer_groups.read_group(group_id)
    assert [one.name for one in group.seen] == ["Operations", "Apollo", "vip"]
    assert group.rules == {("team", "team-OPS"), ("project", "project-Apollo"), ("label", "label-vip")}
    assert ([one.email for one in group.members], group.items) == (["bob@example.com"], 3)


async def test_what_has_gone_from_linear_is_named_no_more_and_may_still_be_taken_away() -> None:
    await store(team("OPS"))
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, [OPS])
    await query("UPDATE teams SET removed_at = now()")
    group = await viewer_groups.read_group(group_id)
    assert (group.seen, group.rules) == ([], {("team", "team-OPS")})
    await viewer_groups.update_rules(OPERATOR, group_id, [NO_OPS])
    assert (await viewer_groups.read_group(group_id)).rules == set()


async def test_a_choice_adds_and_takes_away_at_once_and_is_on_record() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, [OPS])
    await viewer_groups.update_rules(OPERATOR, group_id, [NO_OPS, APOLLO])
    assert (await viewer_groups.read_group(group_id)).rules == {("project", "project-Apollo")}
    assert (await recorded("group.changed"))[1] == {
        "name": "Suppliers",
        "before": {"team team-OPS": True, "project project-Apollo": False},
        "after": {"team team-OPS": False, "project project-Apollo": True},
    }


async def test_what_a_group_sees_already_is_seen_once() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    for _ in range(2):
        await viewer_groups.update_rules(OPERATOR, group_id, [OPS])
    assert [one.rules for one in await viewer_groups.list_groups()] == [1]


async def test_a_group_of_another_group_is_not_touched() -> None:
    one, other = [await viewer_groups.create_group(OPERATOR, name) for name in ("One", "Other")]
    for group_id in (one, other):
        await viewer_groups.update_rules(OPERATOR, group_id, [OPS])
    await viewer_groups.update_rules(OPERATOR, one, [NO_OPS])
    assert (await viewer_groups.read_group(other)).rules == {("team", "team-OPS")}


async def test_the_longest_name_has_a_hundred_characters() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "ü" * 100)
    with pytest.raises(InvalidInput, match="a name of up to 100 characters"):
        await viewer_groups.rename_group(OPERATOR, group_id, "ü" * 101)
    assert (await viewer_groups.read_group(group_id)).name == "ü" * 100


async def test_the_same_name_again_is_no_change() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.rename_group(OPERATOR, group_id, "Suppliers")
    assert await recorded("group.changed") == []


async def test_a_person_is_in_several_groups_and_out_of_the_last_one_sees_nothing(database: str) -> None:
    let_in(database, "bob")
    one, other = [await viewer_groups.create_group(OPERATOR, name) for name in ("One", "Other")]
    assert await groups_of("bob") is None
    for group_id in (one, other, other):
        await viewer_groups.add_member(OPERATOR, group_id, "bob@example.com")
    assert await groups_of("bob") == [one, other]
    [bob] = (await viewer_groups.read_group(other)).members
    await viewer_groups.remove_member(OPERATOR, one, bob.id)
    with pytest.raises(NotFound, match="no longer in this group"):
        await viewer_groups.remove_member(OPERATOR, one, bob.id)
    assert await groups_of("bob") == [other]
    await viewer_groups.remove_member(OPERATOR, other, bob.id)
    assert await groups_of("bob") == []
    seen = ["everything", ["One"], ["One", "Other"], ["Other"], "nothing"]
    assert await recorded("person.changed") == [
        {"email": "bob@example.com", "before": {"sees": before}, "after": {"sees": after}}
        for before, after in pairwise(seen)
    ]


@pytest.mark.parametrize(("others", "left"), [((), []), (("Other",), ["Other"])])
async def test_who_was_in_a_deleted_group_sees_what_their_others_see_or_nothing(
    database: str, others: tuple[str, ...], left: list[str]
) -> None:
    let_in(database, "alice", "bob")
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    ids = [await viewer_groups.create_group(OPERATOR, name) for name in others]
    for id_ in (group_id, *ids):
        await viewer_groups.add_member(OPERATOR, id_, "bob@example.com")
    with pytest.raises(Conflict, match="By now 1 person is in this group"):
        await viewer_groups.delete_group(OPERATOR, group_id, people=0)
    await viewer_groups.delete_group(OPERATOR, group_id, people=1)
    assert await groups_of("bob") == ids
    [told] = await recorded("group.deleted")
    assert told == {
        "name": "Suppliers",
        "people": ["bob@example.com"],
        "see_nothing_now": [] if left else ["bob@example.com"],
    }


async def test_a_group_that_is_not_there_is_said_so_whatever_is_done_with_it() -> None:
    for act in (
        viewer_groups.read_group(UNKNOWN),
        viewer_groups.rename_group(OPERATOR, UNKNOWN, "Roofers"),
        viewer_groups.update_rules(OPERATOR, UNKNOWN, [OPS]),
        viewer_groups.add_member(OPERATOR, UNKNOWN, "bob@example.com"),
        viewer_groups.remove_member(OPERATOR, UNKNOWN, 1),
        viewer_groups.delete_group(OPERATOR, UNKNOWN, people=0),
    ):
        with pytest.raises(NotFound, match="There is no such group"):
            await act
    assert await query("SELECT 1 FROM audit_logs") == []


async def test_a_deleted_group_leaves_no_rule_behind() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, [OPS])
    await viewer_groups.delete_group(OPERATOR, group_id, people=0)
    assert await query("SELECT 1 FROM viewer_group_rules") == []


@pytest.mark.parametrize("first", ["put_in", "delete"])
async def test_nobody_is_put_into_a_group_that_is_deleted_at_the_same_moment(database: str, first: str) -> None:
    let_in(database, "bob")
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    acts = [
        viewer_groups.add_member(OPERATOR, group_id, "bob@example.com"),
        viewer_groups.delete_group(OPERATOR, group_id, people=0),
    ]
    done = await asyncio.gather(*(acts if first == "put_in" else reversed(acts)), return_exceptions=True)
    [refused] = [end for end in done if end is not None]
    is_there = bool(await viewer_groups.list_groups())
    assert isinstance(refused, Conflict if is_there else NotFound)
    assert await groups_of("bob") == ([group_id] if is_there else None)


async def test_of_two_who_give_one_name_at_once_one_is_refused() -> None:
    done = await asyncio.gather(
        *(viewer_groups.create_group(OPERATOR, "Suppliers") for _ in range(2)), return_exceptions=True
    )
    assert [type(end) for end in done if not isinstance(end, int)] == [Conflict]
    assert len(await recorded("group.created")) == 1


async def test_of_two_groups_that_take_one_name_at_once_one_is_refused() -> None:
    ids = [await viewer_groups.create_group(OPERATOR, name) for name in ("One", "Other")]
    done = await asyncio.gather(
        *(viewer_groups.rename_group(OPERATOR, group_id, "Suppliers") for group_id in ids), return_exceptions=True
    )
    assert [type(end) for end in done if end is not None] == [Conflict]
    assert sorted(one.name for one in await viewer_groups.list_groups()) in (
        ["One", "Suppliers"],
        ["Other", "Suppliers"],
    )


async def test_a_group_is_made_renamed_filled_emptied_and_deleted_on_record() -> None:
    await query("INSERT INTO users (email, is_approved) VALUES ('bob@example.com', true)")
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.rename_group(OPERATOR, group_id, "Roofers")
    await viewer_groups.add_member(OPERATOR, group_id, "Bob@example.com")
    [bob] = (await viewer_groups.read_group(group_id)).members
    await viewer_groups.remove_member(OPERATOR, group_id, bob.id)
    with pytest.raises(NotFound):
        await viewer_groups.remove_member(OPERATOR, group_id, bob.id)
    await viewer_groups.delete_group(OPERATOR, group_id, people=0)
    assert await viewer_groups.list_groups() == []
    assert await recorded("group.created") == [{"name": "Suppliers"}]
    assert await recorded("group.changed") == [{"before": {"name": "Suppliers"}, "after": {"name": "Roofers"}}]
    assert await recorded("person.changed") == [
        {"email": "bob@example.com", "before": {"sees": "nothing"}, "after": {"sees": ["Roofers"]}},
        {"email": "bob@example.com", "before": {"sees": ["Roofers"]}, "after": {"sees": "nothing"}},
    ]
    assert await recorded("group.deleted") == [{"name": "Roofers"}]


async def test_two_groups_have_no_name_in_common() -> None:
    await viewer_groups.create_group(OPERATOR, "Suppliers")
    other = await viewer_groups.create_group(OPERATOR, "Roofers")
    with pytest.raises(Conflict):
        await viewer_groups.create_group(OPERATOR, "Suppliers")
    with pytest.raises(Conflict):
        await viewer_groups.rename_group(OPERATOR, other, "Suppliers")


@pytest.mark.parametrize("name", ["", "x" * 101])
async def test_a_group_has_a_name_of_some_length(name: str) -> None:
    with pytest.raises(InvalidInput):
        await viewer_groups.create_group(OPERATOR, name)


async def test_who_is_unknown_can_not_be_put_into_a_group() -> None:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    with pytest.raises(InvalidInput):
        await viewer_groups.add_member(OPERATOR, group_id, "mallory@example.com")
    with pytest.raises(NotFound):
        await viewer_groups.add_member(OPERATOR, group_id + 1, "mallory@example.com")
