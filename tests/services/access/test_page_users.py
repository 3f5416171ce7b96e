"""All that a page has around its content comes with whoever asks, by one statement."""

from unittest import mock

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access import page_users, sessions
from shareable_backlog.services.access.page_users import find_page_user
from shareable_backlog.services.access.sessions import SessionLimits
from shareable_backlog.services.account import preferences, views
from tests.support.signed_in import let_in, read_page_user, token

pytestmark = pytest.mark.anyio

LIMITS = SessionLimits(idle_hours=1, max_days=1)


@pytest.fixture
def ids(database: str, live_database: Settings) -> dict[str, int]:
    del live_database
    return let_in(database, "alice", "bob", "carol", "dora", "erin")


async def version() -> str:
    return (await read_page_user("bob")).version


async def test_one_statement_finds_all_there_is(ids: dict[str, int]) -> None:
    await preferences.save_preferences(ids["bob"], [("theme", "dark"), ("columns", "id")])
    await views.save_view(ids["bob"], "Mine", "team=ENG", "board")
    await views.set_default_view(ids["bob"], "Mine")
    await read_page_user("bob")  # notes the first visit
    with mock.patch.object(page_users, "query", wraps=query) as ran, mock.patch.object(sessions, "query") as others:
        found = await read_page_user("bob")
    assert ran.call_count == 1
    assert others.call_count == 0
    assert (found.user.email, found.user.scope.viewer_group_ids) == ("bob@example.com", None)
    assert (found.preferences.theme, found.preferences.columns) == ("dark", ("id",))
    assert views.find_default(found.views) == ("board", "team=ENG")
    assert found.mirror.as_of is None


@pytest.mark.usefixtures("ids")
async def test_nobody_is_found_by_a_session_that_is_not_live() -> None:
    for no_session in (token("dora"), token("mallory"), "", "\ud800"):
        assert await find_page_user(no_session, LIMITS) is None
    await query("UPDATE sessions SET last_seen_at = now() - interval '61 minutes'")
    assert await find_page_user(token("bob"), LIMITS) is None
    await query("UPDATE sessions SET last_seen_at = now(), created_at = now() - interval '25 hours'")
    assert await find_page_user(token("bob"), LIMITS) is None


@pytest.mark.usefixtures("ids")
async def test_only_admins_are_told_how_many_wait() -> None:
    assert (await read_page_user("alice")).waiting == 1
    assert (await read_page_user("bob")).waiting == 0


async def test_a_visit_is_noted_once_a_minute(ids: dict[str, int]) -> None:
    del ids
    await query("UPDATE sessions SET last_seen_at = now() - interval '5 minutes'")
    await read_page_user("bob")
    seen = "SELECT last_seen_at FROM sessions JOIN users u ON u.id = user_id WHERE email = 'bob@example.com'"
    first = await query(seen)
    await read_page_user("bob")
    assert await query(seen) == first


async def test_an_admin_who_looks_as_somebody_keeps_what_is_theirs(ids: dict[str, int]) -> None:
    await preferences.save_preferences(ids["alice"], [("theme", "dark")])
    await query("UPDATE sessions SET viewing_as_user_id = %(erin)s WHERE user_id = %(alice)s", ids)
    found = await read_page_user("alice")
    assert found.user.viewing_as == "erin@example.com"
    assert found.user.scope == (await read_page_user("erin")).user.scope
    assert found.preferences.theme == "dark"


@pytest.mark.usefixtures("ids")
async def test_the_version_changes_with_what_is_shared_and_with_nothing_else() -> None:
    before = await version()
    await preferences.save_preferences((await read_page_user("bob")).user.user_id, [("theme", "dark")])
    assert await version() == before
    await query("UPDATE sharing_settings SET shows_comments = NOT shows_comments")
    assert await version() != before
