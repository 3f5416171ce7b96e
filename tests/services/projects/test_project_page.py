"""A project's page: its numbers, what waits for what, and its silence, in worlds of which a part is hidden."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.projects import names, project_page
from shareable_backlog.services.projects.project_page import ProjectPage
from shareable_backlog.streams.projects import ProjectMilestoneRow, ProjectRow, ProjectStatusRow
from tests.support import listing
from tests.support.mirrored import NOON, item, project, state, store, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

APOLLO = project("Apollo", slug_id="0a")
TODAY = date(2026, 2, 6)


async def read(word: str = "Apollo", scope: Scope = EVERYTHING, now: datetime = NOON) -> ProjectPage:
    [found] = await names.find_projects(scope, word)
    return await project_page.read_page(scope, found, None, today=TODAY, now=now)


def milestone(name: str, **fields: Any) -> ProjectMilestoneRow:
    named: dict[str, Any] = {"id": f"milestone-{name}", "project_id": APOLLO.id, **fields}
    return ProjectMilestoneRow(name=name, created_at=NOON, updated_at=NOON, **named)


def status(type_: str) -> ProjectStatusRow:
    return ProjectStatusRow(id=type_, name=type_, type=type_, position=0, created_at=NOON, updated_at=NOON)


def of(number: int, whole: ProjectRow = APOLLO, **fields: Any) -> Any:
    return item(number, project_id=whole.id, **fields)


async def test_states_of_one_name_are_counted_together_what_is_worked_on_first() -> None:
    await store(
        APOLLO, state("started", name="Doing"), state("started", team="OPS", name="doing"), state("completed"),
        of(1, state_id="ENG-completed-0"), of(2, state_id="ENG-started-0"),
        of(3, team="OPS", state_id="OPS-started-0"),
        of(4), of(5, archived_at=NOON),
    )  # fmt: skip
    page = await read()
    assert [(one.name, one.items, one.has_list) for one in page.states] == [
        ("Doing", 2, True), ("completed", 1, True), (None, 1, True),
    ]  # fmt: skip
    assert page.items == 4
    assert [team.key for team in page.teams] == ["ENG", "OPS"]


async def test_milestones_of_one_name_have_no_list_as_it_would_have_both() -> None:
    await store(APOLLO, milestone("Pilot"), milestone("pilot", id="m2"), milestone("Launch"), of(1))
    assert (await read()).listed_steps == {"milestone-Launch"}


async def test_nothing_of_one_with_a_namesake_has_a_list() -> None:
    other = project("apollo", id="other")
    await store(APOLLO, other, milestone("Launch"), of(1), of(2, other))
    page = await read("0a")
    assert (page.has_own_list, page.listed_steps, [one.has_list for one in page.states]) == (False, set(), [False])


@pytest.mark.parametrize(
    ("type_", "days", "gap", "weeks"),
    [
        ("started", 20, 7, None),
        ("started", 21, 7, 3),
        ("started", 40, 7, 5),
        ("started", 40, 30, None),
        ("started", 61, 30, 8),
        ("completed", 90, 7, None),
        ("paused", 90, 7, None),
        ("planned", 90, 7, None),
    ],
)
async def test_it_is_silent_after_three_weeks_and_twice_its_rhythm_while_it_goes_on(
    type_: str, days: int, gap: int, weeks: int | None
) -> None:
    written = [update(number, APOLLO, created_at=NOON - number * timedelta(days=gap)) for number in range(4)]
    await store(status(type_), project("Apollo", status_id=type_), of(1), *written)
    assert (await read(now=NOON + timedelta(days=days))).silent_weeks == weeks


async def test_one_that_nobody_writes_about_is_not_called_silent() -> None:
    await store(status("started"), project("Apollo", status_id="started"), of(1))
    assert (await read()).silent_weeks is None
    await store(update(1, APOLLO, created_at=NOON - timedelta(days=90)))
    assert (await read()).silent_weeks == 12
    await query("UPDATE sharing_settings SET shows_updates = false")
    assert (await read()).silent_weeks is None


@pytest.mark.parametrize(
    ("anchors", "is_source", "waits"),
    [
        (("end", "start"), False, True),
        (("end", "start"), True, False),
        (("start", "end"), True, True),
        (("start", "end"), False, False),
        (("milestone", "start"), True, False),
    ],
)
async def test_what_waits_for_what_follows_from_the_ends_that_are_tied(
    anchors: tuple[str, str],
    is_source: bool,  # noqa: FBT001 (a row of the table)
    waits: bool,  # noqa: FBT001 (the same)
) -> None:
    gemini = project("Gemini")
    await store(APOLLO, gemini, of(1), of(2, gemini))
    ends = (APOLLO.id, gemini.id) if is_source else (gemini.id, APOLLO.id)
    await relate(*ends, *anchors)
    page = await read()
    assert [one.name for one in (page.blocked_by if waits else page.blocks)] == ["Gemini"]
    assert not (page.blocks if waits else page.blocked_by)


async def test_a_project_that_is_not_shown_is_waited_for_in_silence() -> None:
    gemini = project("Gemini")
    await store(APOLLO, gemini, of(1), of(2, gemini, team="SEC"))
    await relate(gemini.id, APOLLO.id, "end", "start")
    assert [one.name for one in (await read()).blocked_by] == ["Gemini"]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    assert not (await read()).blocked_by


async def relate(source: str, target: str, anchor: str, related_anchor: str) -> None:
    await query(
        "INSERT INTO project_relations (id, type, anchor_type, related_anchor_type, project_id, related_project_id,"
        " created_at, updated_at) VALUES ('r', 'dependency', %(anchor)s, %(related_anchor)s, %(source)s, %(target)s,"
        " now(), now())",
        {"source": source, "target": target, "anchor": anchor, "related_anchor": related_anchor},
    )


@pytest.mark.parametrize("seed", range(4))
async def test_in_random_worlds_every_number_is_that_of_its_list_and_what_is_hidden_moves_none(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (worlds that come again)
    states = [state(type_, team=team) for team in ("ENG", "SEC") for type_ in ("started", "completed", "canceled")]
    steps = [milestone("Pilot"), milestone("Launch")]
    await store(APOLLO, *states, *steps, of(0))
    group = await share_team("ENG")
    for number in range(1, 25):
        team = dice.choice(("ENG", "SEC"))
        await store(
            of(
                number, team=team, state_id=f"{team}-{dice.choice(('started', 'completed', 'canceled'))}-0",
                project_milestone_id=dice.choice((None, *(one.id for one in steps))),
                archived_at=dice.choice((None, None, datetime.now(UTC))),
            ),
            indexed=False,
        )  # fmt: skip
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    for scope in (EVERYTHING, group):
        page = await read(scope=scope)
        assert page.items == await count("project=Apollo", scope)
        for one in page.states:
            words = f"state={one.name}" if one.name else "no=state"
            assert one.items == await count(f"project=Apollo&{words}", scope)
        for step in page.plan.steps:
            own = f"project=Apollo&milestone={step.milestone.name}"
            assert step.count
            assert step.count.done == await count(f"{own}&type=completed", scope)
            assert step.count.items == await count(f"{own}&-type=canceled&-type=duplicate", scope)
    seen = await read(scope=group)
    await query("DELETE FROM backlog_items WHERE team_id = 'team-SEC'")
    assert await read(scope=group) == seen


async def count(words: str, scope: Scope) -> int:
    return len(await listing.identifiers(words, scope))


async def share_team(key: str) -> Scope:
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Partners') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'team', %(team)s)",
        {"id": group_id, "team": f"team-{key}"},
    )
    return Scope((group_id,))
