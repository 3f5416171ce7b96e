"""The teams: which are named to whom, in which order, and which there are for the sync."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.projects import teams
from shareable_backlog.database.projects.teams import ShownTeam
from tests.support.listing import make_group
from tests.support.mirrored import item, label, project, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime.now(UTC)


async def choose(kind: str, id_: str, *, is_shown: bool) -> None:
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES (%(kind)s, %(id)s, %(is_shown)s)",
        {"kind": kind, "id": id_, "is_shown": is_shown},
    )


async def list_keys(scope: Scope | None = None) -> list[str]:
    return [one.key for one in await teams.list_teams(scope or EVERYTHING)]


async def test_teams_are_named_by_key_and_come_by_name_whatever_its_case() -> None:
    await store(
        team("ENG", name="engine"), team("FLD", name="Field"), team("OPS", name="Depot"), team("AAA", name="Engine")
    )
    assert await teams.list_teams(EVERYTHING) == [
        ShownTeam("OPS", "Depot"),
        ShownTeam("AAA", "Engine"),
        ShownTeam("ENG", "engine"),
        ShownTeam("FLD", "Field"),
    ]


async def test_a_team_without_items_is_named_to_who_sees_everything() -> None:
    await store(team("ENG"))
    assert await list_keys() == ["ENG"]


async def test_a_private_team_is_named_only_once_an_admin_shows_it() -> None:
    await store(team("SEC", private=True), team("OPS"))
    assert await list_keys() == ["OPS"]
    await choose("team", "team-SEC", is_shown=True)
    await choose("team", "team-OPS", is_shown=False)
    assert await list_keys() == ["SEC"]


async def test_a_team_that_is_archived_or_gone_is_not_named() -> None:
    await store(team("ENG", archived_at=NOW), team("OPS"), team("FLD"))
    await query("UPDATE teams SET removed_at = now() WHERE key = 'OPS'")
    assert await list_keys() == ["FLD"]


async def test_a_group_is_named_its_own_teams_with_or_without_items() -> None:
    await store(team("ENG"), team("OPS"))
    assert await list_keys(await make_group(("team", "team-OPS"))) == ["OPS"]


async def test_a_groups_own_team_is_not_named_while_it_is_hidden() -> None:
    await store(team("OPS"))
    scope = await make_group(("team", "team-OPS"))
    await choose("team", "team-OPS", is_shown=False)
    assert await list_keys(scope) == []


@pytest.mark.parametrize("rule", [("project", "project-Apollo"), ("label", "label-vip"), ("label", "label-customer")])
async def test_a_group_is_named_the_teams_of_the_items_that_it_sees(rule: tuple[str, str]) -> None:
    await store(project("Apollo"), label("customer", is_group=True), label("vip", parent_id="label-customer"))
    seen: dict[str, Any] = {"project_id": "project-Apollo", "label_ids": ["label-vip"]}
    await store(item(1, team="OPS", **seen), item(2, team="FLD", **seen), item(3, team="ENG"))
    assert await list_keys(await make_group(rule)) == ["FLD", "OPS"]


async def test_a_group_is_named_all_teams_of_a_label_that_is_too_common_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teams, "_FEW", 1)
    await store(label("vip"), label("secret"))
    await store(*(item(at, team=key, label_ids=["label-vip"]) for at, key in enumerate(["AAA", "BBB", "CCC"], 1)))
    await store(item(4, team="DDD"), item(5, team="EEE", label_ids=["label-vip", "label-secret"]))
    await choose("label", "label-secret", is_shown=False)
    assert await list_keys(await make_group(("label", "label-vip"))) == ["AAA", "BBB", "CCC"]


@pytest.mark.parametrize("rule", [("project", "project-Apollo"), ("label", "label-vip")])
async def test_an_item_that_is_in_no_list_names_no_team_to_a_group(rule: tuple[str, str]) -> None:
    await store(project("Apollo"), label("vip"), label("secret"))
    seen: dict[str, Any] = {"project_id": "project-Apollo", "label_ids": ["label-vip"]}
    await store(
        item(1, team="AAA", archived_at=NOW, **seen),
        item(2, team="BBB", trashed=True, **seen),
        item(3, team="CCC", **seen),
        item(4, team="DDD", project_id="project-Apollo", label_ids=["label-vip", "label-secret"]),
        item(5, team="ENG", **seen),
    )
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 3")
    await choose("label", "label-secret", is_shown=False)
    assert await list_keys(await make_group(rule)) == ["ENG"]


async def test_the_teams_for_the_sync_are_those_that_have_not_gone_shown_or_not() -> None:
    await store(team("ENG", archived_at=NOW), team("SEC", private=True), team("OPS"))
    await query("UPDATE teams SET removed_at = now() WHERE key = 'OPS'")
    async with transaction() as tx:
        assert await teams.list_ids(tx) == {"team-ENG", "team-SEC"}
