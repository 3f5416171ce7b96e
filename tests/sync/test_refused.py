"""One refused thing stops nothing: the rest arrives, and what can't be had is named, remembered, tried again."""

from collections.abc import Generator
from itertools import cycle
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.connection import locks
from shareable_backlog.database.mirror import sync_history, sync_refusals
from shareable_backlog.database.mirror.mirror import RowCounts
from shareable_backlog.database.mirror.sync_refusals import StoredRefusal
from shareable_backlog.linear.errors import Forbidden
from shareable_backlog.linear.queries import LARGEST_PAGE
from shareable_backlog.linear.refusals import RefusedPart
from shareable_backlog.streams import STREAMS
from shareable_backlog.sync import refused
from tests.fakes.linear import FakeLinear, Fault, Refusing, Row, run_linear
from tests.fakes.linear.refusing import Shape, Way
from tests.support.pulling import list_live_ids, run_sync, run_until_quiet, small_world, titles, titles_in

pytestmark = pytest.mark.anyio

_ISSUES = 600
_ERRING = 317


@pytest.fixture
def fake() -> Generator[FakeLinear]:
    """Yield a Linear with an empty workspace."""
    with run_linear() as fake:
        yield fake


def add_issues(fake: FakeLinear, count: int = _ISSUES) -> list[Row]:
    return [fake.world.add_issue() for _ in range(count)]


async def list_stored() -> list[StoredRefusal]:
    return await sync_refusals.list_refusals()


async def be_due() -> None:
    await query("UPDATE sync_refusals SET next_at = now()")


_FORMS: list[tuple[Way, Shape]] = [("rights", "partial"), ("plan", "null"), ("error", "bad request")]


@pytest.mark.parametrize(("stream", "way", "shape"), [(one, *form) for one, form in zip(STREAMS, cycle(_FORMS))])
async def test_a_refused_list_keeps_no_other_away(
    live_database: Settings, stream: str, way: Way, shape: Shape
) -> None:
    """Refuse each list in one form: a form is read without regard to the list, and the next test has all of them."""
    world, _ = small_world()
    with run_linear(world) as fake:
        fake.refused = [Refusing(STREAMS[stream].root, way, shape)]
        report = await run_sync(live_database, fake)
        assert {name: await list_live_ids(name) for name in STREAMS} == {
            name: set() if name == stream else set(world.rows[of.root]) for name, of in STREAMS.items()
        }
        assert report.status == "partial"
        assert (stream, "list", "") in report.refused
        fake.refused = []
        assert (await run_sync(live_database, fake)).status == "succeeded"
    assert await list_live_ids(stream) == set(world.rows[STREAMS[stream].root])
    assert await list_stored() == []


@pytest.mark.parametrize("shape", ["partial", "null", "bad request", "unnamed"])
@pytest.mark.parametrize("way", ["rights", "plan", "error"])
async def test_in_whatever_form_it_is_refused(live_database: Settings, way: Way, shape: Shape) -> None:
    world, _ = small_world()
    with run_linear(world) as fake:
        fake.refused = [Refusing("cycles", way, shape)]
        report = await run_sync(live_database, fake)
    assert set(report.streams) == STREAMS.keys() - {"cycles"}
    [stored] = await list_stored()
    assert (stored.stream, stored.kind) == ("cycles", "list")


@pytest.mark.parametrize(
    ("way", "reason", "remedy"),
    [
        ("rights", "Linear does not let the key read comments", "The admin who made the key"),
        ("plan", "the workspace's plan does not include comments", "An admin of the workspace"),
        ("error", "Linear answers with an error when it is asked for comments", "Only Linear can mend this"),
        ("same pages", "Linear's answers never come to an end for comments", "Only Linear can mend this"),
    ],
)
async def test_the_run_says_in_words_what_it_was_and_who_can_mend_it(
    live_database: Settings, fake: FakeLinear, way: Way, reason: str, remedy: str
) -> None:
    fake.world.add_comment(fake.world.add_issue())
    fake.refused = [Refusing("comments", way)]
    await run_sync(live_database, fake)
    [run] = await sync_history.list_latest_runs(1)
    assert run.status == "partial"
    assert reason in str(run.error_message)
    assert remedy in str(run.next_step)


async def test_a_key_that_may_read_nothing_fails_the_run(live_database: Settings, fake: FakeLinear) -> None:
    fake.fail_next(Fault.FORBIDDEN, times=99)
    with pytest.raises(Forbidden):
        await run_sync(live_database, fake)
    assert len(fake.requests) == 2
    assert await list_stored() == []


_OF_A_NODE: list[tuple[Way, Shape, str | None]] = [
    ("error", "partial", None),
    ("error", "partial", "title"),
    ("error", "null", "title"),
    ("error", "bad request", "title"),
    ("error", "unnamed", "title"),
    ("rights", "partial", "team"),
    ("error", "silent", None),
]


