"""Which items stand before and after one in a list."""

from datetime import date, timedelta

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog.neighbors import find_neighbors
from shareable_backlog.vocabulary import ORDERS
from tests.support.listing import identifiers, parse_query, store_world
from tests.support.mirrored import NOON, item, state, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def find_names(words: str, identifier: str, scope: Scope | None = None) -> tuple[str | None, str | None]:
    """Return the identifiers of what stands before and after an item."""
    [(id_,)] = await query("SELECT id FROM backlog_items WHERE identifier = %(name)s", {"name": identifier})
    found = await find_neighbors(scope or EVERYTHING, parse_query(words), id_)
    return found.previous and found.previous.identifier, found.following and found.following.identifier


async def store_many() -> None:
    await store(state("started"), state("completed"))
    await store(
        *(
            item(
                number,
                updated_at=NOON + timedelta(minutes=number % 3),
                created_at=NOON + timedelta(minutes=number % 2),
                priority=number % 5,
                due_date=date(2026, 3, 1 + number % 4) if number % 3 else None,
                sort_order=float(number % 4) if number % 5 else None,
                state_id=f"ENG-{('started', 'completed')[number % 2]}-0",
                title=f"Roof {number}",
            )
            for number in range(1, 13)
        )
    )


@pytest.mark.parametrize("order", ORDERS)
async def test_who_goes_on_meets_every_item_of_the_list_in_its_order_and_comes_back(order: str) -> None:
    await store_many()
    whole = await identifiers(f"order={order}")
    assert len(whole) == 12
    for before, name, after in zip([None, *whole[:-1]], whole, [*whole[1:], None], strict=True):
        assert await find_names(f"order={order}", name) == (before, after)


async def test_only_what_the_list_is_narrowed_to_is_met() -> None:
    await store_world()
    assert await find_names("order=updated&team=OPS", "OPS-4") == (None, "OPS-3")
    assert await find_names("order=updated&type=started", "OPS-3") == (None, "ENG-1")


async def test_what_has_left_the_list_still_leads_on_from_its_place() -> None:
    await store_world()
    assert await find_names("order=updated&team=ENG", "OPS-3") == ("ENG-5", "ENG-2")


async def test_nothing_that_is_hidden_is_met() -> None:
    await store_world()
    await store(team("SEC"), item(9, team="SEC"))
    await query("INSERT INTO sharing_rules (kind, entity_id, is_shown) VALUES ('team', 'team-SEC', false)")
    assert await find_names("order=updated", "ENG-5") == (None, "OPS-4")
    [(group_id,)] = await query("INSERT INTO viewer_groups (name) VALUES ('Suppliers') RETURNING id")
    await query(
        "INSERT INTO viewer_group_rules (viewer_group_id, kind, entity_id) VALUES (%(id)s, 'team', 'team-ENG')",
        {"id": group_id},
    )
    assert await find_names("order=updated", "ENG-5", Scope((group_id,))) == (None, "ENG-2")
