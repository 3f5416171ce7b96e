"""The sharing settings: what a preview promises is what saving does, and every change is on record."""

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope, SharedFields, SharingChoice
from shareable_backlog.errors import Conflict, DatabaseFailed, NotFound
from shareable_backlog.services.access import sharing, viewer_groups
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.services.backlog import items
from tests.support import listing
from tests.support.mirrored import item, label, project, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ALL = SharedFields(descriptions=True, comments=True, assignees=True, estimates=True, attachments=True, updates=True)
HIDE_OPS = SharingChoice("team", "team-OPS", is_shown=False)


async def saved(*choices: SharingChoice, fields: SharedFields = ALL) -> None:
    await sharing.save_settings(OPERATOR, (await sharing.read_settings()).version, fields, choices)


async def seen(scope: Scope | None = None) -> list[str]:
    return await listing.identifiers("", scope)


async def rules() -> list[tuple[str, str, bool]]:
    return [tuple(row) for row in await query("SELECT kind, entity_id, is_shown FROM sharing_rules ORDER BY 1, 2")]


async def is_listed_as_shown(id_: str) -> bool:
    [found] = [one for kind in await sharing.list_entities("") for one in kind.listed if one.id == id_]
    return found.is_shown


async def group_of(*choices: SharingChoice) -> Scope:
    group_id = await viewer_groups.create_group(OPERATOR, "Suppliers")
    await viewer_groups.update_rules(OPERATOR, group_id, choices)
    return Scope((group_id,))


async def recorded(action: str) -> list[dict[str, object]]:
    found = await query("SELECT details FROM audit_logs WHERE action = %(action)s ORDER BY id", {"action": action})
    return [details for (details,) in found]


async def test_a_preview_counts_and_names_what_would_appear_and_vanish() -> None:
    await store(team("SEC", private=True), label("vip"), *(item(number, team="OPS") for number in range(1, 8)))
    await store(item(8, "Locks", team="SEC"), item(9, team="SEC", label_ids=["label-vip"]), item(10))
    choices = [
        HIDE_OPS,
        SharingChoice("team", "team-SEC", is_shown=True),
        SharingChoice("label", "label-vip", is_shown=False),
    ]
    found = await sharing.preview_settings(1, replace(ALL, comments=False), choices)
    assert found.fields == [("comments", False)]
    assert [one.name for one in found.entities] == ["Team OPS", "Team SEC", "vip"]
    assert (found.appearing.count, found.appearing.newest) == (1, [("SEC-8", "Locks")])
    assert found.vanishing.count == 7
    assert [identifier for identifier, _ in found.vanishing.newest] == ["OPS-7", "OPS-6", "OPS-5", "OPS-4", "OPS-3"]
    assert await rules() == []
    await saved(*choices)
    assert await seen() == ["ENG-10", "SEC-8"]


async def test_switching_off_and_on_again_leaves_no_rule() -> None:
    await store(item(1, team="OPS"))
    await saved(HIDE_OPS)
    assert (await rules(), await is_listed_as_shown("team-OPS")) == ([("team", "team-OPS", False)], False)
    await saved(replace(HIDE_OPS, is_shown=True))
    assert (await rules(), await is_listed_as_shown("team-OPS")) == ([], True)


async def test_a_private_team_is_hidden_until_an_admin_shows_it() -> None:
    await store(team("SEC", private=True), item(1, team="SEC"))
    assert (await seen(), await is_listed_as_shown("team-SEC")) == ([], False)
    await saved(SharingChoice("team", "team-SEC", is_shown=True))
    assert (await seen(), await is_listed_as_shown("team-SEC")) == (["SEC-1"], True)


async def test_a_team_that_becomes_private_vanishes() -> None:
    await store(item(1, team="OPS"))
    await saved(HIDE_OPS)
    await saved(replace(HIDE_OPS, is_shown=True))
    await query("UPDATE teams SET private = true")
    assert await seen() == []


async def test_the_second_of_two_admins_is_told_and_changes_nothing() -> None:
    await store(item(1, team="OPS"), project("Apollo"))
    await sharing.save_settings(OPERATOR, 1, ALL, [HIDE_OPS])
    with pytest.raises(Conflict, match="Somebody else changed"):
        await sharing.save_settings(OPERATOR, 1, replace(ALL, comments=False), [])
    with pytest.raises(Conflict):
        await sharing.preview_settings(1, ALL, [])
    assert (await sharing.read_settings()).fields == ALL
    assert len(await recorded("sharing.changed")) == 1


