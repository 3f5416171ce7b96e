"""The lists of people: who waits, the longest waiting first, and everybody, the last seen first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access import user_list
from shareable_backlog.database.access.sharing import EVERYTHING, NOTHING, Scope
from shareable_backlog.database.access.user_list import ListedUser, UserFilters
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)


@pytest.fixture
def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of alice (admin), bob (reader), carol (pending), dora (disabled), edgar (declined) and erin."""
    del live_database
    return let_in(database, "alice", "bob", "carol", "dora", "edgar", "erin")


async def see(user_id: int, at: datetime) -> None:
    await query("UPDATE users SET last_access_at = %(at)s WHERE id = %(id)s", {"id": user_id, "at": at})


def names(found: list[ListedUser]) -> list[str]:
    return [one.email.partition("@")[0] for one in found]


async def list_names(after: tuple[datetime, int] | None = None, limit: int = 50, **filters: Any) -> list[str]:
    return names(await user_list.list_users(UserFilters(**filters), after, limit))


async def test_only_pending_people_wait_and_the_longest_waiting_comes_first(ids: dict[str, int]) -> None:
    await query("UPDATE users SET created_at = now() + interval '1 minute' WHERE id = %(carol)s", ids)
    await query("INSERT INTO users (email) VALUES ('frank@example.com'), ('grace@example.com')")
    assert names(await user_list.list_waiting(10)) == ["frank", "grace", "carol"]
    assert names(await user_list.list_waiting(1)) == ["frank"]


async def test_the_last_seen_come_first_and_who_was_never_here_last(ids: dict[str, int]) -> None:
    await see(ids["bob"], NOON)
    await see(ids["dora"], NOON + timedelta(hours=1))
    assert await list_names() == ["dora", "bob", "erin", "edgar", "carol", "alice"]


async def test_a_person_is_listed_with_their_group_and_their_place_in_the_order(ids: dict[str, int]) -> None:
    await see(ids["bob"], NOON)
    bob, erin, *_ = await user_list.list_users(UserFilters(), None, 50)
    assert (bob.last_access_at, bob.seen_at, bob.sees_everything, bob.groups) == (NOON, NOON, True, [])
    assert (erin.last_access_at, erin.seen_at, erin.sees_everything, erin.groups) == (
        None,
        NEVER,
        False,
        ["Nobody's"],
    )


async def test_pages_follow_each_other_without_a_gap_or_a_double(ids: dict[str, int]) -> None:
    for persona in ("alice", "bob", "carol"):
        await see(ids[persona], NOON)
    paged: list[list[str]] = []
    after = None
    for _ in range(3):
        found = await user_list.list_users(UserFilters(), after, 2)
        paged.append(names(found))
        after = (found[-1].seen_at, found[-1].id)
    assert paged == [["carol", "bob"], ["alice", "erin"], ["edgar", "dora"]]
    assert await list_names(after) == []


async def test_a_text_is_a_part_of_the_address_or_the_name_in_any_case(ids: dict[str, int]) -> None:
    await query("UPDATE users SET display_name = 'Alice Carpenter' WHERE id = %(alice)s", ids)
    found = {text: await list_names(text=text) for text in ("BOB@", "cArPeNt", "%", "_", "mallory")}
    assert found == {"BOB@": ["bob"], "cArPeNt": ["alice"], "%": [], "_": [], "mallory": []}
    assert await list_names(text="") == await list_names()


async def test_each_state_has_its_people(ids: dict[str, int]) -> None:
    await query("UPDATE users SET access_until = now() WHERE id = %(bob)s", ids)
    found = {
        state: await list_names(state=state)
        for state in ("pending", "active", "disabled", "declined", "expired", "unheard-of")
    }
    assert found == {
        "pending": ["carol"],
        "active": ["erin", "alice"],
        "disabled": ["dora"],
        "declined": ["edgar"],
        "expired": ["bob"],
        "unheard-of": [],
    }


async def test_people_are_found_by_what_they_see(ids: dict[str, int]) -> None:
    await query("UPDATE users SET sees_everything = false WHERE id IN (%(alice)s, %(bob)s)", ids)
    [(group_id,)] = await query("SELECT id FROM viewer_groups")
    assert await list_names(scope=EVERYTHING) == ["dora", "alice"], "as an admin"
    assert await list_names(scope=NOTHING) == ["edgar", "carol", "bob"]
    assert await list_names(scope=Scope((group_id,))) == ["erin"]
    assert await list_names(scope=Scope((group_id + 1,))) == []


async def test_filters_narrow_the_list_together(ids: dict[str, int]) -> None:
    await see(ids["alice"], NOON)
    assert await list_names(never_seen=True, state="active") == ["erin", "bob"]
    assert await list_names(never_seen=True, state="active", text="bob") == ["bob"]
