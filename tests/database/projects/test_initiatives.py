"""Initiatives, who is shown them, and what is below them, from a real PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.projects import initiatives
from shareable_backlog.streams.projects import InitiativeProjectRow, InitiativeRow
from tests.support.mirrored import NOON, item, person, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

TIMES: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}


def initiative(key: str, parent: str | None = None, **fields: Any) -> InitiativeRow:
    """Make an initiative that is below `parent`; it is called by its key if no name is given."""
    plain: dict[str, Any] = {"id": f"initiative-{key}", "name": key, "trashed": False, **TIMES}
    named: dict[str, Any] = {**plain, "parent_initiative_id": parent and f"initiative-{parent}", **fields}
    return InitiativeRow(**named)


def part(of: str, of_project: str, **fields: Any) -> InitiativeProjectRow:
    """Make a project a part of an initiative."""
    ends: dict[str, Any] = {"initiative_id": f"initiative-{of}", "project_id": f"project-{of_project}"}
    named: dict[str, Any] = {"id": f"{of}-{of_project}", **ends, **TIMES, **fields}
    return InitiativeProjectRow(**named)


async def find_names(word: str, scope: Scope = EVERYTHING) -> list[str]:
    return [one.id.removeprefix("initiative-") for one in await initiatives.find_initiatives(scope, word)]


async def test_an_initiative_is_shown_to_who_is_shown_a_project_of_it_or_below_it() -> None:
    await store(
        *map(initiative, ("Moon", "Stars")), initiative("Sea", "Moon"), initiative("Bay", "Sea"),
        project("A"), part("Bay", "A"), item(1, project_id="project-A"),
    )  # fmt: skip
    found = [await find_names(name) for name in ("moon", "SEA", "Bay", "Stars")]
    assert found == [["Moon"], ["Sea"], ["Bay"], []]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-A', false)")
    assert await find_names("moon") == []


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE initiatives SET trashed = true WHERE id = 'initiative-Sea'",
        "UPDATE projects SET trashed = true",
        "UPDATE initiative_projects SET removed_at = now()",
        "UPDATE backlog_items SET trashed = true",
    ],
)
async def test_what_is_gone_shows_nothing_above_it(gone: Any) -> None:
    await store(
        initiative("Moon"), initiative("Sea", "Moon"), project("A"), part("Sea", "A"), item(1, project_id="project-A")
    )
    assert await find_names("Moon") == ["Moon"]
    await query(gone)
    assert await find_names("Moon") == []


async def test_several_may_have_a_name_and_a_word_of_linears_means_one() -> None:
    one, other = initiative("Moon", slug_id="5e1f"), initiative("Sea", name="moon", slug_id="77aa")
    await store(one, other, project("A"), part("Moon", "A"), part("Sea", "A"), item(1, project_id="project-A"))
    assert sorted(await find_names("MOON")) == ["Moon", "Sea"]
    [found] = await initiatives.find_initiatives(EVERYTHING, "77aa")
    assert (found.word, found.is_named) == ("77aa", False)


async def test_one_that_is_hidden_makes_no_name_ambiguous() -> None:
    await store(
        initiative("Moon"), initiative("Sea", name="moon"), project("A"), part("Moon", "A"),
        item(1, project_id="project-A"),
    )  # fmt: skip
    [found] = await initiatives.find_initiatives(EVERYTHING, "moon")
    assert found.word == "Moon"


async def test_a_name_that_is_anothers_id_is_no_word() -> None:
    await store(
        initiative("Moon", name="initiative-Sea", slug_id="5e1f"), initiative("Sea"), project("A"),
        part("Moon", "A"), part("Sea", "A"), item(1, project_id="project-A"),
    )  # fmt: skip
    [found] = await initiatives.find_initiatives(EVERYTHING, "5e1f")
    assert found.word == "5e1f"


async def test_texts_and_people_are_read_where_they_are_shown() -> None:
    await store(
        initiative("Moon", content="# Why", description="Up", owner_id="person-Maren"), person("Maren"),
        project("A"), part("Moon", "A"), item(1, project_id="project-A"),
    )  # fmt: skip
    [found] = await initiatives.find_initiatives(EVERYTHING, "moon")
    assert (found.content, found.description, found.owner) == ("# Why", "Up", "Maren")
    await query("UPDATE sharing_settings SET shows_descriptions = false, shows_assignees = false")
    [found] = await initiatives.find_initiatives(EVERYTHING, "moon")
    assert (found.content, found.description, found.owner) == (None, None, None)


async def test_what_is_below_comes_once_even_if_it_is_above_itself() -> None:
    await store(
        initiative("Moon", "Bay"), initiative("Sea", "Moon", sort_order=2), initiative("Bay", "Sea"),
        initiative("Air", "Moon", sort_order=1), initiative("Own", "Own"),
        project("A"), part("Bay", "A"), part("Air", "A"), part("Own", "A"), item(1, project_id="project-A"),
    )  # fmt: skip
    below = await initiatives.list_below(EVERYTHING, "initiative-Moon")
    assert [one.name for one in below] == ["Air", "Sea", "Bay"]
    assert await initiatives.list_below(EVERYTHING, "initiative-Own") == []


async def test_a_long_circle_is_read_no_further_than_people_would() -> None:
    circle = [initiative(str(at), str((at + 1) % 190)) for at in range(190)]
    await store(*circle, project("A"), part("100", "A"), item(1, project_id="project-A"))
    below = await initiatives.list_below(EVERYTHING, "initiative-105")
    assert [one.name for one in below] == ["100", "101", "102", "103", "104"]
    assert await find_names("150") == []


async def test_its_projects_are_its_own_and_those_that_are_archived() -> None:
    await store(
        initiative("Moon"), initiative("Sea", "Moon"), *map(project, ("A", "B", "Hidden")),
        project("Old", archived_at=NOON), *(part("Moon", name) for name in ("A", "Old", "Hidden")), part("Sea", "B"),
        item(1, project_id="project-A"), item(2, project_id="project-Old", archived_at=NOON),
        item(3, project_id="project-B"),
    )  # fmt: skip
    found = await initiatives.list_projects(EVERYTHING, "initiative-Moon")
    assert [(one.name, one.is_listed) for one in found] == [("A", True), ("Old", False)]


async def test_how_often_is_written_about_it_is_known_from_its_updates() -> None:
    await store(initiative("Moon"), project("A"), part("Moon", "A"), item(1, project_id="project-A"))
    await query(
        """
        INSERT INTO initiative_updates (id, initiative_id, body, health, is_diff_hidden, created_at, updated_at)
        SELECT 'u' || n, 'initiative-Moon', 'Text', 'onTrack', true, at, at
        FROM (SELECT n, %(noon)s::timestamptz + n * interval '5 days' AS at FROM generate_series(1, 4) n) a
        """,
        {"noon": NOON},
    )
    [found] = await initiatives.find_initiatives(EVERYTHING, "moon")
    assert (found.update_gap, found.last_update_at) == (timedelta(days=5), NOON + timedelta(days=20))