@pytest.mark.parametrize(("way", "shape", "field"), _OF_A_NODE)
async def test_of_600_issues_one_that_always_errs_is_set_aside_and_599_arrive(
    live_database: Settings, fake: FakeLinear, way: Way, shape: Shape, field: str | None
) -> None:
    erring = add_issues(fake)[_ERRING]
    fake.refused = [Refusing("issues", way, shape, node_id=erring["id"], field=field)]
    report = await run_sync(live_database, fake)
    assert titles_in(fake.world).items() - (await titles()).items() == {(erring["identifier"], erring["title"])}
    assert report.status == "partial"
    [bad] = report.bad_rows
    assert bad.stream == "issues"
    assert "Linear" in bad.reason
    assert len(fake.requests) < 40
    fake.refused = []
    fake.world.pass_time(3_600)
    await run_sync(live_database, fake)
    assert await titles() == titles_in(fake.world)
    assert await list_stored() == []


@pytest.mark.parametrize("shape", ["partial", "null", "bad request"])
async def test_the_node_and_the_place_of_its_error_are_named(
    live_database: Settings, fake: FakeLinear, shape: Shape
) -> None:
    erring = add_issues(fake, 3)[1]
    fake.refused = [Refusing("issues", "error", shape, node_id=erring["id"], field="title")]
    report = await run_sync(live_database, fake)
    [bad] = report.bad_rows
    assert (bad.id, bad.field) == (erring["id"], "title")
    assert "issues.nodes.0.title" in bad.reason
    [stored] = await list_stored()
    assert (stored.stream, stored.kind, stored.name) == ("issues", "node", erring["id"])


async def test_a_relation_whose_other_end_always_errs_keeps_no_other_away(
    live_database: Settings, fake: FakeLinear
) -> None:
    first, second = add_issues(fake, 2)
    relations = [fake.world.add_relation(first, second) for _ in range(5)]
    gone = relations[2]["id"]
    fake.refused = [Refusing("issueRelations", "error", "null", node_id=gone, field="relatedIssue")]
    report = await run_sync(live_database, fake)
    assert await list_live_ids("relations") == {row["id"] for row in relations} - {gone}
    assert report.streams["issues"] == RowCounts(created=2)
    fake.refused = []
    fake.world.pass_time(3_600)
    await run_sync(live_database, fake)
    assert await list_live_ids("relations") == {row["id"] for row in relations}


async def test_a_node_comes_without_a_field_that_it_can_do_without(live_database: Settings, fake: FakeLinear) -> None:
    first, second = add_issues(fake, 2)
    fake.world.edit(first, parent=second["id"], title="First")
    await run_until_quiet(live_database, fake)
    fake.world.edit(first, title="Changed")
    fake.refused = [Refusing("issues", "error", "null", node_id=first["id"], field="parent")]
    report = await run_sync(live_database, fake)
    assert report.status == "partial"
    found = await query("SELECT title, parent_id FROM backlog_items WHERE id = %(id)s", {"id": first["id"]})
    assert found == [("Changed", second["id"])]
    fake.refused = []
    assert (await run_sync(live_database, fake)).status == "succeeded"


async def test_an_issue_never_comes_without_what_decides_who_may_see_it(
    live_database: Settings, fake: FakeLinear
) -> None:
    first, second = add_issues(fake, 2)
    fake.refused = [Refusing("issues", "rights", node_id=first["id"], field="labelIds")]
    await run_sync(live_database, fake)
    assert await list_live_ids("issues") == {second["id"]}


@pytest.mark.parametrize(("way", "shape"), [("plan", "partial"), ("rights", "null"), ("unknown", "unnamed")])
async def test_a_refused_field_is_left_out_and_read_for_all_once_it_is_there(
    live_database: Settings, fake: FakeLinear, way: Way, shape: Shape
) -> None:
    for number in range(8):
        fake.world.add_project(f"Project {number}", targetDate="2026-12-31")
    fake.refused = [Refusing("projects", way, shape, field="targetDate")]
    report = await run_sync(live_database, fake)
    assert await query("SELECT count(*), count(target_date) FROM projects") == [(8, 0)]
    assert ("projects", "field", "targetDate") in report.refused
    fake.world.pass_time(3_600)
    await run_sync(live_database, fake)
    fake.refused = []
    assert (await run_sync(live_database, fake)).status == "succeeded"
    assert await query("SELECT count(*), count(target_date) FROM projects") == [(8, 8)]


@pytest.mark.parametrize("way", ["same pages", "empty pages"])
@pytest.mark.parametrize("root", ["comments", "issues", "issueRelations"])
async def test_pages_without_end_end_and_the_lock_is_free(
    live_database: Settings, fake: FakeLinear, root: str, way: Way
) -> None:
    first, second = add_issues(fake, 2)
    fake.world.add_comment(first)
    fake.world.add_relation(first, second)
    fake.refused = [Refusing(root, way)]
    report = await run_sync(live_database, fake)
    assert report.status == "partial"
    assert len(fake.requests) < 9
    assert await list_live_ids("teams")
    async with locks.hold_lock(locks.SYNC) as ours:
        assert ours


