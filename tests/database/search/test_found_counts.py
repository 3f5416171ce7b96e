"""How many items there are of what is asked for."""

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.search.found_counts import count_found, list_titles
from tests.support.listing import parse_query, store_world
from tests.support.mirrored import item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.mark.parametrize(("words", "count"), [("", 5), ("team=ENG&team=OPS", 5), ("label=bug", 2), ("label=none", 0)])
async def test_items_are_counted_up_to_a_limit(words: str, count: int) -> None:
    await store_world()
    assert await count_found(EVERYTHING, parse_query(words), 101) == count
    assert await count_found(EVERYTHING, parse_query(words), 2) == min(count, 2)


async def test_the_first_titles_are_read() -> None:
    await store(item(1, "Roof"), item(2, "Rain"))
    assert await list_titles(EVERYTHING, parse_query("order=updated"), 1) == ["Rain"]
