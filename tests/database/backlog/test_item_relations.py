"""How items relate to others, on a real PostgreSQL."""

from datetime import UTC, datetime

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access.sharing import EVERYTHING, Scope
from shareable_backlog.database.backlog import item_relations
from tests.support.mirrored import item, relation, store, team

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

ITEM, OTHER, THIRD = item(1), item(2), item(3)


async def found(scope: Scope | None = None, limit: int = 10) -> list[tuple[str, bool, str]]:
    relations = await item_relations.list_relations(scope or EVERYTHING, ITEM.id, limit)
    return [(one.type, one.is_inverse, one.other_id) for one in relations]


async def test_relations_are_read_from_both_ends() -> None:
    await store(ITEM, OTHER, THIRD, relation("blocks", ITEM, OTHER), relation("duplicate", THIRD, ITEM))
    assert await found() == [("blocks", False, OTHER.id), ("duplicate", True, THIRD.id)]
    assert len(await found(limit=1)) == 1


async def test_what_is_gone_relates_to_nothing() -> None:
    gone, trashed = item(4), item(5, trashed=True)
    await store(ITEM, OTHER, THIRD, gone, trashed)
    await store(relation("related", ITEM, gone), relation("related", trashed, ITEM), relation("blocks", ITEM, OTHER))
    await store(relation("related", ITEM, THIRD, archived_at=datetime.now(UTC)))
    await query("UPDATE backlog_items SET removed_at = now() WHERE id = %(id)s", {"id": gone.id})
    await query("UPDATE item_relations SET removed_at = now() WHERE type = 'blocks'")
    assert await found() == []


async def test_what_may_not_be_shown_or_is_not_mirrored_is_still_told_of() -> None:
    secret, unknown = item(1, team="SEC"), item(9, team="NONE")
    await store(team("SEC", private=True), ITEM, secret)
    await store(relation("blocks", secret, ITEM), relation("related", ITEM, unknown))
    assert [other for _, _, other in await found()] == [unknown.id, secret.id]


async def test_an_item_that_may_not_be_shown_has_no_relations() -> None:
    await store(team("ENG", private=True), ITEM, OTHER, relation("blocks", ITEM, OTHER))
    await query("UPDATE teams SET private = true")
    assert await found() == []
    await query("UPDATE teams SET private = false")
    assert await found(Scope((1,))) == []
