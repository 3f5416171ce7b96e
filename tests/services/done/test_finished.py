"""What was finished, by week, project or label, in a real PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.errors import InvalidInput
from shareable_backlog.services.audit.audit_actions import OPERATOR
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.done import finished
from shareable_backlog.services.done.finished import DonePage, DoneQuery
from shareable_backlog.streams.releases import ItemReleaseRow, ReleasePipelineRow, ReleaseRow
from tests.support.mirrored import item, label, project, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

NOW = datetime(2026, 2, 6, 12, tzinfo=UTC)  # a Friday
MONDAY = date(2026, 2, 2)


async def finish(number: int, days_ago: float, **fields: Any) -> None:
    await store(
        state("completed"),
        item(number, completed_at=NOW - timedelta(days=days_ago), state_id="ENG-completed-0", **fields),
    )


WEEKS = DoneQuery("week")


async def read(asked: DoneQuery = WEEKS, scope: Scope = EVERYTHING) -> DonePage:
    return await finished.list_finished(scope, asked, NOW)


async def put_in_release(number: int, name: str, **fields: Any) -> None:
    times: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}
    plain: dict[str, Any] = {"trashed": False, "pipeline_id": "app", **times, **fields}
    await store(
        ReleaseRow(id=name, name=name, **plain),
        ItemReleaseRow(id=f"{name}-{number}", issue_id=f"item-ENG-{number}", release_id=name, **times),
    )


def list_parts(page: DonePage) -> list[tuple[object, int, Sequence[str]]]:
    return [
        (one.day or (one.group and one.group.value), one.total.count, [line.identifier for line in one.items])
        for one in page.parts
    ]


async def test_weeks_come_newest_first_and_quiet_ones_say_so() -> None:
    await finish(1, 0)
    await finish(2, 1)
    await finish(3, 15)
    page = await read()
    assert list_parts(page)[:4] == [
        (MONDAY, 2, ["ENG-2", "ENG-1"]),
        (date(2026, 1, 26), 0, []),
        (date(2026, 1, 19), 1, ["ENG-3"]),
        (date(2026, 1, 12), 0, []),
    ]
    assert (page.first_day, page.last_day, page.next_before) == (date(2025, 12, 15), date(2026, 2, 8), None)


async def test_older_weeks_begin_with_the_last_that_has_anything() -> None:
    await finish(1, 0)
    await finish(2, 200)
    page = await read()
    assert page.next_before == date(2025, 7, 28)
    older = await read(DoneQuery("week", page.next_before))
    assert list_parts(older)[0] == (date(2025, 7, 21), 1, ["ENG-2"])
    assert older.next_before is None


async def test_what_was_put_away_since_still_counts_and_what_is_gone_does_not() -> None:
    await finish(1, 1, archived_at=NOW)
    await finish(2, 1, trashed=True)
    await finish(3, 1)
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 3")
    assert list_parts(await read())[0] == (MONDAY, 1, ["ENG-1"])


async def test_projects_and_labels_have_what_was_finished_in_the_same_weeks() -> None:
    await store(project("Apollo"), project("Gemini"), label("Bug"))
    await finish(1, 0, project_id="project-Apollo", label_ids=["label-Bug"])
    await finish(2, 9, project_id="project-Apollo")
    await finish(3, 20)
    await finish(4, 99, project_id="project-Gemini")
    assert list_parts(await read(DoneQuery("project"))) == [("Apollo", 2, ["ENG-2", "ENG-1"]), (None, 1, ["ENG-3"])]
    assert list_parts(await read(DoneQuery("label"))) == [("Bug", 1, ["ENG-1"]), (None, 2, ["ENG-3", "ENG-2"])]


async def test_releases_come_by_what_was_finished_last_in_them() -> None:
    for number, name in ((1, "Spring"), (1, "Autumn"), (2, "Spring"), (3, "Winter"), (4, "Gone")):
        await put_in_release(number, name, version="4.21" if name == "Spring" else None, trashed=name == "Gone")
    await put_in_release(4, "Of a pipeline in the trash", pipeline_id="old")
    await store(ReleasePipelineRow(id="old", name="Old", trashed=True, created_at=NOW, updated_at=NOW))
    await put_in_release(4, "Spring", version="4.21")
    await query("UPDATE item_releases SET archived_at = now() WHERE id = 'Spring-4'")
    for number, days_ago in ((1, 3), (2, 1), (3, 150), (4, 1)):
        await finish(number, days_ago)
    page = await read(DoneQuery("release"))
    assert list_parts(page) == [("Spring", 2, ["ENG-2", "ENG-1"]), ("Autumn", 1, ["ENG-1"])]
    assert [one.group and one.group.name for one in page.parts] == ["4.21 Spring", "Autumn"]


async def test_a_release_has_only_what_is_in_it() -> None:
    await put_in_release(1, "4.21")
    await put_in_release(2, "Spring", version="4.21")
    for number, days_ago in ((1, 1), (2, 2)):
        await finish(number, days_ago)
    assert list_parts(await read(DoneQuery("release"))) == [("4.21", 1, ["ENG-1"]), ("Spring", 1, ["ENG-2"])]


async def test_more_releases_than_a_page_holds_follow() -> None:
    for number in range(1, 15):
        await put_in_release(number, f"R{number}")
        await finish(number, number)
    page = await read(DoneQuery("release"))
    assert (len(page.parts), page.next_skip) == (12, 12)
    rest = await finished.list_finished(EVERYTHING, DoneQuery("release"), NOW, skip=12)
    assert ([one.key for one in rest.parts], rest.next_skip) == (["r13", "r14"], None)


async def test_a_team_may_be_asked_for() -> None:
    await finish(1, 0)
    await store(item(2, team="OPS", completed_at=NOW - timedelta(days=8)))
    page = await read(DoneQuery("week", team_key="OPS"))
    assert list_parts(page)[0] == (date(2026, 1, 26), 1, ["OPS-2"])
    assert [one.key for one in page.teams] == ["ENG", "OPS"]


@pytest.mark.parametrize("by", finished.KINDS)
async def test_each_number_is_that_of_the_list_that_its_filters_leave(by: finished.DoneKind) -> None:
    await store(project("Apollo"), label("Bug"))
    for number in range(30):
        apollo, bug = "project-Apollo" if number % 3 else None, ["label-Bug"] if number % 2 else []
        await put_in_release(number + 1, "Spring" if number % 4 else "Autumn")
        await finish(number + 1, number, project_id=apollo, label_ids=bug, archived_at=NOW if number % 5 else None)
    parts = (await read(DoneQuery(by))).parts
    assert sum(one.total.count for one in parts) == 30
    for one in parts:
        selection = await item_pages.select_items(EVERYTHING, ItemQuery(one.filters, None, NOW))
        assert (await item_pages.count_items(selection)).count == one.total.count


async def test_what_is_hidden_is_not_finished() -> None:
    await finish(1, 0)
    await finish(2, 0, team="OPS")
    await finish(3, 150, team="OPS")
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    page = await read()
    assert list_parts(page)[0] == (MONDAY, 1, ["ENG-1"])
    assert page.next_before is None
    assert (await read(scope=NOTHING)).parts == []


@pytest.mark.parametrize("few", [0, 10_000])
async def test_a_group_finds_its_own_however_far_apart(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finished, "_FEW", few)
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Field') RETURNING id")
    await query("INSERT INTO viewer_group_rules VALUES (%(id)s, 'team', 'team-ENG')", {"id": group_id})
    for number, days_ago, key in ((1, 1, "OPS"), (2, 70, "ENG"), (3, 100, "OPS"), (4, 300, "ENG"), (5, 400, "OPS")):
        await finish(number, days_ago, team=key)
    page = await read(scope=Scope((group_id,)))
    assert list_parts(page)[0] == (date(2025, 11, 24), 1, ["ENG-2"])
    assert page.next_before == date(2025, 4, 14)
    assert (await read(DoneQuery("week", page.next_before), Scope((group_id,)))).next_before is None


async def test_a_heading_is_stored_recorded_and_taken_away_again() -> None:
    await finish(1, 0)
    for text in ("  Payments go\tlive ", ""):
        await finished.save_heading(OPERATOR, "week", MONDAY.isoformat(), text)
        assert (await read()).parts[0].heading == (" ".join(text.split()) or None)
    await finished.save_heading(OPERATOR, "week", MONDAY.isoformat(), "")
    records = await query("SELECT action, resource, resource_id, details FROM audit_logs ORDER BY id")
    assert [tuple(one) for one in records] == [
        (
            "done.renamed", "week", "2026-02-02",
            {"before": {"heading": None}, "after": {"heading": "Payments go live"}},
        ),
        (
            "done.renamed", "week", "2026-02-02",
            {"before": {"heading": "Payments go live"}, "after": {"heading": None}},
        ),
    ]  # fmt: skip


async def test_a_heading_is_told_only_to_who_sees_anything_of_it() -> None:
    await finish(1, 0)
    await finish(2, 8, team="OPS")
    for day in (MONDAY, MONDAY - timedelta(weeks=1)):
        await finished.save_heading(OPERATOR, "week", day.isoformat(), "Falcon bought")
    quiet = [None] * 6
    assert [one.heading for one in (await read()).parts] == ["Falcon bought", "Falcon bought", *quiet]
    assert [one.heading for one in (await read(DoneQuery("week", team_key="ENG"))).parts][:2] == [
        "Falcon bought",
        None,
    ]
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-OPS', false)")
    assert [one.heading for one in (await read()).parts][:2] == ["Falcon bought", None]


async def test_a_heading_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Nothing was saved"):
        await finished.save_heading(OPERATOR, "week", "2026-02-02", "x" * 201)


async def test_a_project_keeps_its_heading_whatever_the_weeks() -> None:
    await store(project("Apollo"))
    await finish(1, 0, project_id="project-Apollo")
    await finished.save_heading(OPERATOR, "project", "apollo", "To the moon")
    assert [one.heading for one in (await read(DoneQuery("project"))).parts] == ["To the moon"]
