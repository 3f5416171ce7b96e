"""Tries are counted for all processes, and strangers fill neither a table nor the memory with what they try."""

import pytest

from shareable_backlog.database import query
from shareable_backlog.database.access import rate_limits

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("live_database")]

DAY_S = 86_400


async def count_rows() -> int:
    [(count,)] = await query("SELECT count(*) FROM rate_limits")
    return count


async def test_as_many_tries_of_a_key_are_allowed_as_the_limit_says_and_of_others_apart() -> None:
    assert [await rate_limits.allow_try("bob", 2, DAY_S) for _ in range(4)] == [True, True, False, False]
    assert await rate_limits.allow_try("alice", 2, DAY_S)
    [(stored,)] = await query("SELECT string_agg(key, '') FROM rate_limits")
    assert "bob" not in stored


async def test_strangers_are_limited_each_with_a_row_or_without() -> None:
    for number in range(30):
        tries = [await rate_limits.allow_strangers_try(f"network {number}", 2, DAY_S) for _ in range(4)]
        assert tries == [True, True, False, False], number
    assert await count_rows() == rate_limits.MOST_STRANGERS_ROWS


async def test_the_rows_of_people_whom_we_know_take_strangers_no_room() -> None:
    for number in range(20):
        await rate_limits.allow_try(f"token {number}", 1, DAY_S)
    await rate_limits.allow_strangers_try("network", 1, DAY_S)
    assert await count_rows() == 21


async def test_of_a_million_strangers_the_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_MOST_REMEMBERED", 5)
    for number in range(rate_limits.MOST_STRANGERS_ROWS + 6):
        await rate_limits.allow_strangers_try(f"network {number}", 1, DAY_S)
    first, last = rate_limits.MOST_STRANGERS_ROWS, rate_limits.MOST_STRANGERS_ROWS + 5
    assert not await rate_limits.allow_strangers_try(f"network {last}", 1, DAY_S)
    assert await rate_limits.allow_strangers_try(f"network {first}", 1, DAY_S)


async def test_windows_are_deleted_after_a_day() -> None:
    for key, age in (("old", "25 hours"), ("new", "23 hours")):
        await query(
            "INSERT INTO rate_limits VALUES (%(key)s, now() - %(age)s::interval, 1)", {"key": key, "age": age}
        )
    await rate_limits.delete_old_windows()
    assert await query("SELECT key FROM rate_limits") == [("new",)]
