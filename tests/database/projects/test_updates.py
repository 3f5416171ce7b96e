"""What teams wrote about progress, for whoever may read it."""

import random
from datetime import timedelta
from typing import Any, LiteralString

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.projects import updates
from shareable_backlog.database.projects.updates import ShownUpdate, UpdatesQuery
from tests.database.projects.test_initiatives import initiative, part
from tests.database.projects.test_roadmap import group_of
from tests.support.mirrored import NOON, item, label, person, project, store, team, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

APOLLO, GEMINI = project("Apollo", slug_id="5e1f"), project("Gemini")


async def read(scope: Scope = EVERYTHING, after: Any = None, limit: int = 100, **asked: Any) -> list[ShownUpdate]:
    return await updates.list_updates(scope, UpdatesQuery(**asked), after, limit)


async def read_ids(scope: Scope = EVERYTHING, **asked: Any) -> list[str]:
    return [one.id for one in await read(scope, **asked)]


async def store_two() -> None:
    """Store two projects, one of each of two teams, with an update each, and a second one of Apollo."""
    await store(
        APOLLO, GEMINI, item(1, project_id=APOLLO.id), item(2, team="OPS", project_id=GEMINI.id),
        update(1, APOLLO, health="onTrack"), update(2, GEMINI, health="atRisk"), update(3, APOLLO, health="offTrack"),
    )  # fmt: skip


async def test_they_come_the_latest_first_page_by_page() -> None:
    await store_two()
    await store(update(4, GEMINI, created_at=NOON + timedelta(minutes=3)))
    assert await read_ids() == ["update-4", "update-3", "update-2", "update-1"]
    first = await read(limit=2)
    assert await read_ids(after=(first[-1].created_at, first[-1].id)) == ["update-2", "update-1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"project_id": APOLLO.id}, [3, 1]),
        ({"health": "atRisk"}, [2]),
        ({"health": "none"}, []),
        ({"team_key": "OPS"}, [2]),
        ({"team_key": "NONE"}, []),
        ({"ids": ("update-1", "update-2")}, [2, 1]),
        ({"since": NOON + timedelta(minutes=2)}, [3, 2]),
        ({"initiative_id": "none"}, []),
    ],
)
async def test_they_are_narrowed(asked: dict[str, Any], found: list[int]) -> None:
    await store_two()
    assert await read_ids(**asked) == [f"update-{number}" for number in found]


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE sharing_settings SET shows_updates = false",
        "UPDATE projects SET trashed = true",
        "UPDATE backlog_items SET trashed = true",
        "UPDATE teams SET private = true",
        "UPDATE project_updates SET archived_at = now()",
        "UPDATE project_updates SET removed_at = now()",
    ],
)
async def test_what_is_not_shown_is_not_read(gone: LiteralString) -> None:
    await store_two()
    await query(gone)
    assert await read() == []


async def test_a_group_reads_of_the_projects_that_it_sees() -> None:
    await store_two()
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Partners') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'team', 'team-OPS')",
        {"id": group_id},
    )
    assert await read_ids(Scope((group_id,))) == ["update-2"]
    assert await read_ids(Scope((group_id,)), team_key="ENG") == []
    assert await read_ids(NOTHING) == []


async def test_one_tells_of_what_it_is_by_whom_and_what_changed() -> None:
    await store(
        person("Maren"), APOLLO, item(1, project_id=APOLLO.id),
        update(1, APOLLO, "Going *well*", user_id="person-Maren", health="onTrack", diff_markdown="- Target moved"),
        update(2, APOLLO, diff_markdown="- Secret", is_diff_hidden=True),
    )  # fmt: skip
    hidden, one = await read()
    assert (one.kind, one.name, one.word, one.health) == ("project", "Apollo", "Apollo", "onTrack")
    assert (one.author, one.body, one.diff) == ("Maren", "Going *well*", "- Target moved")
    assert (hidden.author, hidden.diff) == (None, None)


async def test_where_people_are_not_shown_neither_the_author_nor_what_changed_names_any() -> None:
    await store(
        person("Maren"), APOLLO, item(1, project_id=APOLLO.id),
        update(1, APOLLO, user_id="person-Maren", diff_markdown="Lead: Maren"),
    )  # fmt: skip
    await query("UPDATE sharing_settings SET shows_assignees = false")
    [one] = await read()
    assert (one.author, one.diff, one.body) == (None, None, "All is well")


