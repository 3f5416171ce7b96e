"""The page of an initiative, against what a plain model says of the same worlds."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.errors import NotFound
from shareable_backlog.services.projects import initiatives
from shareable_backlog.services.projects.initiatives import InitiativeBranch, InitiativePage
from tests.database.projects.test_initiatives import initiative, part
from tests.support.mirrored import NOON, item, project, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NAMES = ("Moon", "Sea", "Bay", "Air", "Sky")
PROJECTS = ("A", "B", "C", "D")


async def read_page(name: str = "Moon", scope: Scope = EVERYTHING, **after: Any) -> InitiativePage:
    [found] = await initiatives.find_initiatives(scope, name)
    return await initiatives.read_page(scope, found, None, NOON + timedelta(**after))


async def stored(**fields: Any) -> None:
    await store(initiative("Moon", **fields), project("A"), part("Moon", "A"), item(1, project_id="project-A"))


def name_tree(branches: Sequence[InitiativeBranch]) -> dict[str, Any]:
    return {one.initiative.name: name_tree(one.branches) for one in branches}


@pytest.mark.parametrize(
    ("target", "resolution", "status", "is_late"),
    [
        (date(2026, 2, 5), None, "Active", True),
        (date(2026, 2, 6), None, "Active", False),
        (date(2026, 1, 1), "quarter", "Active", False),
        (date(2025, 12, 31), "year", None, True),
        (date(2026, 2, 5), None, "Completed", False),
        (date(2026, 2, 5), None, "Canceled", False),
        (None, None, "Active", False),
    ],
)
async def test_it_is_late_once_the_time_is_over_that_its_date_stands_for(
    target: date | None, resolution: str | None, status: str | None, *, is_late: bool
) -> None:
    await stored(target_date=target, target_date_resolution=resolution, status=status)
    assert (await read_page()).is_late is is_late


async def test_health_is_old_and_silence_is_told_by_its_own_rhythm() -> None:
    await stored(health="onTrack", health_updated_at=NOON, status="Active")
    await query(
        "INSERT INTO initiative_updates (id, initiative_id, body, is_diff_hidden, created_at, updated_at)"
        " VALUES ('u', 'initiative-Moon', 'Up', true, %(at)s, %(at)s)",
        {"at": NOON},
    )
    found = {days: await read_page(days=days) for days in (14, 15, 21)}
    assert [one.is_health_old for one in found.values()] == [False, True, True]
    assert [one.silent_weeks for one in found.values()] == [None, None, 3]
    assert [one.body for one in found[14].updates.updates] == ["Up"]
    await query("UPDATE initiatives SET status = 'Canceled'")
    canceled = await read_page(days=21)
    assert (canceled.is_health_old, canceled.silent_weeks) == (False, None)
    await query("UPDATE initiatives SET status = 'Active'")
    await query("UPDATE sharing_settings SET shows_updates = false")
    hidden = await read_page(days=21)
    assert (hidden.silent_weeks, hidden.updates.updates) == (None, [])


async def test_projects_that_the_roadmap_has_no_more_are_named_apart() -> None:
    await store(
        initiative("Moon"), project("A"), project("Old"), part("Moon", "A"), part("Moon", "Old"),
        item(1, project_id="project-A"), item(2, project_id="project-Old", archived_at=NOON),
    )  # fmt: skip
    page = await read_page()
    assert ([one.project.name for one in page.plans], [one.name for one in page.others]) == (["A"], ["Old"])


async def test_the_one_above_is_told_and_no_loop_hangs() -> None:
    await store(
        initiative("Moon", "Bay"), initiative("Sea", "Moon"), initiative("Bay", "Sea"),
        project("A"), part("Bay", "A"), item(1, project_id="project-A"),
    )  # fmt: skip
    page = await read_page()
    assert page.parent
    assert (page.parent.name, name_tree(page.branches)) == ("Bay", {"Sea": {"Bay": {}}})


# --- Random worlds


def list_shown(
    parents: dict[str, str | None], parts: set[tuple[str, str]], shown: set[str], gone: set[str]
) -> dict[str, set[str]]:
    """Return the initiatives that are shown, each with its own projects that are."""

    def list_family(name: str) -> set[str]:
        family = {name}
        while more := {one for one, above in parents.items() if above in family and one not in family | gone}:
            family |= more
        return family

    own = {name: {one for of, one in parts if of == name} & shown for name in NAMES}
    return {name: own[name] for name in NAMES if name not in gone and any(own[one] for one in list_family(name))}


@pytest.mark.parametrize("seed", range(5))
async def test_random_worlds_are_as_a_plain_model_says_in_every_scope(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    parents = {name: dice.choice((None, None, *NAMES)) for name in NAMES}
    gone = {name for name in NAMES if dice.random() < 0.2}
    parts = {(of, one) for of in NAMES for one in PROJECTS if dice.random() < 0.3}
    await store(
        *(initiative(name, parents[name], trashed=name in gone) for name in NAMES), *map(project, PROJECTS),
        *(part(*one) for one in parts), *(item(n, project_id=f"project-{one}") for n, one in enumerate(PROJECTS)),
    )  # fmt: skip
    [(group,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Some') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id)"
        " VALUES (%(group)s, 'project', 'project-A'), (%(group)s, 'project', 'project-B')",
        {"group": group},
    )
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-B', false)")
    for scope, shown in ((EVERYTHING, {"A", "C", "D"}), (Scope((group,)), {"A"})):
        expected = list_shown(parents, parts, shown, gone)
        for name in NAMES:
            if name not in expected:
                with pytest.raises(NotFound):
                    await initiatives.find_initiatives(scope, name)
                continue
            page = await read_page(name, scope)
            assert {one.project.name for one in page.plans} == expected[name]
            below = {one for one, above in parents.items() if above == name and one != name and one in expected}
            assert set(name_tree(page.branches)) == below
            above = parents[name]
            assert (page.parent.name if page.parent else None) == (above if above in expected else None)
