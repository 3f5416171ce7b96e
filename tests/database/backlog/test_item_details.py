"""One item whole, on a real PostgreSQL."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog import item_details, item_list
from tests.support.mirrored import item, person, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def test_an_item_is_found_whole_archived_too_and_never_when_it_is_gone() -> None:
    now = datetime.now(UTC)
    await store(team("ENG", name="Engine"), person("Carol"))
    await store(item(1, archived_at=now, creator_id="person-Carol"), item(2, trashed=True), item(3))
    await query("UPDATE backlog_items SET removed_at = now() WHERE number = 3")
    whole = await item_details.find_item(EVERYTHING, "ENG-1")
    assert whole is not None
    assert (whole.team, whole.creator, whole.archived_at) == ("Engine", "Carol", now)
    assert await item_details.find_item(EVERYTHING, "ENG-2") is None
    assert await item_details.find_item(EVERYTHING, "ENG-3") is None


async def test_a_previous_identifier_leads_to_the_present_one() -> None:
    await store(
        item(1, previous_identifiers=["OLD-7", "OLD-8"]), item(2, trashed=True, previous_identifiers=["OLD-9"])
    )
    assert await item_details.find_current_identifier(EVERYTHING, "OLD-8") == "ENG-1"
    assert await item_details.find_current_identifier(EVERYTHING, "OLD-9") is None


async def test_its_state_is_as_advanced_as_on_its_line() -> None:
    await store(*(state("started", position=position) for position in range(3)), state("started", team="OPS"))
    await store(*(item(number, state_id=f"ENG-started-{number}") for number in range(3)))
    await query("UPDATE workflow_states SET removed_at = now() WHERE team_id = 'team-ENG' AND position = 0")
    pages = [await item_details.find_item(EVERYTHING, f"ENG-{number}") for number in range(3)]
    lines = await item_list.read_items(EVERYTHING, [page.id for page in pages if page])
    assert [page and page.state_is_advanced for page in pages] == [False, False, True]
    assert [page and lines[page.id].state_is_advanced for page in pages] == [False, False, True]