@pytest.mark.parametrize(
    ("told", "is_read"),
    [
        ("Target moved, waits for **Gemini**", True),
        ("Now waits for **the hidden \\_plan\\_**", False),
        ("Part of the initiative “Moonshot”", False),
        ("Part of the initiative “Earth”", True),
        ("Secrets joined, which only they call so", False),
        ("Label Layoffs added", False),
        ("Label Roof added", True),
        ("Waits for Voyager, which is gone", False),
    ],
)
async def test_what_changed_is_told_where_it_names_nothing_that_is_not_shown(told: str, *, is_read: bool) -> None:
    hidden, gone = project("The hidden _plan_"), project("Voyager", trashed=True)
    await store(team("ENG"), team("SEC", name="Secrets", private=True), label("Roof"), label("Layoffs"))
    await store(
        APOLLO, GEMINI, hidden, gone, item(1, project_id=APOLLO.id), item(2, project_id=GEMINI.id),
        item(3, team="SEC", project_id=hidden.id), initiative("Moonshot"), part("Moonshot", "The hidden _plan_"),
        initiative("Earth"), part("Earth", "Gemini"), update(1, APOLLO, diff_markdown=told),
    )  # fmt: skip
    await query("UPDATE labels SET is_offered = name <> 'Layoffs'")
    assert [one.diff for one in await read()] == [told if is_read else None]


async def test_to_a_group_what_changed_names_none_but_its_own_teams_and_projects() -> None:
    await store(team("ENG", name="Builders"), team("OPS", name="Movers"))
    await store(
        APOLLO, GEMINI, item(1, project_id=APOLLO.id), item(2, team="OPS", project_id=GEMINI.id),
        update(1, APOLLO, diff_markdown="Waits for Gemini"), update(2, APOLLO, diff_markdown="Movers joined"),
        update(3, APOLLO, diff_markdown="Builders joined"),
    )  # fmt: skip
    scope = await group_of("team", "team-ENG")
    assert [one.diff for one in await read(scope)] == ["Builders joined", None, None]
    assert None not in [one.diff for one in await read()]


async def test_an_initiative_that_is_hidden_is_no_namesake() -> None:
    await store(
        APOLLO, GEMINI, item(1, project_id=APOLLO.id), item(2, team="SEC", project_id=GEMINI.id),
        initiative("Moon"), part("Moon", "Apollo"), initiative("moon", id="initiative-2"), part("2", "Gemini"),
    )  # fmt: skip
    await query("""
        INSERT INTO initiative_updates (id, initiative_id, body, created_at, updated_at)
        VALUES ('one', 'initiative-Moon', 'All is well', now(), now())
    """)
    of_moon: dict[str, Any] = {"initiative_id": "initiative-Moon"}
    assert [one.has_namesake for one in await read(**of_moon)] == [True]
    await query("UPDATE teams SET private = true WHERE key = 'SEC'")
    assert [one.has_namesake for one in await read(**of_moon)] == [False]


@pytest.mark.parametrize("seed", range(4))
async def test_in_random_worlds_each_scope_reads_what_a_plain_model_says(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Partners') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES"
        " (%(id)s, 'team', 'team-OPS'), (%(id)s, 'project', 'project-0')",
        {"id": group},
    )
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    whole = [project(str(number)) for number in range(6)]
    teams = {one.id: [dice.choice(("ENG", "OPS", "SEC")) for _ in range(dice.randint(0, 3))] for one in whole}
    items = [(one.id, team) for one in whole for team in teams[one.id]]
    written = [(number, dice.choice(whole)) for number in range(30)]
    await store(
        *whole,
        *(
            item(at, team=team, project_id=of, archived_at=dice.choice((None, NOON)))
            for at, (of, team) in enumerate(items)
        ),
        *(update(number, of) for number, of in written),
        indexed=False,
    )
    seen = {
        EVERYTHING: {one.id for one in whole if {*teams[one.id]} - {"SEC"}},
        Scope((group,)): {
            one.id
            for one in whole
            if "OPS" in teams[one.id] or (one.id == "project-0" and {*teams[one.id]} - {"SEC"})
        },
        NOTHING: set[str](),
    }
    for scope, ids in seen.items():
        expected = [f"update-{number}" for number, of in reversed(written) if of.id in ids]
        found, after = list[str](), None
        while some := await read(scope, after, limit=7):
            found += [one.id for one in some]
            after = (some[-1].created_at, some[-1].id)
        assert found == expected, scope
