"""The backlog's items as pages read them, on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from shareable_backlog.database import backlog_items, query
from shareable_backlog.database.backlog_items import ListedItem
from shareable_backlog.database.sharing import Scope
from tests.mirrored import item, label, person, project, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("opened")]


async def listed(**wanted: Any) -> list[ListedItem]:
    every: dict[str, Any] = dict.fromkeys(("team_key", "state_type", "text", "identifier", "after"))
    every |= {"is_open": True, "limit": 50, **wanted}
    return await backlog_items.listed(Scope(), **every)


async def identifiers(**wanted: Any) -> list[str]:
    return [one.identifier for one in await listed(**wanted)]


async def test_the_newest_update_comes_first() -> None:
    await store(item(2), item(3), item(1))
    assert await identifiers() == ["ENG-3", "ENG-2", "ENG-1"]


async def test_pages_meet_without_gap_or_overlap_among_equal_times() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    await store(*(item(number, updated_at=at) for number in range(1, 8)))
    seen: list[ListedItem] = []
    while page := await listed(limit=3, after=(seen[-1].updated_at, seen[-1].id) if seen else None):
        seen += page
    assert len({one.id for one in seen}) == len(seen) == 7


async def test_archived_trashed_and_removed_items_are_not_listed() -> None:
    now = datetime.now(UTC)
    await store(item(1), item(2, archived_at=now), item(3, trashed=True), item(4))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 4")
    assert await identifiers() == ["ENG-1"]


async def test_a_line_has_the_names_of_what_the_item_refers_to() -> None:
    await store(state("started", name="Doing", color="#112233"), person("Alice"), project("Apollo"))
    await store(label("zebra"), label("Apple", color="#aabbcc"))
    labels = ["label-zebra", "label-Apple", "label-unknown"]
    ids = {"state_id": "ENG-started-0", "assignee_id": "person-Alice", "project_id": "project-Apollo"}
    await store(item(1, label_ids=labels, **ids))
    [line] = await listed()
    assert (line.state_name, line.state_type, line.state_color) == ("Doing", "started", "#112233")
    assert (line.assignee, line.project) == ("Alice", "Apollo")
    assert [tuple(one) for one in line.labels] == [("Apple", "#aabbcc"), ("zebra", None)]


async def test_references_to_what_is_not_mirrored_are_none() -> None:
    await store(item(1, state_id="gone", assignee_id="gone", project_id="gone", label_ids=["gone"]))
    [line] = await listed()
    assert (line.state_name, line.assignee, line.project, line.labels) == (None, None, None, [])
    assert line.state_is_advanced is False


async def test_a_state_with_another_of_its_type_before_it_is_advanced() -> None:
    await store(state("started", position=1), state("started", position=2), state("started", team="OPS", position=3))
    await store(item(1, state_id="ENG-started-1"), item(2, state_id="ENG-started-2"))
    await store(item(3, team="OPS", state_id="OPS-started-3"))
    assert [line.state_is_advanced for line in await listed()] == [False, True, False]


async def test_a_team_and_a_type_of_state_narrow_the_list() -> None:
    await store(team("ENG"), team("OPS"), state("started"), state("started", team="OPS"), state("completed"))
    await store(item(1, state_id="ENG-started-0"), item(2, state_id="ENG-completed-0"))
    await store(item(3, team="OPS", state_id="OPS-started-0"), item(4))
    assert await identifiers(team_key="ENG") == ["ENG-4", "ENG-2", "ENG-1"]
    assert await identifiers(state_type="started") == ["OPS-3", "ENG-1"]
    assert await identifiers(team_key="ENG", state_type="started") == ["ENG-1"]
    assert await identifiers(team_key="ENG", text="title", state_type="completed") == ["ENG-2"]
    assert await identifiers(team_key="NONE") == await identifiers(state_type="none") == []


async def test_pages_of_a_type_of_state_go_on_across_its_states() -> None:
    await store(team("ENG"), state("started", position=1), state("started", position=2))
    await store(*(item(number, state_id=f"ENG-started-{1 + number % 2}") for number in range(1, 7)))
    first = await listed(state_type="started", limit=4)
    last = (first[-1].updated_at, first[-1].id)
    assert [one.identifier for one in first] == ["ENG-6", "ENG-5", "ENG-4", "ENG-3"]
    assert await identifiers(state_type="started", limit=4, after=last) == ["ENG-2", "ENG-1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("photos", ["ENG-2", "ENG-1"]),
        ("PHOTOS upload", ["ENG-1"]),
        ("photos upl", ["ENG-1"]),
        ('"upload photos"', ["ENG-1"]),
        ("photos -upload", ["ENG-2"]),
        ("upload or greyed", ["ENG-2", "ENG-1"]),
        ("basement", ["ENG-2"]),
        ("nowhere", []),
        ("!!!", []),
    ],
)
async def test_words_are_searched_as_on_the_web(text: str, found: list[str]) -> None:
    await store(
        item(1, "Upload photos in the background"), item(2, "Photos are greyed", description="In a basement.")
    )
    assert await identifiers(text=text) == found


async def test_a_closed_end_is_not_taken_for_a_beginning() -> None:
    await store(item(1, "Background upload"))
    assert await identifiers(text="back") == ["ENG-1"]
    assert await identifiers(text="back", is_open=False) == []


async def test_an_identifier_finds_its_item_now_and_after_a_move() -> None:
    await store(item(1), item(12), item(3, team="OPS", previous_identifiers=["ENG-99"]))
    assert await identifiers(text="eng1", identifier="ENG-1", is_open=False) == ["ENG-1"]
    assert await identifiers(text="eng-99", identifier="ENG-99", is_open=False) == ["OPS-3"]


@pytest.mark.parametrize("text", ["'", '"', "\\", ":*", "(", "& | !", "%s %(x)s", "😀", "\u202e", "x" * 200])
async def test_any_text_can_be_searched_for(text: str) -> None:
    await store(item(1))
    assert await identifiers(text=text) == []


async def test_an_item_is_found_whole_archived_too_and_never_when_it_is_gone() -> None:
    now = datetime.now(UTC)
    await store(team("ENG", name="Engine"), person("Carol"))
    await store(item(1, archived_at=now, creator_id="person-Carol"), item(2, trashed=True), item(3))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 3")
    whole = await backlog_items.by_identifier(Scope(), "ENG-1")
    assert whole is not None
    assert (whole.team, whole.creator, whole.archived_at) == ("Engine", "Carol", now)
    assert await backlog_items.by_identifier(Scope(), "ENG-2") is None
    assert await backlog_items.by_identifier(Scope(), "ENG-3") is None


async def test_a_previous_identifier_leads_to_the_present_one() -> None:
    await store(
        item(1, previous_identifiers=["OLD-7", "OLD-8"]), item(2, trashed=True, previous_identifiers=["OLD-9"])
    )
    assert await backlog_items.current_identifier(Scope(), "OLD-8") == "ENG-1"
    assert await backlog_items.current_identifier(Scope(), "OLD-9") is None


async def test_sub_items_come_in_their_own_order_with_archived_ones() -> None:
    below = {"parent_id": "item-ENG-1"}
    await store(item(1), item(2, sub_issue_sort_order=2.0, **below), item(3, sub_issue_sort_order=1.0, **below))
    await store(item(4, archived_at=datetime.now(UTC), **below), item(5, trashed=True, **below))
    assert [one.identifier for one in await backlog_items.sub_items(Scope(), "item-ENG-1", 10)] == [
        "ENG-3",
        "ENG-2",
        "ENG-4",
    ]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "idx_backlog_items_updated_at_id"),
        ({"team_key": "ENG"}, "idx_backlog_items_team_id_updated_at_id"),
        ({"state_type": "started"}, "idx_backlog_items_state_id_updated_at_id"),
        ({"team_key": "ENG", "state_type": "started"}, "idx_backlog_items_state_id_updated_at_id"),
    ],
)
async def test_a_page_is_read_from_the_index_made_for_it(wanted: dict[str, str], index: str) -> None:
    await store(team("ENG"), state("started"))
    await store(*(item(number, state_id="ENG-started-0") for number in range(0, 3000, 50)))
    await store(*(item(number, team="OPS", state_id="OPS-completed-0") for number in range(3000) if number % 50))
    await query("ANALYZE")
    before = await _scans(index)
    await listed(**wanted)
    for _ in range(100):
        if await _scans(index) > before:
            return
        await asyncio.sleep(0.05)  # the server counts scans with a delay
    pytest.fail(f"{index} was not used")


async def _scans(index: str) -> int:
    await query("SELECT pg_stat_clear_snapshot()")
    [(count,)] = await query(
        "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = %(index)s", {"index": index}
    )
    return count
