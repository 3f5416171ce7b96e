"""By how many items each type of state grew between some moments."""

from datetime import timedelta

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.counts import item_flow
from shareable_backlog.database.backlog.counts.item_flow import FlowStep
from shareable_backlog.database.backlog.selection.item_query import select_items
from tests.support.listing import parse_query
from tests.support.mirrored import NOON, item, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)


async def test_each_type_grows_where_an_item_comes_to_it_and_shrinks_where_one_leaves() -> None:
    await store(state("backlog"), state("started"))
    await store(item(1, created_at=NOON - 9 * DAY, updated_at=NOON - 9 * DAY, state_id="ENG-backlog-0"))
    await store(item(1, created_at=NOON - 9 * DAY, updated_at=NOON, state_id="ENG-started-0"))
    moments = [NOON - 5 * DAY, NOON - DAY, NOON + DAY]
    selection = await select_items(EVERYTHING, parse_query(""))
    found = await item_flow.count_flow(selection, moments)
    assert found
    assert sorted(found, key=lambda one: (one.at, one.type)) == [
        FlowStep(0, "backlog", 1),
        FlowStep(2, "backlog", -1),
        FlowStep(2, "started", 1),
    ]
