"""What views made in Linear name: all that is called so, and what our filters find by it."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.linear_views import view_names
from tests.support.mirrored import NOON, cycle, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_what_is_meant_comes_with_all_that_is_called_so() -> None:
    await store(team("FLD"), team("OPS"), project("Apollo"), state("started", name="Doing"))
    await store(state("started", team="OPS", name="DOING"))
    names = await view_names.read_names(["ENG-started-0", "project-Apollo", "team-FLD"])
    assert names.find_by_word("state", "doing") == {"ENG-started-0", "OPS-started-0"}
    assert names.find_ids("team", "name", "Team FLD", ignores_case=False) == {"team-FLD"}
    assert names.find_by_word("team", "Team FLD") == frozenset()
    assert names.find_by_word("project", "APOLLO") == {"project-Apollo"}
    assert {row.kind for row in names.rows} == {"state", "team", "project"}


async def test_an_id_and_a_name_in_whatever_case_are_found() -> None:
    await store(person("Ada", display_name="ada.example"), person("Ben"))
    names = await view_names.read_names(["ADA.EXAMPLE"])
    assert names.find_ids("person", "displayName", "ADA.example", ignores_case=True) == {"person-Ada"}
    assert names.find_ids("person", "displayName", "ADA.example", ignores_case=False) == frozenset()
    assert names.list_words("person", "person-Ada") == ["Ada", "ada.example"]
    assert await view_names.read_names([]) == view_names.ViewNames()


async def test_labels_are_found_by_their_group_and_only_if_they_are_offered() -> None:
    await store(label("Area", is_group=True), label("Web", parent_id="label-Area"), label("Secret"))
    await query("UPDATE labels SET is_offered = false WHERE name = 'Secret'")
    names = await view_names.read_names(["label-Web", "label-Secret", "Area"])
    assert names.find_by_word("label", "area") == {"label-Web"}
    assert names.list_words("label", "label-Web") == ["Web"]
    assert names.find_ids("label", "id", "label-Secret", ignores_case=False) == frozenset()
    assert not names.offers_all_labels


async def test_a_cycle_is_called_by_its_number_first_and_current_is_no_name() -> None:
    await store(cycle(12, team_id="team-FLD", name="Sprint", starts_at=NOON, ends_at=NOON))
    names = await view_names.read_names(["cycle"])
    assert names.list_words("cycle", "cycle") == ["12", "Sprint"]
    assert names.find_team_ids("cycle") == {"cycle": "team-FLD"}


async def test_what_is_gone_is_not_called_anything() -> None:
    await store(project("Apollo"))
    await query("UPDATE projects SET removed_at = now()")
    assert (await view_names.read_names(["project-Apollo", "Apollo"])).rows == ()


async def test_what_is_not_shown_to_everybody_is_told() -> None:
    assert (await view_names.read_names([])).shows_people
    await query("UPDATE sharing_settings SET shows_assignees = false, shows_estimates = false")
    names = await view_names.read_names([])
    assert (names.shows_people, names.shows_estimates) == (False, False)


async def test_estimates_mean_the_same_only_while_every_team_uses_some() -> None:
    await store(team("FLD", issue_estimation_type="notUsed"))
    assert not (await view_names.read_names([])).shows_estimates
