"""A full pull from (the fake of) Linear."""

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.mirror import Stored
from shareable_backlog.errors import ConfigurationInvalid
from shareable_backlog.linear.errors import AuthenticationFailed
from shareable_backlog.sync import pull
from shareable_backlog.sync.run import Report
from tests.fakes.linear import FakeLinear, Fault, World, running
from tests.fakes.linear.volume import volume

pytestmark = pytest.mark.anyio


async def pulled(opened: Settings, fake: FakeLinear, *, key: str | None = None) -> Report:
    settings = opened.model_copy(
        update={
            "linear_api_url": fake.url,
            "linear_api_key": Settings.model_validate({"LINEAR_API_KEY": key or fake.key}).linear_api_key,
        }
    )
    return await pull.run(settings, "manual", lambda _report, _page: None)


async def test_every_row_of_the_source_is_in_the_mirror(opened: Settings) -> None:
    world = volume(600, seed=1)
    with running(world) as fake:
        report = await pulled(opened, fake)
    assert report.status == "succeeded"
    roots = {
        "teams": "teams",
        "workflowStates": "workflow_states",
        "issueLabels": "labels",
        "users": "people",
        "projects": "projects",
        "projectMilestones": "project_milestones",
        "cycles": "cycles",
        "issues": "issues",
        "comments": "comments",
    }
    assert {name: stored.created for name, stored in report.streams.items()} == {
        name: len(world.rows[root]) for root, name in roots.items()
    }


async def test_archived_issues_are_mirrored_too(opened: Settings) -> None:
    world = World()
    world.add_issue(archivedAt="2026-01-05T00:00:00.000Z")
    with running(world) as fake:
        await pulled(opened, fake)
    assert await query("SELECT archived_at IS NOT NULL FROM backlog_items") == [(True,)]


async def test_a_second_pull_changes_nothing(opened: Settings) -> None:
    with running(volume(300, seed=2)) as fake:
        first = await pulled(opened, fake)
        second = await pulled(opened, fake)
    assert second.total == Stored(unchanged=first.total.created)


async def test_300_issues_come_in_two_pages(opened: Settings) -> None:
    with running(volume(300, seed=3)) as fake:
        await pulled(opened, fake)
        assert sum(request.operation == "Issues" for request in fake.requests) == 2


async def test_references_and_values_arrive_as_they_are_in_linear(opened: Settings) -> None:
    world = World()
    team = world.add_team("FLD", "Field")
    label = world.add_label("Bug")
    alice = world.add_person("Alice Ashby")
    issue = world.add_issue(
        team,
        title="Tür klemmt",
        labelIds=[label["id"]],
        assignee=alice["id"],
        priority=2,
        dueDate="2026-03-01",
        estimate=3,
    )
    world.add_comment(issue, "Ölen.", user=alice["id"])
    with running(world) as fake:
        await pulled(opened, fake)
    [item] = await query(
        "SELECT identifier, title, label_ids, assignee_id, priority, due_date::text, estimate, team_id"
        " FROM backlog_items"
    )
    assert item == ("FLD-1", "Tür klemmt", [label["id"]], alice["id"], 2, "2026-03-01", 3.0, team["id"])
    assert await query("SELECT body, issue_id, user_id FROM comments") == [("Ölen.", issue["id"], alice["id"])]


async def test_a_private_team_is_marked_as_private(opened: Settings) -> None:
    world = World()
    world.add_team("SEC", "Security", visibility="private")
    with running(world) as fake:
        await pulled(opened, fake)
    assert await query("SELECT key, private FROM teams") == [("SEC", True)]


async def test_no_mail_address_of_a_person_is_mirrored(opened: Settings) -> None:
    world = World()
    world.add_person("Bob Birch")
    with running(world) as fake:
        await pulled(opened, fake)
    assert await query("SELECT 1 FROM people WHERE people::text LIKE '%%@%%'") == []


async def test_a_wrong_key_fails_the_run_in_plain_words(opened: Settings) -> None:
    with running() as fake, pytest.raises(AuthenticationFailed):
        await pulled(opened, fake, key="lin_api_wrong")
    [(status, message)] = await query("SELECT status, error_message FROM sync_history")
    assert status == "failed"
    assert "key" in message
    assert "lin_api_wrong" not in message


async def test_an_answer_with_holes_stores_nothing_of_its_page(opened: Settings) -> None:
    with running(volume(300, seed=4)) as fake:
        fake.fail_next(Fault.PARTIAL, times=1, after=7)
        with pytest.raises(Exception, match="in part"):
            await pulled(opened, fake)
    assert await query("SELECT count(*) FROM backlog_items") == [(0,)]
    assert await query("SELECT status FROM sync_history") == [("failed",)]


async def test_without_a_key_it_says_what_to_set(opened: Settings) -> None:
    with pytest.raises(ConfigurationInvalid, match="LINEAR_API_KEY"):
        await pull.run(opened, "manual", lambda _report, _page: None)