async def test_what_has_gone_can_not_be_chosen() -> None:
    with pytest.raises(Conflict, match="no longer exists in Linear"):
        await saved(HIDE_OPS)
    assert await rules() == []


async def test_a_change_is_recorded_with_what_was_before() -> None:
    await store(item(1, team="OPS"))
    await saved(HIDE_OPS, fields=replace(ALL, estimates=False))
    [details] = await recorded("sharing.changed")
    assert details == {
        "before": {"estimates": True, "team Team OPS (team-OPS)": True},
        "after": {"estimates": False, "team Team OPS (team-OPS)": False},
    }


async def test_a_hidden_group_of_labels_hides_what_has_one_of_them() -> None:
    await store(label("customer", is_group=True), label("acme", parent_id="label-customer"))
    await store(item(1, label_ids=["label-acme"]), item(2))
    await saved(SharingChoice("label", "label-customer", is_shown=False))
    assert await seen() == ["ENG-2"]


async def test_names_of_what_is_hidden_stand_nowhere() -> None:
    await store(project("Apollo"), label("vip"), team("SEC", private=True), item(1, team="SEC"))
    await store(item(2, project_id="project-Apollo", label_ids=["label-vip"]), item(3, parent_id="item-ENG-2"))
    await saved(SharingChoice("project", "project-Apollo", is_shown=False))
    told = await sharing.read_summary(EVERYTHING)
    assert ([one.key for one in told.teams], told.items.count, told.is_part) == (["ENG"], 1, False)
    page = await items.read_item_page(EVERYTHING, "ENG-3")
    assert (page.parent, await items.find_current_identifier(EVERYTHING, "ENG-2")) == (None, None)
    for hidden in ("ENG-2", "SEC-1"):
        with pytest.raises(NotFound, match="no item by that name"):
            await items.read_item_page(EVERYTHING, hidden)


async def test_lists_are_found_by_name_and_counted() -> None:
    await store(team("OPS", name="Operations"), label("urgent"), project("100%"), project("Other"))
    await store(item(1, label_ids=["label-urgent"]), item(2, label_ids=["label-urgent"], trashed=True))
    found = {one.kind: one.listed for one in await sharing.list_entities("%")}
    assert [one.name for one in found["project"]] == ["100%"]
    assert found["team"] == found["label"] == []
    [urgent] = (await sharing.list_entities("URG"))[2].listed
    assert (urgent.name, urgent.items) == ("urgent", 1)


async def test_a_group_sees_what_its_rules_name_and_is_shown() -> None:
    await store(project("Apollo"), label("vip"), item(1, team="OPS"), item(2, project_id="project-Apollo"))
    await store(item(3, label_ids=["label-vip"]), item(4), item(5, team="OPS", label_ids=["label-vip"]))
    scope = await group_of(
        SharingChoice("team", "team-OPS", is_shown=True),
        SharingChoice("project", "project-Apollo", is_shown=True),
        SharingChoice("label", "label-vip", is_shown=True),
    )
    assert await seen(scope) == ["OPS-5", "ENG-3", "ENG-2", "OPS-1"]
    await saved(HIDE_OPS)
    assert await seen(scope) == ["ENG-3", "ENG-2"]
    assert scope.viewer_group_ids
    group_id = scope.viewer_group_ids[0]
    assert (await viewer_groups.read_group(group_id)).items == 2
    await viewer_groups.update_rules(OPERATOR, group_id, [SharingChoice("label", "label-vip", is_shown=False)])
    assert await seen(scope) == ["ENG-2"]


@pytest.mark.owner
async def test_a_change_that_can_not_be_recorded_is_not_made() -> None:
    await store(item(1, team="OPS"))
    await query("ALTER TABLE audit_logs ADD CONSTRAINT refused CHECK (action <> 'sharing.changed')")
    with pytest.raises(DatabaseFailed):
        await saved(HIDE_OPS)
    assert (await rules(), (await sharing.read_settings()).version) == ([], 1)