async def test_nothing_of_a_list_is_hidden_that_was_refused_in_part(
    live_database: Settings, fake: FakeLinear
) -> None:
    found = add_issues(fake, 20)
    comments = [fake.world.add_comment(found[0]) for _ in range(3)]
    label = fake.world.add_label("Bug")
    await run_until_quiet(live_database, fake)
    fake.world.delete(found[3])
    fake.world.remove(comments[1])
    fake.world.remove(label)
    fake.refused = [
        Refusing("issues", "error", node_id=found[5]["id"]),
        Refusing("comments", "rights"),
    ]
    report = await run_sync(live_database, fake, full=True)
    assert report.status == "partial"
    assert len(await list_live_ids("issues")) == 20
    assert len(await list_live_ids("comments")) == 3
    assert report.streams["labels"].removed == 1
    fake.refused = []
    await run_sync(live_database, fake, full=True)
    assert len(await list_live_ids("issues")) == 19
    assert len(await list_live_ids("comments")) == 2


async def scheduled_run(settings: Settings, fake: FakeLinear) -> Any:
    return await run_sync(settings, fake, trigger="automatic")


async def test_what_is_refused_costs_a_quiet_run_nothing_until_it_is_due_again(
    live_database: Settings, fake: FakeLinear
) -> None:
    fake.world.add_comment(fake.world.add_issue())
    fake.refused = [Refusing("comments", "plan")]
    await run_until_quiet(live_database, fake)
    report = await scheduled_run(live_database, fake)
    assert len(fake.requests) == 1
    assert report.status == "partial"
    assert [one.stream for one in report.paused] == ["comments"]
    await be_due()
    fake.refused = []
    report = await scheduled_run(live_database, fake)
    assert report.status == "succeeded"
    assert len(fake.requests) == 2
    assert len(await list_live_ids("comments")) == 1


async def test_the_pauses_grow_from_minutes_to_a_day(live_database: Settings, fake: FakeLinear) -> None:
    fake.world.add_comment(fake.world.add_issue())
    fake.refused = [Refusing("comments", "rights")]
    pauses: list[int] = []
    for _ in range(12):
        await scheduled_run(live_database, fake)
        [(minutes,)] = await query(
            "SELECT round(extract(epoch FROM next_at - now()) / 60)::integer FROM sync_refusals"
        )
        pauses.append(minutes)
        await be_due()
    assert pauses[:5] == [5, 10, 20, 40, 80]
    assert pauses[-1] == 24 * 60


async def test_the_counts_of_issues_may_be_refused_too(live_database: Settings, fake: FakeLinear) -> None:
    add_issues(fake, 3)
    fake.refused = [Refusing("teams", "rights")]
    report = await run_sync(live_database, fake)
    assert len(await list_live_ids("issues")) == 3
    assert {("teams", "list", ""), ("counts", "list", "")} <= report.refused.keys()


async def test_too_many_nodes_that_err_are_left_to_the_next_run(live_database: Settings, fake: FakeLinear) -> None:
    found = add_issues(fake, 40)
    kept = found[0]
    fake.refused = [Refusing("issues", "error", node_id=row["id"], field="title") for row in found if row is not kept]
    await run_sync(live_database, fake)
    assert any(one.kind == "list" for one in await list_stored())
    assert len(fake.requests) < 120
    await run_sync(live_database, fake)
    assert await list_live_ids("issues") == {kept["id"]}


def test_what_is_refused_is_told_with_its_name() -> None:
    one = RefusedPart(stream="workflow_states", kind="field", name="color", cause="rights")
    assert refused.describe_refusal(one) == "Linear does not let the key read the field color of workflow states"


async def test_a_hole_far_down_is_found_in_few_requests(live_database: Settings, fake: FakeLinear) -> None:
    erring = add_issues(fake, LARGEST_PAGE)[0]
    fake.refused = [Refusing("issues", "error", "null", node_id=erring["id"], field="title")]
    await run_sync(live_database, fake)
    assert len(fake.requests) <= 6


async def test_a_row_that_can_not_be_stored_is_tried_again_when_it_is_due(
    live_database: Settings, fake: FakeLinear
) -> None:
    issue = fake.world.add_issue()
    title, issue["title"] = issue["title"], None
    await run_until_quiet(live_database, fake)
    issue["title"] = title
    fake.world.version += 1
    await scheduled_run(live_database, fake)
    assert await list_live_ids("issues") == set()
    await be_due()
    await scheduled_run(live_database, fake)
    assert await list_live_ids("issues") == {issue["id"]}
    assert await list_stored() == []
