"""What admins choose to show: the choices as they are stored, listed, tried beforehand and counted."""

from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest
from msgspec.structs import replace

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access import sharing_settings
from shareable_backlog.database.access.sharing import (
    EVERYTHING,
    Entity,
    EntityKind,
    Scope,
    SharedFields,
    SharingChoice,
    SharingSettings,
)
from shareable_backlog.database.access.sharing_settings import ItemDifference
from tests.support.database.locking import list_free
from tests.support.mirrored import item, label, project, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ALL = SharedFields(descriptions=True, comments=True, assignees=True, estimates=True, attachments=True, updates=True)
HIDE_OPS = SharingChoice("team", "team-OPS", is_shown=False)
SHOW_OPS = replace(HIDE_OPS, is_shown=True)
NOTHING = ItemDifference(0, [])


async def change(*choices: SharingChoice, fields: SharedFields = ALL) -> None:
    async with transaction() as tx:
        await sharing_settings.save_settings(tx, fields, choices)


async def list_rules() -> list[tuple[str, str, bool]]:
    return [tuple(row) for row in await query("SELECT kind, entity_id, is_shown FROM sharing_rules ORDER BY 1, 2")]


async def list_names(kind: EntityKind, text: str = "", limit: int = 10) -> list[str]:
    return [one.name for one in await sharing_settings.list_entities(kind, text, limit)]


async def find(kind: EntityKind, id_: str) -> Entity:
    [found] = await sharing_settings.list_entities_by_id(kind, [id_])
    return found


async def remove(table: LiteralString, id_: str) -> None:
    """Mark a row as gone from Linear."""
    await query(f"UPDATE {table} SET removed_at = now() WHERE id = %(id)s", {"id": id_})


async def test_at_first_everything_is_shown_of_an_item() -> None:
    assert await sharing_settings.read_settings() == SharingSettings(1, ALL)


@pytest.mark.parametrize("name", ["descriptions", "comments", "assignees", "estimates", "attachments", "updates"])
async def test_each_field_is_switched_by_itself_and_the_version_moves(name: str) -> None:
    await change(fields=replace(ALL, **{name: False}))
    assert await sharing_settings.read_settings() == SharingSettings(2, replace(ALL, **{name: False}))


async def test_whoever_is_about_to_change_the_settings_keeps_others_from_it(database: str) -> None:
    async with transaction() as tx:
        assert await sharing_settings.lock_settings(tx) == SharingSettings(1, ALL)
        assert list_free(database, "sharing_settings") == []


async def test_a_choice_is_stored_and_a_later_one_takes_its_place() -> None:
    await store(team("OPS"), project("Apollo"), label("vip"))
    await change(HIDE_OPS, SharingChoice("project", "project-Apollo", is_shown=False))
    await change(SharingChoice("label", "label-vip", is_shown=False), SHOW_OPS)
    assert await list_rules() == [("label", "label-vip", False), ("project", "project-Apollo", False)]


async def test_a_choice_to_show_what_is_shown_anyway_is_not_stored() -> None:
    await store(team("OPS"), project("Apollo"))
    await change(SHOW_OPS, SharingChoice("project", "project-Apollo", is_shown=True))
    assert await list_rules() == []


async def test_what_is_chosen_of_a_private_team_holds_although_it_ceases_to_be_private() -> None:
    await store(team("OPS", private=True), team("SEC", private=True))
    await change(HIDE_OPS, SharingChoice("team", "team-SEC", is_shown=True))
    await query("UPDATE teams SET private = false")
    assert await list_rules() == [("team", "team-OPS", False), ("team", "team-SEC", True)]
    assert not (await find("team", "team-OPS")).is_shown


async def test_a_choice_is_about_one_kind_alone() -> None:
    await store(team("ENG", id="same"), project("Apollo", id="same"))
    await change(SharingChoice("team", "same", is_shown=False), SharingChoice("project", "same", is_shown=False))
    await change(SharingChoice("team", "same", is_shown=True))
    assert await list_rules() == [("project", "same", False)]


async def test_what_can_be_chosen_is_listed_by_name_up_to_a_limit() -> None:
    await store(team("A", name="Zeta"), team("B", name="Alpha"), team("C", name="alpha"), team("D", name="beta"))
    assert await list_names("team") == ["Alpha", "alpha", "beta", "Zeta"]
    assert await list_names("team", limit=2) == ["Alpha", "alpha"]


async def test_a_text_finds_names_and_what_tells_them_apart_in_any_case() -> None:
    await store(team("OPS", name="Plant"), team("ENG", name="100% steel"), team("FLD", name="Field"))
    await store(label("Urgent", team_id="team-OPS"))
    assert await list_names("team", "pLa") == ["Plant"]
    assert await list_names("team", "ops") == ["Plant"]
    assert await list_names("team", "%") == ["100% steel"]
    assert await list_names("team", "_") == []
    assert await list_names("label", "plant") == ["Urgent"]


