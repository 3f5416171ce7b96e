"""What is found out before a statement is written, once for all who see the same."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.mirror import mirror
from shareable_backlog.services.backlog import selections
from shareable_backlog.tracing import trace_statements
from tests.support.listing import parse_query
from tests.support.mirrored import item, store

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]


async def count_statements(text: str, scope: Scope = EVERYTHING) -> int:
    """Return how many statements it takes to select what an address asks for."""
    version = await mirror.read_version()
    with trace_statements() as trace:
        await selections.select_items(scope, parse_query(text), version)
    return len(trace.statements)


async def test_what_names_nothing_is_looked_up_once_for_a_scope_and_a_version() -> None:
    await store(item(1))
    assert [await count_statements(text) for text in ("", "order=due", "created=2026-11-01..")] == [1, 0, 0]
    assert await count_statements("", Scope((1,))) == 1
    await query("UPDATE mirror_versions SET version = gen_random_uuid()")
    assert await count_statements("") == 1


@pytest.mark.parametrize("text", ["assignee=Bob", "type=started", "done=hidden", "q=ENG-1"])
async def test_what_is_named_is_looked_up_each_time(text: str) -> None:
    assert await count_statements("") == 1
    assert [await count_statements(text) > 0 for _ in range(2)] == [True, True]


async def test_what_is_selected_is_the_same_with_what_was_kept() -> None:
    version = await mirror.read_version()
    first, second = [await selections.select_items(EVERYTHING, parse_query(""), version) for _ in range(2)]
    assert first == second
