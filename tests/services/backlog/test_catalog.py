"""What items are sorted into, and what there is behind a page that shows nothing."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import catalog
from tests.support.listing import parse_query
from tests.support.mirrored import item, project, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_projects_come_by_pages() -> None:
    names = ("Apollo", "Gemini", "Mercury")
    items = [item(number, project_id=f"project-{name}") for number, name in enumerate(names)]
    await store(team("ENG"), *map(project, names), *items)
    first, after = await catalog.list_projects(EVERYTHING, None, 2)
    rest, end = await catalog.list_projects(EVERYTHING, after, 2)
    assert ([one.name for one in first + rest], end) == (list(names), None)


@pytest.mark.parametrize(
    ("words", "scale"),
    [("", None), ("team=ops", "tShirt"), ("team=OPS&team=SAL", "tShirt"), ("-team=ENG", "tShirt"), ("team=SAL", None),
     ("team=ENG", "fibonacci"), ("team=ENG&team=OPS", None), ("team=GONE", None)],
)  # fmt: skip
async def test_a_scale_is_that_of_all_teams_that_are_asked_for_and_estimate(words: str, scale: str | None) -> None:
    scales = {"ENG": "fibonacci", "OPS": "tShirt", "SAL": "notUsed"}
    await store(*(team(key, issue_estimation_type=of_team) for key, of_team in scales.items()))
    assert catalog.find_scale(await catalog.list_teams(EVERYTHING), parse_query(words).filters) == scale


async def test_what_is_mirrored_is_counted_whether_shown_or_not_but_for_what_is_archived_or_gone() -> None:
    await store(team("SEC", private=True), *map(project, ("Apollo", "Trash")))
    await store(*(item(number, team="SEC", project_id="project-Apollo") for number in range(4)))
    await store(item(4, team="SEC", project_id="project-Trash"), item(5, team="SEC"))
    await query("UPDATE backlog_items SET archived_at = now() WHERE number = 1")
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 2")
    await query("UPDATE backlog_items SET trashed = true WHERE number = 5")
    await query("UPDATE projects SET trashed = true WHERE name = 'Trash'")
    assert await catalog.count_mirrored() == (3, 1)


async def test_cycles_are_named_by_the_teams_that_somebody_may_see() -> None:
    await store(team("ENG"), team("SEC", private=True))
    await query(
        "INSERT INTO cycles (id, number, name, team_id, created_at, updated_at)"
        " VALUES ('a', 7, 'Spring', 'team-ENG', now(), now()), ('b', 7, 'Secret', 'team-SEC', now(), now()),"
        " ('c', 8, NULL, 'team-ENG', now(), now())"
    )
    found = await catalog.list_named_cycles(EVERYTHING, ["7", "8"])
    assert [(one.number, one.team_key, one.name) for one in found] == [(8, "ENG", None), (7, "ENG", "Spring")]
    assert await catalog.list_named_cycles(Scope(()), ["7"]) == []