async def test_a_team_is_told_by_its_key_and_a_label_by_its_group_and_team() -> None:
    await store(team("OPS"), label("customer", is_group=True))
    await store(
        label("acme", parent_id="label-customer", team_id="team-OPS"), label("vip", parent_id="label-customer")
    )
    await store(label("loose"), project("Apollo"))
    labels = {one.name: one.detail for one in await sharing_settings.list_entities("label", "", 9)}
    assert labels == {"customer": None, "acme": "customer, Team OPS", "vip": "customer", "loose": None}
    assert (await find("team", "team-OPS")).detail == "OPS"
    assert (await find("project", "project-Apollo")).detail is None


async def test_items_are_counted_archived_ones_too_and_never_what_is_gone_or_in_the_trash() -> None:
    named: dict[str, Any] = {"team": "OPS", "project_id": "project-Apollo", "label_ids": ["label-vip", "label-new"]}
    await store(project("Apollo"), label("vip"), item(9), item(1, **named))
    await store(item(2, archived_at=datetime.now(UTC), **named), item(3, trashed=True, **named), item(4, **named))
    await remove("backlog_items", "item-OPS-4")
    found = [
        await find("team", "team-OPS"),
        await find("project", "project-Apollo"),
        await find("label", "label-vip"),
    ]
    assert [one.items for one in found] == [2, 2, 2]


async def test_what_nothing_was_chosen_of_is_shown_unless_it_is_private() -> None:
    await store(team("OPS"), team("SEC", private=True))
    assert [
        (one.id, one.is_private, one.is_shown) for one in await sharing_settings.list_entities("team", "", 9)
    ] == [
        ("team-OPS", False, True),
        ("team-SEC", True, False),
    ]


@pytest.mark.parametrize(
    ("kind", "table", "id_"),
    [("team", "teams", "team-OPS"), ("project", "projects", "project-Apollo"), ("label", "labels", "label-vip")],
)
async def test_what_has_gone_is_listed_only_while_a_choice_about_it_holds(
    kind: EntityKind, table: LiteralString, id_: str
) -> None:
    await store(team("OPS"), project("Apollo"), label("vip"))
    await change(SharingChoice(kind, id_, is_shown=False))
    await remove(table, id_)
    assert not (await find(kind, id_)).is_shown
    assert len(await list_names(kind)) == 1
    await change(SharingChoice(kind, id_, is_shown=True))
    assert await sharing_settings.list_entities_by_id(kind, [id_]) == []
    assert await list_names(kind) == []


async def test_what_is_named_comes_by_name_without_what_is_not_there() -> None:
    await store(team("OPS", name="Zeta"), team("ENG", name="alpha"), team("FLD"))
    found = await sharing_settings.list_entities_by_id("team", ["team-OPS", "team-ENG", "team-NONE"])
    assert [one.name for one in found] == ["alpha", "Zeta"]
    assert await sharing_settings.list_entities_by_id("team", []) == []


async def test_choices_are_tried_without_being_stored_and_the_newest_items_named() -> None:
    await store(team("SEC", private=True), *(item(number, f"Item {number}", team="OPS") for number in range(1, 5)))
    await store(item(7, "Locks", team="SEC"), item(8))
    tried = [HIDE_OPS, SharingChoice("team", "team-SEC", is_shown=True)]
    appearing, vanishing = await sharing_settings.compute_difference(tried, 2)
    assert appearing == ItemDifference(1, [("SEC-7", "Locks")])
    assert vanishing == ItemDifference(4, [("OPS-4", "Item 4"), ("OPS-3", "Item 3")])
    assert await list_rules() == []


async def test_a_tried_choice_counts_instead_of_the_stored_one_and_beside_the_others() -> None:
    await store(project("Apollo"), item(1, team="OPS"), item(2, team="OPS", project_id="project-Apollo"))
    await store(team("SEC", private=True), item(3, team="SEC"))
    show_sec = SharingChoice("team", "team-SEC", is_shown=True)
    await change(HIDE_OPS, show_sec, SharingChoice("project", "project-Apollo", is_shown=False))
    appearing, vanishing = await sharing_settings.compute_difference([SHOW_OPS, replace(show_sec, is_shown=False)], 9)
    assert appearing == ItemDifference(1, [("OPS-1", "A title")])
    assert vanishing == ItemDifference(1, [("SEC-3", "A title")])


async def test_choices_that_hold_already_change_nothing() -> None:
    await store(item(1, team="OPS"), item(2))
    await change(HIDE_OPS)
    for tried in ([HIDE_OPS], []):
        assert await sharing_settings.compute_difference(tried, 9) == (NOTHING, NOTHING)


async def test_a_scope_sees_all_that_is_shown_or_what_its_group_does_archived_items_too() -> None:
    await store(
        item(1, team="OPS"), item(2, team="OPS", archived_at=datetime.now(UTC)), item(3), item(4, trashed=True)
    )
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'team', 'team-OPS')",
        {"id": group_id},
    )
    assert (
        await sharing_settings.count_items(EVERYTHING),
        await sharing_settings.count_items(Scope((group_id,))),
    ) == (
        3,
        2,
    )
    await change(HIDE_OPS)
    assert (
        await sharing_settings.count_items(EVERYTHING),
        await sharing_settings.count_items(Scope((group_id,))),
    ) == (
        1,
        0,
    )
