"""By which word an address names a project."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import item_details
from shareable_backlog.database.projects import project_details, roadmap
from shareable_backlog.database.projects.project_names import choose_word
from tests.support.mirrored import item, project, store

pytestmark = pytest.mark.anyio
live = pytest.mark.usefixtures("live_database")


@pytest.mark.parametrize("name", ["Apollo", "A/B test", 'Über all "it"', "50% #1?", "מסע", "a.b", "…", " x "])
def test_a_name_stands_for_itself(name: str) -> None:
    assert choose_word(name, "slug", has_namesake=False) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/../b", "a//b", "/a", "a/", "a\nb", "\x01"])
def test_a_name_that_no_browser_leaves_as_it_is_does_not(name: str) -> None:
    assert choose_word(name, "slug", has_namesake=False) == "slug"


def test_a_name_of_several_stands_for_none_of_them() -> None:
    assert choose_word("Apollo", "slug", has_namesake=True) == "slug"


async def list_words(scope: Scope = EVERYTHING) -> list[str]:
    found = await roadmap.list_projects(scope, team_key=None, status_type=None, skip=0, limit=9)
    return sorted(one.word for one in found)


@live
async def test_two_of_one_name_in_any_case_are_called_by_linears_words() -> None:
    one, other = project("Apollo", slug_id="0a"), project("APOLLO", id="other")
    await store(one, other, item(1, project_id=one.id), item(2, project_id=other.id))
    assert await list_words() == ["0a", "other"]


@live
async def test_one_of_which_nothing_is_shown_is_no_namesake() -> None:
    one, other = project("Apollo", slug_id="0a"), project("apollo", id="other")
    await store(one, other, item(1, project_id=one.id), item(2, team="SEC", project_id=other.id))
    await hide_team("SEC")
    assert await list_words() == ["Apollo"]
    [found] = await project_details.find_projects(EVERYTHING, "apollo")
    assert found.word == "Apollo"


@live
@pytest.mark.parametrize(("hidden_team", "word"), [("OPS", "0a"), ("SEC", "Apollo")])
async def test_an_item_calls_its_project_by_its_name_unless_another_of_it_is_shown(
    hidden_team: str, word: str
) -> None:
    one, other = project("Apollo", slug_id="0a"), project("apollo", id="other")
    await store(one, other, item(1, project_id=one.id), item(2, team="SEC", project_id=other.id), item(3, team="OPS"))
    await hide_team(hidden_team)
    found = await item_details.find_item(EVERYTHING, "ENG-1")
    assert found is not None
    assert found.project_word == word


@live
@pytest.mark.parametrize("word", [{"slug_id": "0a"}, {"id": "0a", "slug_id": "0c"}])
async def test_a_name_that_is_anothers_word_is_none(word: dict[str, str]) -> None:
    one, other = project("0a", slug_id="0b"), project("Apollo", **word)
    await store(one, other, item(1, project_id=one.id), item(2, project_id=other.id))
    assert await list_words() == ["0b", "Apollo"]


async def hide_team(key: str) -> None:
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', %(id)s, false)", {"id": f"team-{key}"}
    )
