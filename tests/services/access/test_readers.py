"""All that a page has around its content comes with whoever asks, by one statement."""

from unittest import mock

import pytest

from shareable_backlog.config import Settings
from shareable_backlog.database import query
from shareable_backlog.database.access import readers, sessions
from shareable_backlog.services.access.readers import of_session
from shareable_backlog.services.access.sessions import Limits
from shareable_backlog.services.account import preferences, views
from tests.support.signed_in import let_in, reader, token

pytestmark = pytest.mark.anyio

LIMITS = Limits(idle_hours=1, max_days=1)


@pytest.fixture
def ids(database: str, opened: Settings) -> dict[str, int]:
    del opened
    return let_in(database, "alice", "bob", "carol", "dora", "erin")


async def version() -> str:
    return (await reader("bob")).version


async def test_one_statement_finds_all_there_is(ids: dict[str, int]) -> None:
    await preferences.save(ids["bob"], [("theme", "dark"), ("columns", "id")])
    await views.save(ids["bob"], "Mine", "team=ENG", "board")
    await views.begin_with(ids["bob"], "Mine")
    await reader("bob")  # notes the first visit
    with mock.patch.object(readers, "query", wraps=query) as ran, mock.patch.object(sessions, "query") as others:
        found = await reader("bob")
    assert ran.call_count == 1
    assert others.call_count == 0
    assert (found.visitor.email, found.visitor.scope.viewer_group_id) == ("bob@example.com", None)
    assert (found.preferences.theme, found.preferences.columns) == ("dark", ("id",))
    assert views.default_query(found.views) == ("board", "team=ENG")
    assert found.mirror.as_of is None


@pytest.mark.usefixtures("ids")
async def test_nobody_is_found_by_a_session_that_is_not_live() -> None:
    for no_session in (token("dora"), token("mallory"), "", "\ud800"):
        assert await of_session(no_session, LIMITS) is None
    await query("UPDATE sessions SET last_seen_at = now() - interval '61 minutes'")
    assert await of_session(token("bob"), LIMITS) is None
    await query("UPDATE sessions SET last_seen_at = now(), created_at = now() - interval '25 hours'")
    assert await of_session(token("bob"), LIMITS) is None


@pytest.mark.usefixtures("ids")
async def test_only_admins_are_told_how_many_wait() -> None:
    assert (await reader("alice")).waiting == 1
    assert (await reader("bob")).waiting == 0


async def test_a_visit_is_noted_once_a_minute(ids: dict[str, int]) -> None:
    del ids
    await query("UPDATE sessions SET last_seen_at = now() - interval '5 minutes'")
    await reader("bob")
    seen = "SELECT last_seen_at FROM sessions JOIN users u ON u.id = user_id WHERE email = 'bob@example.com'"
    first = await query(seen)
    await reader("bob")
    assert await query(seen) == first


async def test_an_admin_who_looks_as_somebody_keeps_what_is_theirs(ids: dict[str, int]) -> None:
    await preferences.save(ids["alice"], [("theme", "dark")])
    await query("UPDATE sessions SET viewing_as_user_id = %(erin)s WHERE user_id = %(alice)s", ids)
    found = await reader("alice")
    assert found.visitor.viewing_as == "erin@example.com"
    assert found.visitor.scope == (await reader("erin")).visitor.scope
    assert found.preferences.theme == "dark"


@pytest.mark.usefixtures("ids")
async def test_the_version_changes_with_what_is_shared_and_with_nothing_else() -> None:
    before = await version()
    await preferences.save((await reader("bob")).visitor.user_id, [("theme", "dark")])
    assert await version() == before
    await query("UPDATE sharing_settings SET shows_comments = NOT shows_comments")
    assert await version() != before
