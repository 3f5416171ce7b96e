"""Projects in order, with what a reader may know of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, LiteralString

import pytest

from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.projects import roadmap
from shareable_backlog.database.projects.roadmap import Milestone, MilestoneProgress, PlannedProject
from shareable_backlog.streams.issues import ItemRow
from shareable_backlog.streams.projects import (
    InitiativeProjectRow,
    InitiativeRow,
    ProjectMilestoneRow,
    ProjectRow,
    ProjectStatusRow,
    ProjectUpdate,
)
from tests.support.mirrored import NOON, item, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

EVERYBODY = EVERYTHING
DONE, CANCELED, OPEN = "ENG-completed-0", "ENG-canceled-0", "ENG-started-0"
STATES = (state("completed"), state("canceled"), state("started"), state("duplicate"))


def status(type_: str) -> ProjectStatusRow:
    return ProjectStatusRow(
        id=f"status-{type_}", name=type_.title(), type=type_, position=0, created_at=NOON, updated_at=NOON
    )


def milestone(name: str, of: ProjectRow, **fields: Any) -> ProjectMilestoneRow:
    return ProjectMilestoneRow(
        id=f"milestone-{name}", name=name, project_id=of.id, created_at=NOON, updated_at=NOON, **fields
    )


def of(number: int, whole: ProjectRow, **fields: Any) -> ItemRow:
    return item(number, project_id=whole.id, **fields)


async def found(scope: Scope = EVERYBODY, **asked: Any) -> list[PlannedProject]:
    plain: dict[str, Any] = {"team_key": None, "status_type": None, "skip": 0, "limit": 100}
    return await roadmap.list_projects(scope, **{**plain, **asked})


async def names(scope: Scope = EVERYBODY, **asked: Any) -> list[str]:
    return [one.name for one in await found(scope, **asked)]


async def counted(whole: ProjectRow, scope: Scope = EVERYBODY) -> tuple[int, int]:
    """Return how many items the project has and how many of them are done."""
    parts = await roadmap.count_progress(scope, [whole.id])
    return sum(one.items for one in parts), sum(one.done for one in parts)


async def milestones(whole: ProjectRow, scope: Scope = EVERYBODY) -> list[Milestone]:
    return await roadmap.list_milestones(scope, [whole.id])


async def hide(kind: Literal["team", "project", "label"], id_: str) -> None:
    await query(
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES (%(kind)s, %(id)s, false)",
        {"kind": kind, "id": id_},
    )


async def group_of(kind: str, id_: str) -> Scope:
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Partners') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(group_id)s, %(kind)s, %(id)s)",
        {"group_id": group_id, "kind": kind, "id": id_},
    )
    return Scope((group_id,))


async def test_projects_come_by_status_then_target_then_start_then_name() -> None:
    may, june = date(2026, 5, 1), date(2026, 6, 1)
    planned = [
        project("z-started", status_id="status-started", target_date=june),
        project("y-started", status_id="status-started", target_date=june, start_date=may),
        project("b-started", status_id="status-started", start_date=may),
        project("planned", status_id="status-planned", target_date=may),
        project("backlog", status_id="status-backlog", target_date=may),
        project("paused", status_id="status-paused", target_date=may),
        project("completed", status_id="status-completed", target_date=may),
        project("canceled", status_id="status-canceled", target_date=may),
        project("a-none", target_date=may),
        project("B-none", target_date=may),
        project("undated", status_id="status-started"),
    ]
    await store(*map(status, roadmap.STATUS_TYPES), *planned, *(of(n, one) for n, one in enumerate(planned)))
    in_order = [
        "y-started", "z-started", "b-started", "planned", "backlog", "paused", "completed", "canceled",
        "a-none", "B-none", "undated",
    ]  # fmt: skip
    assert await names() == in_order
    assert await names(skip=2, limit=3) == in_order[2:5]
    assert await names(status_type="started") == ["y-started", "z-started", "b-started", "undated"]


async def test_a_project_tells_its_status_health_lead_and_dates() -> None:
    apollo = project(
        "Apollo", status_id="status-started", lead_id="person-Maren", health="atRisk",
        start_date=date(2026, 1, 2), target_date=date(2026, 3, 4),
    )  # fmt: skip
    await store(status("started"), person("Maren"), apollo, of(1, apollo))
    assert await found() == [
        PlannedProject(
            id="project-Apollo",
            name="Apollo",
            status="Started",
            status_type="started",
            health="atRisk",
            health_updated_at=None,
            update_gap=None,
            lead="Maren",
            start_date=date(2026, 1, 2),
            start_date_resolution=None,
            target_date=date(2026, 3, 4),
            target_date_resolution=None,
            has_namesake=False,
        )
    ]


async def test_the_lead_is_not_told_where_people_are_not_shown() -> None:
    apollo = project("Apollo", lead_id="person-Maren")
    await store(person("Maren"), apollo, of(1, apollo))
    await query("UPDATE sharing_settings SET shows_assignees = false")
    [one] = await found()
    assert one.lead is None


async def test_progress_leaves_out_what_is_canceled_archived_or_gone() -> None:
    apollo = project("Apollo")
    gone = {"archived_at": datetime(2026, 2, 1, tzinfo=UTC)}
    await store(
        *STATES, apollo,
        of(1, apollo, state_id=DONE), of(2, apollo, state_id=OPEN), of(3, apollo),
        of(4, apollo, state_id=CANCELED), of(5, apollo, state_id="ENG-duplicate-0"),
        of(6, apollo, state_id=DONE, trashed=True), of(7, apollo, state_id=DONE, **gone),
    )  # fmt: skip
    assert await counted(apollo) == (3, 1)


async def test_a_project_whose_items_are_all_canceled_is_still_there() -> None:
    apollo = project("Apollo")
    await store(*STATES, apollo, of(1, apollo, state_id=CANCELED))
    assert (await names(), await counted(apollo)) == (["Apollo"], (0, 0))


async def test_no_more_than_ten_thousand_items_are_counted() -> None:
    apollo = project("Apollo")
    await store(apollo, *(of(number, apollo) for number in range(10_005)), indexed=False)
    assert await counted(apollo) == (roadmap.MOST_COUNTED + 1, 0)


async def test_a_project_of_which_no_item_is_shown_does_not_exist() -> None:
    private, hidden, empty, archived, gone = map(project, ("private", "hidden", "empty", "archived", "gone"))
    await store(
        team("SEC", private=True), private, hidden, empty, archived, gone,
        item(1, team="SEC", project_id=private.id), of(2, hidden),
        of(3, archived, archived_at=datetime(2026, 2, 1, tzinfo=UTC)), of(4, gone, trashed=True),
    )  # fmt: skip
    await hide("project", hidden.id)
    assert await names() == []


async def test_hidden_items_are_in_no_count() -> None:
    apollo = project("Apollo")
    await store(
        team("SEC", private=True), label("secret"), *STATES, apollo,
        of(1, apollo, state_id=DONE), of(2, apollo, state_id=DONE, label_ids=["label-secret"]),
        item(3, team="SEC", project_id=apollo.id),
    )  # fmt: skip
    await hide("label", "label-secret")
    assert await counted(apollo) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "id_"), [("team", "team-OPS"), ("label", "label-vip"), ("project", "project-Gemini")]
)
async def test_a_group_sees_and_counts_only_its_part(kind: str, id_: str) -> None:
    apollo, gemini = project("Apollo"), project("Gemini")
    mine = item(2, team="OPS", project_id=gemini.id, label_ids=["label-vip"])
    await store(label("vip"), apollo, gemini, of(1, apollo), mine)
    scope = await group_of(kind, id_)
    assert await names(scope) == ["Gemini"]
    assert (await counted(apollo, scope), await counted(gemini, scope)) == ((0, 0), (1, 0))
    assert await names(Scope(tuple(one + 1 for one in scope.viewer_group_ids or ()))) == []


async def test_a_team_leaves_the_projects_with_an_item_of_it_that_is_shown() -> None:
    apollo, gemini = project("Apollo"), project("Gemini")
    await store(team("SEC", private=True), apollo, gemini, of(1, apollo), of(2, gemini))
    await store(item(3, team="OPS", project_id=gemini.id), item(4, team="SEC", project_id=apollo.id))
    assert await names(team_key="OPS") == ["Gemini"]
    assert await names(team_key="SEC") == await names(team_key="NONE") == []


async def test_milestones_come_by_date_and_are_counted_by_themselves() -> None:
    apollo, gemini = project("Apollo"), project("Gemini")
    await store(
        *STATES, apollo, gemini,
        milestone("later", apollo, target_date=date(2026, 6, 1)), milestone("someday", apollo),
        milestone("soon", apollo, target_date=date(2026, 5, 1)), milestone("other", gemini),
        milestone("archived", apollo, archived_at=NOON),
        of(1, apollo, state_id=DONE, project_milestone_id="milestone-soon"),
        of(2, apollo, state_id=OPEN, project_milestone_id="milestone-soon"),
        of(3, apollo, state_id=CANCELED, project_milestone_id="milestone-soon"), of(4, apollo),
    )  # fmt: skip
    assert await milestones(apollo) == [
        Milestone("milestone-soon", apollo.id, "soon", date(2026, 5, 1)),
        Milestone("milestone-later", apollo.id, "later", date(2026, 6, 1)),
        Milestone("milestone-someday", apollo.id, "someday", None),
    ]
    assert sorted(await roadmap.count_progress(EVERYBODY, [apollo.id]), key=str) == [
        MilestoneProgress(apollo.id, "milestone-soon", 2, 1),
        MilestoneProgress(apollo.id, None, 1, 0),
    ]


async def test_points_are_of_what_is_counted_and_shown() -> None:
    apollo = project("Apollo")
    await store(*STATES, team("OPS", issue_estimation_type="notUsed"), apollo)
    await store(
        of(1, apollo, state_id=DONE, estimate=3.0), of(2, apollo, estimate=0.5),
        of(3, apollo, state_id=CANCELED, estimate=8.0), item(4, team="OPS", project_id=apollo.id, estimate=5.0),
    )  # fmt: skip
    [counted] = await roadmap.count_progress(EVERYBODY, [apollo.id])
    assert counted.points == 3.5
    await query("UPDATE sharing_settings SET shows_estimates = false")
    [counted] = await roadmap.count_progress(EVERYBODY, [apollo.id])
    assert counted.points is None


async def test_a_milestone_whose_items_are_all_hidden_does_not_exist() -> None:
    apollo = project("Apollo")
    archived = {"archived_at": datetime(2026, 2, 1, tzinfo=UTC)}
    await store(
        team("SEC", private=True), apollo,
        *(milestone(name, apollo) for name in ("mine", "over", "secret", "to come")),
        of(1, apollo, project_milestone_id="milestone-mine"),
        of(2, apollo, project_milestone_id="milestone-over", **archived),
        item(3, team="SEC", project_id=apollo.id, project_milestone_id="milestone-secret"),
    )  # fmt: skip
    assert [one.name for one in await milestones(apollo)] == ["mine", "over", "to come"]


async def test_nothing_reads_all_items(monkeypatch: pytest.MonkeyPatch) -> None:
    apollo = project("Apollo")
    await store(apollo, milestone("soon", apollo), of(1, apollo, project_milestone_id="milestone-soon"))
    plans: list[str] = []

    async def explained(sql: LiteralString, params: dict[str, Any], **_row: Any) -> list[Any]:
        async with transaction() as one:
            # A table of a few rows is read whole, whatever its indexes.
            await one.query("SET LOCAL enable_seqscan = off")
            plans.extend(line for (line,) in await one.query("EXPLAIN " + sql, params))
        return []

    monkeypatch.setattr(roadmap, "query", explained)
    for team_key in (None, "ENG"):
        await found(await group_of("team", "team-ENG") if team_key else EVERYBODY, team_key=team_key)
    await milestones(apollo)
    await roadmap.count_progress(EVERYBODY, [apollo.id])
    reads = [line for line in plans if "on backlog_items" in line]
    assert len(reads) == 12
    assert all("Index" in line for line in reads), reads


async def test_a_project_in_the_trash_or_archived_is_left_out() -> None:
    apollo, gemini, ranger = project("Apollo"), project("Gemini", trashed=True), project("Ranger", archived_at=NOON)
    await store(apollo, gemini, ranger, of(1, apollo), of(2, gemini), of(3, ranger))
    assert await names() == ["Apollo"]


async def test_an_initiative_in_the_trash_or_archived_is_left_out_and_so_is_a_part_that_is_none_any_more() -> None:
    times: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    apollo = project("Apollo")
    await store(
        apollo,
        InitiativeRow(id="moon", name="Moon", trashed=False, **times),
        InitiativeRow(id="mars", name="Mars", trashed=True, **times),
        InitiativeRow(id="sun", name="Sun", trashed=False, archived_at=NOON, **times),
        InitiativeRow(id="sky", name="Sky", trashed=False, **times),
        *(
            InitiativeProjectRow(
                id=name,
                initiative_id=name,
                project_id=apollo.id,
                archived_at=NOON if name == "sky" else None,
                **times,
            )
            for name in ("moon", "mars", "sun", "sky")
        ),
    )
    assert [one.initiative for one in await roadmap.list_initiatives([apollo.id])] == ["Moon"]


async def test_how_often_is_written_about_a_project_is_the_usual_gap_and_unknown_for_two_updates() -> None:
    often, seldom = project("a-often"), project("b-seldom")
    days = {often.id: (0, 7, 14, 90), seldom.id: (0, 7)}
    updates = [
        ProjectUpdate(
            id=f"{one}-{day}",
            project_id=one,
            body="On it.",
            is_diff_hidden=False,
            created_at=NOON + timedelta(days=day),
            updated_at=NOON,
        )
        for one, on in days.items()
        for day in on
    ]
    await store(often, seldom, of(1, often), of(2, seldom), *updates)
    assert [one.update_gap for one in await found()] == [timedelta(days=7), None]
