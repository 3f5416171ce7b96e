"""Deliveries of webhooks, from the inbox into the mirror."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import NODEFAULT
from psycopg.sql import SQL, Identifier

from shareable_backlog.config import Settings
from shareable_backlog.database import query, transaction
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.connection import locks
from shareable_backlog.errors import NotFound
from shareable_backlog.services.access import sharing
from shareable_backlog.services.backlog import items
from shareable_backlog.services.mirror import deliveries
from shareable_backlog.streams import DELIVERED
from shareable_backlog.sync import deliveries as applying
from tests.fakes.linear import World, run_linear
from tests.support import pulling
from tests.support.delivering import Source, apply_in_background, later, list_values, outcomes, wait_until_shown
from tests.support.mirrored import NOON, item, store, team

pytestmark = pytest.mark.anyio


@pytest.fixture
async def source(live_database: Settings) -> AsyncGenerator[Source]:
    world = World()
    world.add_issue(title="As it was", assignee=world.viewer["id"], description="Much text")
    with run_linear(world) as fake:
        source = Source(fake, live_database)
        await source.pull()
        yield source


async def test_an_update_changes_the_mirror(source: Source) -> None:
    await source.post(title="As it is", updatedAt=later(source))
    assert await applying.apply_waiting() == 1
    assert await list_values() == ["As it is"]
    assert await outcomes() == [("applied", None)]


@pytest.mark.parametrize("type_", DELIVERED)
async def test_a_row_of_any_stream_comes_and_goes_by_deliveries(source: Source, type_: str) -> None:
    stream = DELIVERED[type_]
    row = source.world.add_one(stream.root)
    await source.post("create", type_, row=row)
    await applying.apply_waiting()
    assert row["id"] in await pulling.list_live_ids(stream.name)
    await source.post("remove", type_, row=row)
    await applying.apply_waiting()
    assert row["id"] not in await pulling.list_live_ids(stream.name)


async def test_the_differences_of_a_project_update_are_hidden_until_a_run_has_asked(source: Source) -> None:
    await source.post("create", "ProjectUpdate", row=source.world.add_one("projectUpdates", said="On *track*."))
    await applying.apply_waiting()
    told = "SELECT body, health, is_diff_hidden, user_id FROM project_updates"
    author = source.world.viewer["id"]
    assert await query(told) == [("On *track*.", "onTrack", True, author)]
    await source.pull()
    assert await query(told) == [("On *track*.", "onTrack", False, author)]


async def test_what_was_applied_is_not_applied_again_and_its_content_is_forgotten(source: Source) -> None:
    await source.post(title="As it is", updatedAt=later(source))
    await applying.apply_waiting()
    assert await applying.apply_waiting() == 0
    assert await query("SELECT node FROM webhook_deliveries") == [(None,)]


async def test_a_new_issue_appears_and_waits_for_the_search_to_follow(source: Source) -> None:
    new = source.world.add_issue(title="Quite unheard of")
    await source.post("create", row=new)
    await applying.apply_waiting()
    assert await list_values() == ["As it was", "Quite unheard of"]
    assert await query("SELECT count(*) FROM search_entries WHERE stale_since IS NOT NULL") == [(1,)]


async def test_after_a_delivery_the_next_sync_finds_the_same_as_without(source: Source) -> None:
    new = source.world.add_issue(title="Brand new", assignee=source.world.viewer["id"])
    await source.post("create", row=new)
    await applying.apply_waiting()
    await source.pull()
    [polled] = await query("SELECT to_jsonb(i) FROM backlog_items i WHERE title = 'Brand new'")
    assert polled[0]["branch_name"] == new["branchName"]
    assert polled[0]["assignee_id"] == source.world.viewer["id"]


async def test_what_a_delivery_leaves_out_stays_as_it_is(source: Source) -> None:
    [branch] = await list_values("branch_name")
    await source.post(without=("description", "assignee"), title="As it is", updatedAt=later(source))
    await applying.apply_waiting()
    assert branch
    assert await list_values("branch_name") == [branch]
    assert await list_values("description") == ["Much text"]
    assert await list_values("assignee_id") == [source.world.viewer["id"]]
    assert await list_values() == ["As it is"]


@pytest.mark.parametrize("type_", DELIVERED)
async def test_whatever_a_delivery_leaves_out_is_kept_as_a_run_has_stored_it(source: Source, type_: str) -> None:
    stream = DELIVERED[type_]
    row = source.world.add_one(stream.root)
    await source.pull()
    stored = SQL("SELECT to_jsonb(m) - 'updated_at' FROM {} m WHERE id = %(id)s").format(Identifier(stream.table))
    before = await query(stored, {"id": row["id"]})
    optional = tuple(column.key for column in stream.columns if column.default is not NODEFAULT)
    untold = {column.key: "before" for column in stream.columns if column.name in stream.undelivered}
    await source.post("update", type_, row=row, without=optional, before=untold, updatedAt=later(source, 60))
    await applying.apply_waiting()
    assert await outcomes() == [("applied", None)]
    assert await query(stored, {"id": row["id"]}) == before


async def test_what_a_delivery_empties_is_empty(source: Source) -> None:
    await source.post(assignee=None, description=None, updatedAt=later(source))
    await applying.apply_waiting()
    assert (await list_values("assignee_id"), await list_values("description")) == ([None], [None])


async def test_a_delivery_older_than_the_mirror_changes_nothing(source: Source) -> None:
    await source.post(title="Long ago", updatedAt=later(source, -1))
    await applying.apply_waiting()
    assert await list_values() == ["As it was"]
    assert await outcomes() == [("ignored", "The mirror has something newer.")]


async def test_deliveries_that_come_in_the_wrong_order_leave_the_newest(source: Source) -> None:
    now = datetime.now(UTC)
    await source.post(title="Second", updatedAt=later(source, 2), at=now)
    await source.post(title="First", updatedAt=later(source, 1), at=now - timedelta(seconds=1))
    assert await applying.apply_waiting() == 2
    assert await list_values() == ["Second"]
    await source.post(title="Before that", updatedAt=later(source, 1), at=now - timedelta(seconds=2))
    await applying.apply_waiting()
    assert await list_values() == ["Second"]


async def test_the_same_delivery_a_hundred_times_twenty_at_once_has_one_effect(source: Source) -> None:
    once = asyncio.Semaphore(20)
    at = datetime.now(UTC)

    async def post() -> None:
        async with once:
            await source.post(title="As it is", updatedAt=later(source), id_="the-same", at=at)

    await asyncio.gather(*(post() for _ in range(100)))
    assert await applying.apply_waiting() == 1
    assert await outcomes() == [("applied", None)]


async def test_a_removal_hides_the_item_at_once_but_keeps_it(source: Source) -> None:
    await source.post("remove")
    await applying.apply_waiting()
    assert await list_values() == []
    with pytest.raises(NotFound):
        await items.read_item_page(EVERYTHING, source.issue["identifier"])
    assert await query("SELECT title FROM backlog_items") == [("As it was",)]


async def test_a_delivery_about_what_is_not_shared_is_mirrored_and_shown_to_nobody(source: Source) -> None:
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) SELECT 'team', id, false FROM teams")
    await source.post(title="As it is", updatedAt=later(source))
    await applying.apply_waiting()
    assert await query("SELECT title FROM backlog_items") == [("As it is",)]
    told = await sharing.read_summary(EVERYTHING)
    assert (told.items.count, told.teams) == (0, [])
    with pytest.raises(NotFound):
        await items.read_item_page(EVERYTHING, source.issue["identifier"])


async def test_an_update_from_before_a_removal_brings_nothing_back(source: Source) -> None:
    now = datetime.now(UTC)
    await source.post("remove", at=now)
    await applying.apply_waiting()
    await source.post(title="Back?", updatedAt=later(source), at=now - timedelta(seconds=1))
    await applying.apply_waiting()
    assert await list_values() == []
    assert (await outcomes())[1] == ("ignored", "It has been removed since.")


async def test_not_even_one_of_an_item_that_the_mirror_never_had(source: Source) -> None:
    now = datetime.now(UTC)
    gone = source.world.add_issue(title="Came and went")
    await source.post("remove", row=gone, at=now)
    await applying.apply_waiting()
    await source.post("create", row=gone, at=now - timedelta(seconds=1))
    await applying.apply_waiting()
    assert await list_values() == ["As it was"]
    assert await outcomes() == [
        ("ignored", "The mirror does not have it."),
        ("ignored", "It has been removed since."),
    ]


async def test_an_update_after_a_removal_brings_the_item_back(source: Source) -> None:
    now = datetime.now(UTC)
    await source.post("remove", at=now)
    await source.post(title="Restored", updatedAt=later(source), at=now + timedelta(seconds=1))
    assert await applying.apply_waiting() == 2
    assert await list_values() == ["Restored"]


async def test_a_removal_from_before_the_last_change_hides_nothing(source: Source) -> None:
    await query("UPDATE backlog_items SET updated_at = now() + interval '1 minute'")
    await source.post("remove")
    await applying.apply_waiting()
    assert await list_values() == ["As it was"]


async def test_a_change_in_a_team_that_is_not_mirrored_shows_and_counts_nothing(source: Source) -> None:
    hidden = source.world.add_team("SEC", "Secret")
    await source.post("create", row=source.world.add_issue(hidden, title="Hush"))
    await applying.apply_waiting()
    assert await query("SELECT count(*) FROM backlog_items") == [(1,)]
    assert await query("SELECT count(*) FROM search_entries") == [(1,)]
    assert await outcomes() == [("ignored", "It belongs to a team that the mirror does not have.")]


async def test_an_item_that_moves_to_such_a_team_goes_from_sight(source: Source) -> None:
    hidden = source.world.add_team("SEC", "Secret")
    await source.post(title="Hush", team=hidden["id"], updatedAt=later(source))
    await applying.apply_waiting()
    assert await list_values() == []
    assert await query("SELECT title FROM backlog_items") == [("As it was",)]


async def test_comments_labels_and_people_are_followed_too(source: Source) -> None:
    world = source.world
    comment = world.add_comment(source.issue, "Said just now", user=world.viewer["id"])
    await source.post("create", "Comment", row=comment)
    await source.post("create", "IssueLabel", row=world.add_label("Urgent"))
    await source.post("update", "User", row=world.viewer, name="Alice A.", updatedAt=later(source))
    assert await applying.apply_waiting() == 3
    assert await query("SELECT body, issue_id FROM comments") == [("Said just now", source.issue["id"])]
    assert await query("SELECT name FROM labels") == [("Urgent",)]
    assert await query("SELECT name FROM people") == [("Alice A.",)]


async def test_a_delivery_that_is_no_such_node_is_set_aside_with_its_reason(source: Source) -> None:
    await source.post(estimate="many", updatedAt=later(source))
    await source.post(title="As it is", updatedAt=later(source))
    assert await applying.apply_waiting() == 2
    assert await list_values() == ["As it is"]
    [bad, good] = await outcomes()
    assert good == ("applied", None)
    assert bad[0] == "failed"
    assert "estimate" in (bad[1] or "")


async def test_nul_in_a_title_is_replaced(source: Source) -> None:
    await source.post(title="a\x00b", updatedAt=later(source))
    await applying.apply_waiting()
    assert await list_values() == ["a\ufffdb"]


@pytest.mark.owner
async def test_one_that_only_the_database_refuses_is_found_among_many_and_set_aside(source: Source) -> None:
    await query("ALTER TABLE backlog_items ADD CONSTRAINT backlog_items_title_check CHECK (title <> 'refused')")
    for number in range(9):
        row = source.world.add_issue(title="refused" if number == 4 else f"Issue {number}")
        await source.post("create", row=row, at=datetime.now(UTC) + timedelta(milliseconds=number))
    while await applying.apply_waiting():
        pass
    assert len(await list_values()) == 1 + 8
    assert (await outcomes()).count(("applied", None)) == 8
    assert ("failed", "The database refused it.") in await outcomes()


async def test_an_error_of_the_program_itself_sets_one_delivery_aside(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    await source.post(title="As it is", updatedAt=later(source))
    monkeypatch.setattr(applying, "_merge_row", None)
    assert await applying.apply_waiting() == 1
    assert await outcomes() == [("failed", "An internal error; the log has the details.")]


async def test_two_processes_share_the_work_and_leave_the_newest(source: Source) -> None:
    now = datetime.now(UTC)
    for number in range(300):
        at = now + timedelta(milliseconds=number)
        await source.post(title=f"Title {number}", updatedAt=later(source, 1 + number), at=at)
    first, second = await asyncio.gather(applying.apply_waiting(), applying.apply_waiting())
    assert (first + second, first > 0, second > 0) == (300, True, True)
    assert await list_values() == ["Title 299"]


async def test_it_waits_for_no_sync(source: Source) -> None:
    await source.post(title="As it is", updatedAt=later(source))
    async with locks.hold_lock(locks.SYNC) as ours:
        assert ours
        assert await applying.apply_waiting() == 1
    assert await list_values() == ["As it is"]


async def test_no_run_is_recorded(source: Source) -> None:
    await source.post(title="As it is", updatedAt=later(source))
    await applying.apply_waiting()
    assert await query("SELECT trigger_type FROM sync_history") == [("manual",)]


async def test_beside_the_sample_nothing_is_applied(live_database: Settings) -> None:
    del live_database
    await store(team("SMP", id="sample-team"), item(1, id="sample-item"))
    new = deliveries.NewDelivery(
        id="1", body_hash=b"1", type="IssueLabel", action="create", happened_at=NOON,
        entity_id="1", node="{}", ignored=None,
    )  # fmt: skip
    await deliveries.accept_delivery(deliveries.Inbox(), new)
    await applying.apply_waiting()
    assert await outcomes() == [("ignored", "The mirror holds the sample.")]


async def test_a_delivery_is_applied_as_soon_as_it_arrives(source: Source) -> None:
    async with apply_in_background(source):
        await source.post(title="As it is", updatedAt=later(source))
        await wait_until_shown("As it is")


async def test_one_that_another_process_took_in_is_found(source: Source) -> None:
    async with apply_in_background(source):
        source.inbox = deliveries.Inbox()
        await source.post(title="As it is", updatedAt=later(source))
        await wait_until_shown("As it is")


async def test_deliveries_are_forgotten_a_week_after_they_were_applied(source: Source) -> None:
    for _ in range(3):
        await source.post(title="As it is", updatedAt=later(source))
    await applying.apply_waiting()
    await source.post(title="As it is", updatedAt=later(source))
    async with transaction() as tx:
        await tx.query(
            "UPDATE webhook_deliveries SET applied_at = now() - interval '7 days 1 minute' WHERE id IN"
            " (SELECT id FROM webhook_deliveries WHERE applied_at IS NOT NULL LIMIT 2)"
        )
    await applying.delete_old()
    assert await deliveries.count_by_outcome() == {"applied": 1, "waiting": 1}
