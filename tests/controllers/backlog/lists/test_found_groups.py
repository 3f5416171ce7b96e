"""Which groups there are and what is first in them is found once for all who see the same, until that changes."""

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString
from urllib.parse import parse_qsl

import pytest
from msgspec.structs import replace

from shareable_backlog.controllers.backlog.lists import found_groups, item_totals
from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.services.backlog import layouts, selections
from shareable_backlog.services.backlog.item_pages import FoundGroups
from shareable_backlog.services.backlog.ranks import read_version
from shareable_backlog.tracing import trace_statements
from tests.support.listing import parse_query, store_world
from tests.support.mirrored import NOON, item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

OPS = Scope((1,))


async def find(words: str = "", scope: Scope = EVERYTHING, *, days: int = 0, skip: int = 0) -> Sequence[FoundGroups]:
    """Return the groups that a page of an address shows so many days later."""
    version, asked = await read_version(), parse_query(words)
    asked = replace(asked, now=asked.now + timedelta(days=days))
    layout = layouts.parse_layout(parse_qsl(words))
    selection = await selections.select_items(scope, asked, version)
    total = await item_totals.count_items(selection, asked, version)
    return await found_groups.find_groups(
        selection, asked, version, by="team", layout=layout, is_board=False, skip=skip, total=total
    )


def describe(pages: Sequence[FoundGroups]) -> list[list[tuple[str | None, int, list[str]]]]:
    return [[(one.group.value, one.content.count, one.content.ids) for one in page.groups] for page in pages]


async def store_two_scopes() -> None:
    await store_world()
    await query("INSERT INTO viewer_groups (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'Operations')")
    await query("INSERT INTO viewer_group_rules VALUES (1, 'team', 'team-OPS')")


async def test_groups_are_found_once_for_a_version() -> None:
    await store_two_scopes()
    first = await find()
    with trace_statements() as trace:
        assert await find() == first
    assert len(trace.statements) == 1, "the version"


async def test_each_scope_has_its_own() -> None:
    await store_two_scopes()
    everything, ops, nothing = await find(), await find(scope=OPS), await find(scope=Scope((2,)))
    assert [one for one, *_ in describe(everything)[0]] == ["ENG", "OPS"]
    assert [one for one, *_ in describe(ops)[0]] == ["OPS"]
    assert describe(nothing) == [[]]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE backlog_items SET team_id = 'team-OPS'",
        "UPDATE teams SET private = true WHERE key = 'ENG'",
        "INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('project', 'project-Apollo', false)",
    ],
)
async def test_a_change_is_in_the_next_answer(change: LiteralString) -> None:
    await store_two_scopes()
    before = describe(await find())
    await query(change)
    assert describe(await find()) != before


async def test_each_layout_and_each_page_has_its_own() -> None:
    await store_two_scopes()
    plain = describe(await find())
    assert describe(await find("closed=ENG"))[0][0] == (*plain[0][0][:2], [])
    assert len(describe(await find("group=team&subgroup=state"))) == 3
    assert describe(await find("order=due"))[0][0][2] != plain[0][0][2]
    assert describe(await find(skip=1)) == [plain[0][1:]]


async def test_what_is_due_is_due_from_its_day_on() -> None:
    await store_world()
    found = [describe(await find("due=overdue", days=days)) for days in (0, 9)]
    assert found[0] != found[1]


@pytest.mark.owner  # of the table, to let time pass without any change
async def test_the_current_cycle_is_another_one_when_it_is_over() -> None:
    await store_world()
    await store(item(6, cycle_id="cycle"))
    assert describe(await find("cycle=current")) != [[]]
    await query("ALTER TABLE cycles DISABLE TRIGGER USER")
    await query("UPDATE cycles SET ends_at = %(noon)s", {"noon": NOON})
    assert describe(await find("cycle=current")) == [[]]
