"""Why a list has nothing in it, and what would find something."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.search.nothing_found import NothingFound, explain_nothing
from tests.support.listing import identifiers, parse_query, store_world
from tests.support.mirrored import item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def explain(words: str, scope: Scope = EVERYTHING, version: str = "1") -> NothingFound:
    assert await identifiers(words, scope) == []
    return await explain_nothing(scope, parse_query(words), version)


def list_omissions(found: NothingFound) -> list[tuple[str | None, int]]:
    return [(one.condition and one.condition.field, one.total.count) for one in found.omissions]


async def test_each_filter_is_named_without_which_there_is_something_with_how_many() -> None:
    await store_world()
    assert list_omissions(await explain("team=OPS&priority=urgent")) == [("team", 1), ("priority", 2)]
    assert list_omissions(await explain("team=OPS&priority=urgent&type=started")) == [("team", 1), ("priority", 1)]
    assert list_omissions(await explain("state=completed&done=hidden")) == [("state", 4), (None, 1)]
    assert list_omissions(await explain("team=OPS&priority=urgent&assignee=nobody")) == []


async def test_they_are_counted_exactly_as_far_as_a_list_is() -> None:
    await store(*(item(number) for number in range(110)))
    [found] = (await explain("project=Nowhere")).omissions
    assert (found.total.count, found.total.most) == (110, 10_000)


async def test_other_teams_are_named_in_which_it_would_be_found() -> None:
    await store_world()
    found = await explain("team=OPS&priority=urgent")
    assert [(one.group.value, one.count) for one in found.units] == [("ENG", 1)]
    assert (await explain("label=Roof&priority=urgent")).units[0].group.value == "Bug"


async def test_other_units_leave_out_what_stood_in_the_way() -> None:
    await store_world()
    found = await explain("-team=ENG&-team=OPS&priority=urgent")
    assert [(one.group.value, one.count) for one in found.units] == [("ENG", 1)]
    assert [one.field for one in found.unit_filters.conditions] == ["priority"]


async def test_words_that_are_spelt_alike_are_offered_only_where_they_find_something() -> None:
    await store(item(1, "Certificates expire"), item(2, "Certain roofs", team="OPS"))
    found = await explain("q=certifcates")
    assert [(one.filters.text, one.total.count) for one in found.suggestions] == [("certificates", 1)]
    assert (await explain("q=certifcates&team=OPS")).suggestions == []


async def test_nothing_that_is_hidden_is_counted_or_named() -> None:
    await store_world()
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-ENG', false)")
    found = await explain("team=OPS&priority=urgent", version="2")
    assert (list_omissions(found), found.units) == ([("priority", 2)], [])
