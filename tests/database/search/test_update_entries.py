"""The words of updates follow what was written."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.search import update_entries
from tests.support.mirrored import item, project, store, update

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

APOLLO = project("Apollo")


async def read_words() -> dict[str, str | None]:
    return dict(await query("SELECT update_id, words::text FROM update_entries ORDER BY update_id"))


async def test_what_is_stored_is_stale_until_its_words_are_read() -> None:
    await store(APOLLO, item(1, project_id=APOLLO.id), update(1, APOLLO, "Über the moon"), indexed=False)
    assert await read_words() == {"update-1": None}
    assert await update_entries.refresh_entries(10) == 1
    assert await read_words() == {"update-1": "'moon':3 'the':2 'uber':1"}
    assert await update_entries.refresh_entries(10) == 0


async def test_what_is_written_anew_is_read_again_and_what_is_deleted_goes() -> None:
    await store(APOLLO, update(1, APOLLO, "Old"), update(2, APOLLO, "Other"))
    await query("UPDATE project_updates SET body = 'New' WHERE id = 'update-1'")
    await query("DELETE FROM project_updates WHERE id = 'update-2'")
    assert await update_entries.refresh_entries(10) == 1
    assert await read_words() == {"update-1": "'new':1"}


async def test_no_more_are_read_at_once_than_asked_for() -> None:
    await store(*(update(number, APOLLO) for number in range(5)), indexed=False)
    assert [await update_entries.refresh_entries(3) for _ in range(3)] == [3, 2, 0]


@pytest.mark.parametrize("body", ["", "\u202e", "a" * 200_000, "word " * 50_000, "' \\ :* & ! <->", "字" * 3_000])
async def test_any_text_can_be_read(body: str) -> None:
    await store(APOLLO, update(1, APOLLO, body), indexed=False)
    assert await update_entries.refresh_entries(1) == 1
