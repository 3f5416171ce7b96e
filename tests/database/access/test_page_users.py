"""The one statement that finds who asks: what it says of them, and to whom a session says nothing."""

from typing import LiteralString

import psycopg._queries
import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access import page_users
from shareable_backlog.database.access.page_users import SignedInUserRow
from tests.support.mirrored import store, team
from tests.support.signed_in import let_in

pytestmark = pytest.mark.anyio

PERSONAS = ("alice", "bob", "carol", "dora", "edgar", "erin")


@pytest.fixture
async def ids(live_database: Settings, database: str) -> dict[str, int]:
    """Return the ids of the personas, whose sessions have their names for hashes."""
    del live_database
    found = let_in(database, *PERSONAS)
    await query("UPDATE sessions SET token_hash = split_part(email, '@', 1)::bytea FROM users u WHERE u.id = user_id")
    return found


async def test_the_driver_keeps_what_it_makes_of_the_statement_that_every_page_sends() -> None:
    statement = page_users._FIND_BY_TOKEN  # pyright: ignore[reportPrivateUsage]
    assert len(statement) <= psycopg._queries.MAX_CACHED_STATEMENT_LENGTH  # pyright: ignore[reportPrivateUsage]


async def find(persona: str) -> SignedInUserRow | None:
    return await page_users.find_by_token(persona.encode(), idle_hours=72, max_days=30)


async def find_one(persona: str) -> SignedInUserRow:
    found = await find(persona)
    assert found
    return found


async def alter_session(user_id: int, changes: LiteralString) -> None:
    await query("UPDATE sessions SET " + changes + " WHERE user_id = %(id)s", {"id": user_id})


async def test_a_session_leads_to_its_person_and_their_group(ids: dict[str, int]) -> None:
    [(group_id,)] = await query("UPDATE viewer_groups SET name = name RETURNING id")
    await query("UPDATE users SET display_name = 'Erin' WHERE id = %(erin)s", ids)
    erin = await find_one("erin")
    assert (erin.user_id, erin.email, erin.display_name) == (ids["erin"], "erin@example.com", "Erin")
    assert (erin.method, erin.state, erin.is_admin, erin.group_ids) == ("link", "active", False, [group_id])


async def test_who_waits_or_whose_time_is_over_is_told_apart_from_who_was_shut_out(ids: dict[str, int]) -> None:
    await query("UPDATE users SET access_until = now() WHERE id = %(bob)s", ids)
    found = {one.email.partition("@")[0]: one.state for persona in PERSONAS if (one := await find(persona))}
    assert found == {"alice": "active", "bob": "expired", "carol": "pending", "erin": "active"}


@pytest.mark.parametrize(
    ("young_enough", "too_old"),
    [
        ("last_seen_at = now() - interval '71 hours 59 minutes'", "last_seen_at = now() - interval '72 hours'"),
        ("created_at = now() - interval '29 days 23 hours'", "created_at = now() - interval '30 days'"),
    ],
)
async def test_a_session_ends_after_its_hours_unused_and_after_its_days(
    ids: dict[str, int], young_enough: LiteralString, too_old: LiteralString
) -> None:
    await alter_session(ids["bob"], young_enough)
    assert await find("bob")
    await alter_session(ids["bob"], too_old)
    assert await find("bob") is None


async def test_use_is_due_to_be_noted_at_first_and_then_after_a_minute(ids: dict[str, int]) -> None:
    assert (await find_one("bob")).is_due
    await query("UPDATE users SET last_access_at = now() - interval '1 hour'")
    await alter_session(ids["bob"], "last_seen_at = now() - interval '50 seconds'")
    assert not (await find_one("bob")).is_due
    await alter_session(ids["bob"], "last_seen_at = now() - interval '61 seconds'")
    assert (await find_one("bob")).is_due


async def test_only_an_admin_looks_with_anothers_eyes(ids: dict[str, int]) -> None:
    await query("UPDATE sessions SET viewing_as_user_id = %(erin)s", ids)
    alice, bob = await find_one("alice"), await find_one("bob")
    assert (alice.email, alice.group_ids) == ("alice@example.com", None)
    assert (alice.viewing_as, alice.viewing_group_ids) == (
        "erin@example.com",
        (await find_one("erin")).group_ids,
    )
    assert (bob.viewing_as, bob.viewing_group_ids) == (None, [])


async def test_who_was_given_nothing_sees_nothing_and_is_told_who_let_them_in(ids: dict[str, int]) -> None:
    await query("UPDATE users SET sees_everything = false, approved_by = %(alice)s WHERE id = %(bob)s", ids)
    bob = await find_one("bob")
    assert (bob.group_ids, bob.approver) == ([], "alice@example.com")
    await query("UPDATE users SET is_admin = false WHERE id = %(alice)s", ids)
    assert (await find_one("bob")).approver is None, "who is no admin any more can't help"


async def test_an_admin_sees_everything_whatever_they_were_given(ids: dict[str, int]) -> None:
    await query("UPDATE users SET sees_everything = false WHERE id = %(alice)s", ids)
    assert (await find_one("alice")).group_ids is None
    await query("UPDATE users SET is_admin = false WHERE id = %(alice)s", ids)
    assert (await find_one("alice")).group_ids == []


@pytest.mark.usefixtures("ids")
async def test_who_chose_nothing_has_no_preferences_and_no_views() -> None:
    found = await find_one("bob")
    assert (found.theme, found.density, found.time_zone, found.locale, found.columns) == (None,) * 5
    assert found.views == []


async def test_preferences_and_views_are_those_of_the_person(ids: dict[str, int]) -> None:
    await query(
        """
        INSERT INTO user_preferences (user_id, preferences) VALUES
          (%(alice)s, '{"theme": "light", "density": "compact"}'),
          (%(bob)s, '{"theme": "dark", "columns": ["id"], "views": [{"name": "Mine", "query": "a=b"}]}')
        """,
        ids,
    )
    bob = await find_one("bob")
    assert (bob.theme, bob.density, bob.columns) == ("dark", None, ["id"])
    assert [(view["name"], view["query"]) for view in bob.views] == [("Mine", "a=b")]


@pytest.mark.usefixtures("ids")
async def test_how_old_the_mirror_is_comes_along() -> None:
    assert ((await find_one("bob")).as_of, (await find_one("bob")).is_sample) == (None, False)
    await store(team("FLD", id="sample-team"))
    [(at,)] = await query(
        "INSERT INTO sync_history (status, trigger_type, completed_at) VALUES ('succeeded', 'import', now())"
        " RETURNING completed_at"
    )
    await query(
        "INSERT INTO sync_history (status, trigger_type, started_at, completed_at, error_message)"
        " VALUES ('failed', 'manual', now(), now(), 'Linear refused the key.')"
    )
    bob = await find_one("bob")
    assert (bob.as_of, bob.failure, bob.is_sample) == (at, "Linear refused the key.", True)


@pytest.mark.usefixtures("ids")
async def test_the_version_is_another_one_after_each_change_of_the_mirror() -> None:
    before = (await find_one("bob")).version
    assert (await find_one("alice")).version == before
    await store(team("ENG"))
    assert (await find_one("bob")).version != before
