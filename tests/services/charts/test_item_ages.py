"""How old what is open is, and that each number's filters leave just as many."""

from datetime import timedelta

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.services.backlog import item_pages
from shareable_backlog.services.backlog.item_pages import ItemQuery
from shareable_backlog.services.charts import item_ages
from tests.support.listing import TODAY, parse_query
from tests.support.mirrored import NOON, item, state, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY = timedelta(days=1)


async def store_ages() -> None:
    await store(
        state("completed"),
        state("started", team="OPS"),
        *(
            item(at, created_at=NOON - days * DAY)
            for at, days in enumerate((0, 7, 8, 30, 31, 91, 92, 182, 183, 900), start=1)
        ),
        item(20, created_at=NOON, state_id="ENG-completed-0"),
        item(21, created_at=NOON, archived_at=NOON),
        item(22, created_at=NOON - 500 * DAY, team="OPS", state_id="OPS-started-0"),
    )


async def test_what_is_open_is_told_by_age_and_each_number_has_its_list() -> None:
    await store_ages()
    for words, counts in (("", [2, 2, 2, 2, 3]), ("team=OPS", [0, 0, 0, 0, 1]), ("archived=shown", [2, 2, 2, 2, 3])):
        bands = await item_ages.count_ages(EVERYTHING, parse_query(words), "1")
        assert [one.count for one in bands] == counts
        for one in bands:
            left = await item_pages.list_items(EVERYTHING, ItemQuery(one.filters, None, TODAY), None, 50)
            assert len(left.items) == one.count


async def test_the_names_say_how_old_they_are() -> None:
    names = [one.name for one in await item_ages.count_ages(EVERYTHING, parse_query(""), "1")]
    assert names[0] == "A week or less"
    assert names[-1] == "More than half a year"
