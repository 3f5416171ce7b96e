"""How many items there are of what is asked for."""

import pytest

from shareable_backlog.database.access.sharing import EVERYTHING
from shareable_backlog.database.backlog.counts.item_totals import ItemTotal
from shareable_backlog.database.backlog.selection.item_query import Selection
from shareable_backlog.database.search.found_counts import count_found, list_titles
from tests.support.listing import parse_query, store_world
from tests.support.mirrored import item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


@pytest.mark.parametrize(("words", "count"), [("", 5), ("team=ENG&team=OPS", 5), ("label=bug", 2), ("label=none", 0)])
async def test_items_are_counted_as_far_as_their_list_counts_them(words: str, count: int) -> None:
    await store_world()
    assert await count_found(EVERYTHING, parse_query(words)) == ItemTotal(count, None, 10_000)


async def test_where_each_item_has_to_be_asked_for_words_fewer_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Selection, "is_common_search", True)
    await store(*(item(number) for number in range(3)))
    assert await count_found(EVERYTHING, parse_query("")) == ItemTotal(3, None, 1_000)


async def test_the_first_titles_are_read() -> None:
    await store(item(1, "Roof"), item(2, "Rain"))
    assert await list_titles(EVERYTHING, parse_query("order=updated"), 1) == ["Rain"]
